// ALTER … RENAME TO: a change of the catalog alone. Grants, policies and data belong to ids and stay. Stored bodies of views and
// functions mention names: where a policy is made of the object, the rename is refused (policy-impact.ts).
import { renameObject } from '../authorize/alter-rules.ts';
import { displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Metastore, Securable } from '../catalog/securable.ts';
import type { GovernanceStatement } from '../parse/statement.ts';
import { checkContainerName } from './containers.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import { securableNamed, touched } from './find.ts';

type Rename = Extract<GovernanceStatement, { kind: 'rename' }>;

export function rename(environment: GovernEnvironment, statement: Rename): Governed {
  const tag = `ALTER ${statement.object.type}`;
  const object = found(environment, statement);
  if (object === undefined) {
    return {
      tag,
      notice: `${statement.object.type.toLowerCase()} ${displayName(statement.object.name.parts)} does not exist, skipping`,
    };
  }
  const name = newName(environment, object, statement);
  renameObject(environment.access, object);
  return {
    tag,
    changes: [{ kind: 'renameObject', objectId: object.id, name }],
    touched: [touched(environment, object, 'RENAME')],
  };
}

type Named = Exclude<Securable, Metastore>;

function found(environment: GovernEnvironment, { object: ref, ifExists }: Rename): Named | undefined {
  try {
    const object = securableNamed(environment, ref);
    return object.kind === 'metastore' ? undefined : object;
  } catch (error) {
    if (ifExists && error instanceof SqlError && error.condition.startsWith('undefined')) return undefined;
    throw error;
  }
}

/** Only the last part may change: the object stays where it is. */
function newName(environment: GovernEnvironment, object: Named, { to }: Rename): string {
  const home = environment.snapshot.nameOf(object.id).slice(0, -1);
  const given = to.parts.slice(0, -1);
  const same = given.every((part, index) => fold(part) === fold(home[home.length - given.length + index] ?? ''));
  if (given.length > home.length || !same) {
    throw new SqlError('featureNotSupported', `a ${object.kind} cannot be moved to another place`, {
      position: to.offset,
      hint: 'Give the new name alone.',
    });
  }
  const name = to.parts.at(-1) ?? '';
  if (object.kind === 'catalog' || object.kind === 'schema') checkContainerName(object.kind, { ...to, parts: [name] });
  return name;
}
