// What one principal sees of one relation: decided by the same code as a query of theirs, down to the simplified guards.
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { objectsRead, readsInformationSchema } from '../analyze/objects-read.ts';
import { type PolicyFunctions, policyFunctionsOf } from '../analyze/policy-functions.ts';
import type { ResolvedQuery } from '../analyze/resolved-query.ts';
import { Access } from '../authorize/access.ts';
import type { AccessRecord } from '../authorize/access-record.ts';
import { explainAuthorization } from '../authorize/authorize.ts';
import { type Identity, identityOf } from '../authorize/identity.ts';
import { displayName } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ObjectId, Table, View } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { GovernEnvironment } from '../govern/environment.ts';
import type { GuardEffect } from '../rewrite/rewrite-context.ts';
import { baseTable, integerConstant, select, statementOf } from '../sql/build.ts';
import { sessionOf } from './explained-query.ts';

/** A short sign of an expression: equal signs, equal expressions. */
type Fingerprint = string;

export interface Visibility {
  /** The checks, and what was denied. */
  readonly record: AccessRecord;
  /** Undefined: nothing can be seen. */
  readonly seen: Seen | undefined;
}

export interface Seen {
  /**
   * False for a view over what the asker does not manage: how that is masked and filtered for others is not told, and masks and
   * filter stay empty.
   */
  readonly isTold: boolean;
  /** Names of the columns that were granted; undefined: all. */
  readonly columns: ReadonlySet<string> | undefined;
  /** By column: of a table its own; of a view those of the tables behind it, by full name. */
  readonly masks: ReadonlyMap<string, Fingerprint>;
  /** Undefined: every row. */
  readonly filter: Fingerprint | undefined;
}

interface Probe {
  readonly resolved: ResolvedQuery;
  readonly policies: PolicyFunctions;
  readonly isTold: boolean;
}

/** Asks of one snapshot. What does not depend on the principal is found out once. */
export class VisibilityProbe {
  readonly #environment: GovernEnvironment;
  readonly #snapshot: CatalogSnapshot;
  readonly #access: Access;
  readonly #probes: Map<ObjectId, Probe | SqlError> = new Map();
  #sinceTurn = 0;

  constructor(environment: GovernEnvironment, snapshot: CatalogSnapshot) {
    this.#environment = environment;
    this.#snapshot = snapshot;
    this.#access = new Access(snapshot, identityOf(snapshot, environment.identity.user.id), environment.now);
  }

  /** @returns undefined for a view whose body is broken: nobody sees anything */
  async of(relation: Table | View, identity: Identity): Promise<Visibility | undefined> {
    await this.#letOthersIn();
    const probe = await this.#probeOf(relation);
    if (probe instanceof SqlError) return undefined;
    const { now, rewriter } = this.#environment;
    const asker = { snapshot: this.#snapshot, identity, now, policies: probe.policies };
    const { record, authorization } = explainAuthorization(asker, probe.resolved);
    const [top] = record.children;
    if (top === undefined || authorization === undefined) return { record: top ?? record, seen: undefined };
    const session = sessionOf(this.#environment, identity);
    const effects = probe.isTold ? (await rewriter.effects(authorization, session)).guards : undefined;
    return { record: top, seen: this.#seen(relation, top, effects) };
  }

  #seen(relation: Table | View, { guard }: AccessRecord, effects: readonly GuardEffect[] | undefined): Seen {
    const own = relation.kind === 'table' ? relation.columns : [];
    const readable = guard?.readable;
    const columns =
      readable === undefined ? undefined : new Set(own.filter(({ id }) => readable.has(id)).map(({ name }) => name));
    if (effects === undefined) return { isTold: false, columns, masks: new Map(), filter: undefined };
    // Mapping tables of policies carry no policies themselves: what is here is the relation's.
    const masks = effects.flatMap(({ use, masks: each }) =>
      [...each].map(([column, value]) => [this.#columnName(relation, use.table, column), fingerprint(value)] as const),
    );
    const filters = effects.flatMap(({ use, filter }) => (filter === null ? [] : [[use.table.id, filter]]));
    return {
      isTold: true,
      columns,
      masks: new Map(masks),
      filter: filters.length === 0 ? undefined : fingerprint(filters),
    };
  }

  #columnName(relation: Table | View, table: Table, column: string): string {
    return table.id === relation.id ? column : displayName([...this.#snapshot.nameOf(table.id), column]);
  }

  async #probeOf(relation: Table | View): Promise<Probe | SqlError> {
    const known = this.#probes.get(relation.id);
    if (known !== undefined) return known;
    const probe = await this.#made(relation);
    this.#probes.set(relation.id, probe);
    return probe;
  }

  /** Reads no column: whoever may read any of them is answered. */
  async #made(relation: Table | View): Promise<Probe | SqlError> {
    const [catalog = '', schema = '', table = ''] = this.#snapshot.nameOf(relation.id);
    const from = baseTable({ catalog, schema, table }, '');
    const statement = statementOf(select({ select_list: [integerConstant('1')], from_table: from }));
    const { analyzer, path } = this.#environment;
    try {
      const resolved = await analyzer.analyze(this.#snapshot, statement, { path });
      const read = objectsRead(resolved);
      const isTold = !readsInformationSchema(resolved) && read.every(({ object }) => this.#access.answersFor(object));
      return { resolved, isTold, policies: await policyFunctionsOf(analyzer, this.#snapshot, resolved) };
    } catch (error) {
      if (error instanceof SqlError) return error;
      throw error;
    }
  }

  async #letOthersIn(): Promise<void> {
    this.#sinceTurn += 1;
    if (this.#sinceTurn < limits.visibilityProbesPerTurn) return;
    this.#sinceTurn = 0;
    await nextTurn();
    if (this.#environment.signal.aborted)
      throw new SqlError('queryCanceled', 'canceling statement due to user request');
  }
}

/** Names that the rewriter makes up differ from one rewriting to the next; their order does not. */
function fingerprint(value: unknown): Fingerprint {
  const names = new Map<string, string>();
  const text = JSON.stringify(value).replaceAll(/__pc_\d+/g, (name) => {
    const known = names.get(name) ?? `#${String(names.size)}`;
    names.set(name, known);
    return known;
  });
  return createHash('sha256').update(text).digest('base64');
}
