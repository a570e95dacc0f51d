// DROP, COMMENT ON, OWNER TO: what every kind of object has.
import {
  managePrincipals,
  reassignOwned as mayReassignOwned,
  setOwner as maySetOwner,
} from '../authorize/administration.ts';
import { alterObject, dropObject as mayDropObject } from '../authorize/rules.ts';
import { displayName, fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import { columnIdOf as columnIdOfRelation, type Securable } from '../catalog/securable.ts';
import type { DroppableKeyword, GovernanceStatement, NameRef } from '../parse/statement.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import {
  catalogNamed,
  functionNamed,
  principalIfAny,
  principalNamed,
  schemaNamed,
  securableNamed,
  tableNamed,
  touched,
  viewNamed,
} from './find.ts';

type Statement<K extends GovernanceStatement['kind']> = Extract<GovernanceStatement, { kind: K }>;

export function drop(environment: GovernEnvironment, statement: Statement<'drop'>): Governed {
  const tag = `DROP ${statement.objectType}`;
  // Asked first: whether a user exists is not for everybody to know.
  if (statement.objectType === 'USER' || statement.objectType === 'GROUP') managePrincipals(environment.access);
  const found = ifExists(statement.ifExists, () => droppable(environment, statement.objectType, statement.name));
  if (found === undefined) {
    const what = `${statement.objectType.toLowerCase()} ${displayName(statement.name.parts)}`;
    return { tag, notice: `${what} does not exist, skipping` };
  }
  if (found.kind === 'user' || found.kind === 'group') {
    return { tag, changes: [{ kind: 'dropPrincipal', principalId: found.id }] };
  }
  mayDropObject(environment.access, found);
  refuseInPolicies(environment, found);
  return {
    tag,
    changes: [{ kind: 'dropObject', objectId: found.id, cascade: statement.cascade }],
    touched: [touched(environment, found, 'DROP')],
  };
}

/** The catalog refuses it anyway; who manages the tables concerned is told which they are. */
function refuseInPolicies({ snapshot, access }: GovernEnvironment, object: Securable): void {
  const dropped = new Set(snapshot.subtree(object.id));
  const tables = snapshot.policyFunctionsOver(dropped).flatMap((fn) => snapshot.usersOfFunction(fn.id));
  const names = tables
    .filter((table) => !dropped.has(table.id) && access.manages(table))
    .map((table) => displayName(snapshot.nameOf(table.id)));
  if (names.length === 0) return;
  const name = displayName(snapshot.nameOf(object.id));
  throw new SqlError('dependentObjects', `cannot drop ${object.kind} ${name} because a policy uses it`, {
    detail: `A mask or row filter of ${[...new Set(names)].slice(0, limits.namesInErrorMax).join(', ')} is made of it.`,
    hint: 'Drop the mask or row filter first.',
  });
}

type Droppable = Securable | ReturnType<typeof principalNamed>;

function droppable(environment: GovernEnvironment, type: DroppableKeyword, name: NameRef): Droppable {
  switch (type) {
    case 'CATALOG':
      return catalogNamed(environment, name);
    case 'SCHEMA':
      return schemaNamed(environment, name);
    case 'TABLE':
      return tableNamed(environment, name);
    case 'VIEW':
      return viewNamed(environment, name);
    case 'FUNCTION':
      return functionNamed(environment, name);
    case 'USER':
    case 'GROUP':
      return principalNamed(environment, {
        name: name.parts.join('.'),
        kind: type === 'USER' ? 'user' : 'group',
        offset: name.offset,
      });
  }
}

const notFound: ReadonlySet<string> = new Set([
  'undefinedCatalog',
  'undefinedSchema',
  'undefinedTable',
  'undefinedFunction',
  'undefinedObject',
]);

function ifExists<T>(tolerant: boolean, find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    if (tolerant && error instanceof SqlError && notFound.has(error.condition)) return undefined;
    throw error;
  }
}

export function comment(environment: GovernEnvironment, statement: Statement<'comment'>): Governed {
  const object = securableNamed(environment, statement.object);
  alterObject(environment.access, object);
  const columnId = statement.column === undefined ? undefined : columnIdOf(object, statement.column);
  return {
    tag: 'COMMENT',
    changes: [{ kind: 'setComment', objectId: object.id, columnId, comment: statement.comment }],
    touched: [touched(environment, object, 'COMMENT')],
  };
}

function columnIdOf(object: Securable, name: string): string {
  const columns = object.kind === 'table' || object.kind === 'view' ? object.columns : [];
  const column = columns.find((each) => fold(each.name) === fold(name));
  if (column === undefined) throw new SqlError('undefinedColumn', `column ${displayName([name])} does not exist`);
  return columnIdOfRelation(column);
}

export function alterOwner(environment: GovernEnvironment, statement: Statement<'alterOwner'>): Governed {
  const object = securableNamed(environment, statement.object);
  maySetOwner(environment.access, object, principalIfAny(environment, statement.owner));
  const owner = principalNamed(environment, statement.owner);
  return {
    tag: `ALTER ${statement.object.type}`,
    changes: [{ kind: 'setOwner', objectId: object.id, owner: owner.id }],
    touched: [touched(environment, object, 'SET OWNER')],
  };
}

/** Every object of one owner to another, as one change; also what belongs to a principal that is to be dropped. */
export function reassignOwned(environment: GovernEnvironment, statement: Statement<'reassignOwned'>): Governed {
  const { snapshot, access } = environment;
  mayReassignOwned(access, principalIfAny(environment, statement.from), principalIfAny(environment, statement.to));
  const from = principalNamed(environment, statement.from);
  const to = principalNamed(environment, statement.to);
  const owned = [snapshot.metastore, ...snapshot.parts.objects.values()].filter((each) => each.owner === from.id);
  return {
    tag: 'REASSIGN OWNED',
    changes: owned.map((object) => ({ kind: 'setOwner', objectId: object.id, owner: to.id })),
    touched: owned.map((object) => touched(environment, object, 'SET OWNER')),
  };
}
