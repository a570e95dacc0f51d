// Who asks, on what catalog; and what runs with the rights of an object's owner in the asker's place.
import type { PolicyFunctions } from '../analyze/policy-functions.ts';
import { displayName } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Securable } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { BaseTable } from '../sql/ast.ts';
import type { LineageReader } from '../system/recorded-lineage.ts';
import { Access } from './access.ts';
import type { AccessRecord } from './access-record.ts';
import { type Identity, identityOf } from './identity.ts';

export interface Asker {
  readonly snapshot: CatalogSnapshot;
  readonly identity: Identity;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The mention of a table that is written without reading it: its policies are wanted, SELECT is not. */
  readonly unread?: BaseTable;
  /** The tree is (part of) a policy's body: what it reads may carry no policies itself. */
  readonly inPolicy?: true;
  /** Functions that policies of the mentioned tables use. */
  readonly policies: PolicyFunctions;
  /** What system.access tells from. */
  readonly lineage?: LineageReader | undefined;
  /** Of the whole authorization; made by it. */
  readonly budget?: BodyBudget;
  /** Where to write down what is checked; then a denial is no error, and what comes out must not run. */
  readonly record?: AccessRecord | undefined;
}

/** How many bodies one statement may look into: a view that joins a view with itself doubles at each level. */
export class BodyBudget {
  #count = 0;

  /** @throws SqlError statementTooComplex */
  take(): void {
    this.#count += 1;
    if (this.#count <= limits.expandedBodiesMax) return;
    throw new SqlError('statementTooComplex', 'views and functions of the statement expand to too much');
  }
}

/** The same asker, of another tree. */
export function ofOtherTree({ snapshot, identity, now, policies, lineage, budget }: Asker): Asker {
  return { snapshot, identity, now, policies, lineage, ...(budget === undefined ? {} : { budget }) };
}

export function ownerAccess(asker: Asker, object: Securable): Access {
  return new Access(asker.snapshot, identityOf(asker.snapshot, object.owner, asker.now), asker.now);
}

/** What an owner may not read is an error of the owner's object: the asker learns no name behind it. */
export function onBehalf<T>(asker: Asker, object: Securable, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SqlError) || error.condition === 'statementTooComplex') throw error;
    throw ownerDenied(asker, object, error);
  }
}

/** The denial of an object whose owner may not read what is in its body. */
export function ownerDenied(asker: Asker, object: Securable, cause: SqlError): SqlError {
  const name = displayName(asker.snapshot.nameOf(object.id));
  return new SqlError('insufficientPrivilege', `permission denied for ${object.kind} ${name}`, {
    detail: `The owner of this ${object.kind} may not read what it needs.`,
    cause,
  });
}
