// WHO CAN privilege ON object: every user, and every group that was granted something on the way, with what each may do and why.
import { Access } from '../authorize/access.ts';
import { AccessRecord } from '../authorize/access-record.ts';
import { whoCan as mayAskWhoCan } from '../authorize/answer-rules.ts';
import { type Identity, identityOf } from '../authorize/identity.ts';
import { executeFunction, modifyTable } from '../authorize/rules.ts';
import { display, fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Group, Principal } from '../catalog/principal.ts';
import { grantable, type Privilege, privileges } from '../catalog/privilege.ts';
import type { ObjectId, Securable, Table, View } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { GovernEnvironment } from '../govern/environment.ts';
import { securableNamed } from '../govern/find.ts';
import type { AnswerStatement } from '../parse/answer-statement.ts';
import type { PrivilegeRef } from '../parse/statement.ts';
import { type Answer, textAnswer } from '../sql/answer.ts';
import { groundText, objectText } from './grounds.ts';
import { type Seen, VisibilityProbe } from './visibility.ts';

type WhoCan = Extract<AnswerStatement, { kind: 'whoCan' }>;

export const whoCanColumns: readonly string[] = ['principal', 'type', 'access', 'columns', 'masked', 'path'];

type Row = readonly [principal: string, type: string, access: string, columns: string, masked: string, path: string];

export async function whoCan(
  environment: GovernEnvironment,
  statement: WhoCan,
): Promise<{ readonly answer: Answer; readonly object: Securable }> {
  const object = securableNamed(environment, statement.object);
  mayAskWhoCan(environment.access, object);
  const column = columnOf(object, statement);
  const privilege = privilegeOf(object, statement.privilege);
  const principals = principalsFor(environment.snapshot, object);
  if (principals.length > limits.whoCanPrincipalsMax) {
    throw new SqlError('limitExceeded', `there are more than ${String(limits.whoCanPrincipalsMax)} principals`);
  }
  const probe = new VisibilityProbe(environment, environment.snapshot);
  const rows: Row[] = [];
  for (const principal of principals) {
    const identity = identityFor(environment.snapshot, principal);
    const isRead = privilege === 'SELECT' && (object.kind === 'table' || object.kind === 'view');
    rows.push(
      isRead
        ? await readRow(environment, probe, { relation: object, identity, column })
        : heldRow(environment, { object, identity, privilege }),
    );
  }
  return { answer: textAnswer(whoCanColumns, rows), object };
}

/** What can be asked about each kind of object. */
const askable: Readonly<Record<Securable['kind'], readonly Privilege[]>> = {
  metastore: ['CREATE CATALOG'],
  catalog: ['MANAGE', 'USE CATALOG', 'CREATE SCHEMA'],
  schema: ['MANAGE', 'USE SCHEMA', 'CREATE TABLE', 'CREATE FUNCTION'],
  table: ['MANAGE', 'SELECT', 'MODIFY', 'INSERT', 'UPDATE', 'DELETE'],
  view: ['MANAGE', 'SELECT'],
  function: ['MANAGE', 'EXECUTE'],
};

function privilegeOf(object: Securable, { name, offset }: PrivilegeRef): Privilege {
  const privilege = privileges.find((each) => each === name);
  if (privilege === undefined)
    throw new SqlError('syntaxError', `unrecognized privilege ${name}`, { position: offset });
  if (askable[object.kind].includes(privilege)) return privilege;
  const isKnown = grantable[object.kind].includes(privilege);
  throw new SqlError(
    isKnown ? 'featureNotSupported' : 'invalidParameterValue',
    `WHO CAN ${name} cannot be asked of a ${object.kind}`,
    { position: offset, hint: `Ask for ${askable[object.kind].join(', ')}.` },
  );
}

function columnOf(object: Securable, { column, privilege }: WhoCan): string | undefined {
  if (column === undefined) return undefined;
  if (object.kind !== 'table' || privilege.name !== 'SELECT') {
    throw new SqlError('invalidParameterValue', 'a column can be named for SELECT on a table only', {
      position: column.offset,
    });
  }
  const found = object.columns.find((each) => fold(each.name) === fold(column.name));
  if (found !== undefined) return found.name;
  throw new SqlError('undefinedColumn', `column ${display(column.name)} does not exist`, { position: column.offset });
}

/** All users; groups that own, or were granted something on, the object or an ancestor. */
function principalsFor(snapshot: CatalogSnapshot, object: Securable): readonly Principal[] {
  const ids = new Set<ObjectId>();
  for (let id: ObjectId | undefined = object.id; id !== undefined; id = snapshot.parentOf(id)) {
    for (const grant of snapshot.grantsOn(id)) ids.add(grant.principalId);
    const owner = snapshot.object(id)?.owner;
    if (owner !== undefined) ids.add(owner);
  }
  const groups = [...ids].map((id) => snapshot.principal(id)).filter((each): each is Group => each?.kind === 'group');
  return [...snapshot.users(), ...groups.toSorted((a, b) => (fold(a.name) < fold(b.name) ? -1 : 1))];
}

