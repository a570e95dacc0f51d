// A change is decided when its statement runs, and may be committed much later. Whoever has lost the right by then must not
// commit it: a GRANT that waited in an open transaction would undo a REVOKE. Asked for when the catalog has changed meanwhile.
import { tokenById } from '../catalog/access-token.ts';
import type { Change } from '../catalog/change.ts';
import type { ObjectId, Securable } from '../catalog/securable.ts';
import type { Access } from './access.ts';
import {
  alterUser,
  demandAdmin,
  grantOn,
  managePrincipals,
  manageToken,
  setOwnerOrReassign,
} from './administration.ts';
import { manageAccessTests } from './answer-rules.ts';
import {
  alterObject,
  createCatalog,
  createFunction,
  createSchema,
  createTable,
  dropObject,
  replaceBody,
} from './rules.ts';
import { applyTag, setTagPolicy } from './tag-rules.ts';

/** Some shapes of changes serve two kinds. */
type ChangeOf<K extends Change['kind'], C extends Change = Change> = C extends Change
  ? K extends C['kind']
    ? C
    : never
  : never;
type Confirmation<K extends Change['kind']> = (access: Access, change: ChangeOf<K>) => void;

/** What is gone by now fails when the change is applied. */
function on<K extends Securable['kind']>(
  { snapshot }: Access,
  id: ObjectId,
  kinds: readonly K[],
): Extract<Securable, { kind: K }> | undefined {
  const object = snapshot.object(id);
  const fits = (each: Securable): each is Extract<Securable, { kind: K }> => kinds.some((kind) => kind === each.kind);
  return object !== undefined && fits(object) ? object : undefined;
}

function altered(access: Access, id: ObjectId): void {
  const object = access.snapshot.object(id);
  if (object !== undefined) alterObject(access, object);
}

function createdIn(access: Access, schemaId: ObjectId, rule: typeof createTable): void {
  const schema = on(access, schemaId, ['schema']);
  if (schema !== undefined) rule(access, schema);
}

function rewritten(access: Access, id: ObjectId): void {
  const object = on(access, id, ['view', 'function']);
  if (object !== undefined) replaceBody(access, object);
}

function tagged(access: Access, id: ObjectId): void {
  const object = on(access, id, ['catalog', 'schema', 'table', 'view']);
  if (object !== undefined) applyTag(access, object);
}

function tested(access: Access, schemaId: ObjectId): void {
  const schema = on(access, schemaId, ['schema']);
  if (schema !== undefined) manageAccessTests(access, schema);
}

function placed(access: Access, id: ObjectId): void {
  const place = on(access, id, ['catalog', 'schema', 'table']);
  if (place !== undefined) setTagPolicy(access, place);
}

const confirmations: { readonly [K in Change['kind']]: Confirmation<K> } = {
  createCatalog: (access) => createCatalog(access),
  createSchema: (access, { schema }) => {
    const catalog = on(access, schema.catalogId, ['catalog']);
    if (catalog !== undefined) createSchema(access, catalog);
  },
  createTable: (access, { table }) => createdIn(access, table.schemaId, createTable),
  replaceTable: (access, { replacedId }) => altered(access, replacedId),
  createView: (access, { view }) => createdIn(access, view.schemaId, createTable),
  replaceView: (access, { view }) => rewritten(access, view.id),
  createFunction: (access, change) => createdIn(access, change.function.schemaId, createFunction),
  replaceFunction: (access, change) => rewritten(access, change.function.id),
  dropObject: (access, { objectId }) => {
    const object = access.snapshot.object(objectId);
    if (object !== undefined) dropObject(access, object);
  },
  setOwner: (access, { objectId, owner }) => {
    const object = access.snapshot.object(objectId);
    if (object !== undefined) setOwnerOrReassign(access, object, access.snapshot.principal(owner));
  },
  setComment: (access, { objectId }) => altered(access, objectId),
  setMask: (access, { tableId }) => altered(access, tableId),
  dropMask: (access, { tableId }) => altered(access, tableId),
  settleLostMask: (access, { tableId }) => altered(access, tableId),
  setRowFilters: (access, { tableId }) => altered(access, tableId),
  addRowFilter: (access, { tableId }) => altered(access, tableId),
  dropRowFilter: (access, { tableId }) => altered(access, tableId),
  addColumn: (access, { tableId }) => altered(access, tableId),
  alterColumn: (access, { tableId }) => altered(access, tableId),
  retypeColumn: (access, { tableId }) => altered(access, tableId),
  dropColumn: (access, { tableId }) => altered(access, tableId),
  setProperties: (access, { tableId }) => altered(access, tableId),
  renameObject: (access, { objectId }) => altered(access, objectId),
  setTags: (access, { objectId }) => tagged(access, objectId),
  unsetTags: (access, { objectId }) => tagged(access, objectId),
  createPolicy: (access, { policy }) => placed(access, policy.securableId),
  replacePolicy: (access, { policy }) => placed(access, policy.securableId),
  dropPolicy: (access, { securableId }) => placed(access, securableId),
  createUser: managePrincipals,
  alterUser: (access, { userId, attributes }) => {
    alterUser(access, access.snapshot.principal(userId)?.name ?? '', { attributes: attributes !== undefined });
  },
  createGroup: managePrincipals,
  addMember: managePrincipals,
  removeMember: managePrincipals,
  dropPrincipal: managePrincipals,
  grant: (access, { grant }) => {
    const object = access.snapshot.object(grant.securableId);
    if (object !== undefined) grantOn(access, object);
  },
  revoke: (access, { securableId }) => {
    const object = access.snapshot.object(securableId);
    if (object !== undefined) grantOn(access, object);
  },
  createToken: (access, { token }) => {
    if (token.userId !== access.identity.user.id) demandAdmin(access, 'create tokens of others');
  },
  dropToken: (access, { tokenId }) => {
    const token = tokenById(access.snapshot, tokenId);
    if (token !== undefined && !manageToken(access, token)) demandAdmin(access, 'drop tokens of others');
  },
  setAccessTest: (access, { test }) => tested(access, test.schemaId),
  dropAccessTest: (access, { schemaId }) => tested(access, schemaId),
  setMetastoreOwner: managePrincipals,
};

/** @throws SqlError when the asker may not make this change any more */
export function confirmChange(access: Access, change: Change): void {
  const confirmation = confirmations[change.kind] as (access: Access, change: Change) => void;
  confirmation(access, change);
}