/** Of a group: what a member has who is in nothing else. */
function identityFor(snapshot: CatalogSnapshot, principal: Principal): Identity {
  const identity = identityOf(snapshot, principal.id);
  return principal.kind === 'user' ? identity : { ...identity, groups: new Set([...identity.groups, principal.id]) };
}

interface Reading {
  readonly relation: Table | View;
  readonly identity: Identity;
  readonly column: string | undefined;
}

async function readRow(
  environment: GovernEnvironment,
  probe: VisibilityProbe,
  { relation, identity, column }: Reading,
): Promise<Row> {
  const { name, kind } = identity.user;
  const visibility = await probe.of(relation, identity);
  if (visibility === undefined) return [name, kind, 'nothing', '', '', 'what it reads cannot be resolved'];
  const path = pathText(environment.snapshot, identity, visibility.record);
  const seen = column === undefined ? visibility.seen : ofColumn(visibility.seen, column);
  if (seen === undefined) return [name, kind, 'nothing', '', '', path];
  const columns = seen.columns === undefined ? '*' : [...seen.columns].map(display).join(', ');
  return [name, kind, accessWord(seen), columns, [...seen.masks.keys()].join(', '), path];
}

function ofColumn(seen: Seen | undefined, column: string): Seen | undefined {
  if (seen === undefined || seen.columns?.has(column) === false) return undefined;
  const masks = new Map([...seen.masks].filter(([name]) => name === column));
  return { ...seen, columns: new Set([column]), masks };
}

function accessWord({ isTold, masks, filter }: Seen): string {
  if (!isTold) return 'readable';
  const words = [...(masks.size > 0 ? ['masked'] : []), ...(filter === undefined ? [] : ['filtered'])];
  return words.length === 0 ? 'raw' : words.join(', ');
}

interface Holding {
  readonly object: Securable;
  readonly identity: Identity;
  readonly privilege: Privilege;
}

function heldRow({ snapshot, now }: GovernEnvironment, { object, identity, privilege }: Holding): Row {
  const { name, kind } = identity.user;
  const access = new Access(snapshot, identity, now);
  if (privilege === 'MANAGE') {
    const manages = access.manages(object);
    const path = identity.isMetastoreAdmin ? 'metastore administrator' : managePath(access, object);
    return [name, kind, manages ? 'granted' : 'nothing', '', '', manages ? path : missingToManage(access, object)];
  }
  const record = new AccessRecord({ kind: 'query' });
  access.record = record;
  demandHeld(access, object, privilege);
  const granted = record.denials.length === 0 && record.checks.every((check) => check.ground !== undefined);
  return [name, kind, granted ? 'granted' : 'nothing', '', '', pathText(snapshot, identity, record)];
}

/** By the rule of the action where there is one. */
function demandHeld(access: Access, object: Securable, privilege: Privilege): void {
  if (object.kind === 'table') {
    const actions = (['INSERT', 'UPDATE', 'DELETE'] as const).filter((each) => each === privilege);
    for (const action of actions.length === 0 ? (['INSERT', 'UPDATE', 'DELETE'] as const) : actions) {
      modifyTable(access, object, action);
    }
    return;
  }
  if (object.kind === 'function') executeFunction(access, object);
  else access.may(privilege, object);
}

/** MANAGE itself, or the USE without which it is of no use yet. */
function missingToManage(access: Access, object: Securable): string {
  const gate = access.holdsManage(object) ? access.closedGate(object) : undefined;
  if (gate === undefined) return `missing MANAGE on ${objectText(access.snapshot, object)}`;
  return `missing ${gate.kind === 'catalog' ? 'USE CATALOG' : 'USE SCHEMA'} on ${objectText(access.snapshot, gate)}`;
}

/** The first of the object and its ancestors that is owned or on which MANAGE was granted. */
function managePath(access: Access, object: Securable): string {
  const { snapshot, identity } = access;
  const record = new AccessRecord({ kind: 'query' });
  access.record = record;
  for (
    let at: Securable | undefined = object;
    at !== undefined && at.kind !== 'metastore';
    at = parentOf(snapshot, at)
  ) {
    if (access.may('MANAGE', at)) break;
  }
  const ground = record.checks.at(-1)?.ground;
  return ground === undefined ? '' : groundText(snapshot, identity.user.id, ground);
}

function parentOf(snapshot: CatalogSnapshot, object: Securable): Securable | undefined {
  const id = snapshot.parentOf(object.id);
  return id === undefined ? undefined : snapshot.object(id);
}

function pathText(snapshot: CatalogSnapshot, { user }: Identity, { checks, denials, children }: AccessRecord): string {
  const missing = checks.filter((check) => check.ground === undefined);
  if (missing.length > 0) {
    return missing.map((check) => `missing ${check.privilege} on ${objectText(snapshot, check.securable)}`).join('; ');
  }
  const [denial] = denials;
  if (denial !== undefined) return [denial.message, denial.detail].filter((part) => part !== undefined).join('; ');
  const inner = children.flatMap((child) => child.denials)[0];
  if (inner !== undefined) return inner.message;
  const texts = checks.flatMap(({ ground }) => (ground === undefined ? [] : [groundText(snapshot, user.id, ground)]));
  return [...new Set(texts)].join('; ');
}
