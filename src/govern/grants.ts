// GRANT, REVOKE, SHOW GRANTS.
import { grantOn, showGrantsOn } from '../authorize/rules.ts';
import { display, displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Change } from '../catalog/change.ts';
import type { Principal } from '../catalog/principal.ts';
import { type Grant, grantable, type Privilege, privileges } from '../catalog/privilege.ts';
import { columnIdOf, type ObjectId, type Securable } from '../catalog/securable.ts';
import type { GovernanceStatement, PrivilegeRef } from '../parse/statement.ts';
import { textAnswer } from '../sql/answer.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import { principalNamed, securableNamed, touched } from './find.ts';

type GrantStatement = Extract<GovernanceStatement, { kind: 'grant' | 'revoke' }>;
type ShowGrants = Extract<GovernanceStatement, { kind: 'showGrants' }>;

export function grantOrRevoke(environment: GovernEnvironment, statement: GrantStatement): Governed {
  const securable = securableNamed(environment, statement.object);
  grantOn(environment.access, securable);
  const principals = statement.principals.map((ref) => principalNamed(environment, ref));
  const changes = statement.privileges.flatMap((ref) => {
    const privilege = privilegeNamed(ref, securable);
    const columns = columnIds(securable, ref);
    return principals.map((principal) =>
      changeOf(environment, statement.kind, { securable, principal, privilege, columns }),
    );
  });
  const tag = statement.kind === 'grant' ? 'GRANT' : 'REVOKE';
  return { tag, changes, touched: [touched(environment, securable, tag)] };
}

interface OneGrant {
  readonly securable: Securable;
  readonly principal: Principal;
  readonly privilege: Privilege;
  readonly columns: readonly string[] | undefined;
}

function changeOf(environment: GovernEnvironment, kind: 'grant' | 'revoke', one: OneGrant): Change {
  const common = { securableId: one.securable.id, principalId: one.principal.id, privilege: one.privilege };
  if (kind === 'revoke') return { kind: 'revoke', ...common, columns: one.columns };
  const { actorId, now } = environment;
  const grant: Grant = { ...common, columns: one.columns, grantedBy: actorId, grantedAt: now, until: undefined };
  return { kind: 'grant', grant };
}

function privilegeNamed(ref: PrivilegeRef, securable: Securable): Privilege {
  const privilege = privileges.find((each) => each === ref.name);
  if (privilege === undefined) {
    throw new SqlError('syntaxError', `unrecognized privilege ${ref.name}`, { position: ref.offset });
  }
  if (!grantable[securable.kind].includes(privilege)) {
    throw new SqlError('invalidParameterValue', `privilege ${privilege} does not apply to a ${securable.kind}`, {
      position: ref.offset,
      hint: `Privileges of a ${securable.kind}: ${grantable[securable.kind].join(', ')}.`,
    });
  }
  return privilege;
}

function columnIds(securable: Securable, ref: PrivilegeRef): readonly string[] | undefined {
  if (ref.columns === undefined) return undefined;
  if (ref.name !== 'SELECT' || (securable.kind !== 'table' && securable.kind !== 'view')) {
    throw new SqlError('invalidParameterValue', 'columns can be named for SELECT on a table or view only', {
      position: ref.offset,
    });
  }
  return ref.columns.map((name) => {
    const column = [...securable.columns].find((each) => fold(each.name) === fold(name));
    if (column === undefined) throw new SqlError('undefinedColumn', `column ${display(name)} does not exist`);
    return columnIdOf(column);
  });
}

/** Unity Catalog's columns; inherited grants with the object they come from. */
export function showGrants(environment: GovernEnvironment, statement: ShowGrants): Governed {
  const { snapshot, access } = environment;
  const principal = statement.principal === undefined ? undefined : principalNamed(environment, statement.principal);
  const securable = statement.object === undefined ? undefined : securableNamed(environment, statement.object);
  showGrantsOn(access, securable, principal?.id);
  const grants =
    securable === undefined ? snapshot.grantsTo(principal?.id ?? '') : grantsAffecting(environment, securable);
  const rows = grants
    .filter((grant) => principal === undefined || grant.principalId === principal.id)
    .filter((grant) => grant.until === undefined || grant.until > environment.now)
    .map((grant) => rowOf(environment, grant))
    .toSorted((a, b) => a.join('\0').localeCompare(b.join('\0'), 'en'));
  return { tag: 'SHOW', answer: textAnswer(['principal', 'actionType', 'objectType', 'objectKey'], rows) };
}

function grantsAffecting(environment: GovernEnvironment, securable: Securable): readonly Grant[] {
  const { snapshot } = environment;
  const all: Grant[] = [];
  for (let id: ObjectId | undefined = securable.id; id !== undefined; id = snapshot.parentOf(id)) {
    // Grants on the metastore do not inherit.
    if (snapshot.object(id)?.kind === 'metastore' && id !== securable.id) break;
    all.push(...snapshot.grantsOn(id));
  }
  return all;
}

function rowOf(environment: GovernEnvironment, grant: Grant): readonly string[] {
  const { snapshot } = environment;
  const securable = snapshot.object(grant.securableId);
  const columns = grant.columns === undefined ? '' : ` (${columnNames(securable, grant.columns).join(', ')})`;
  return [
    snapshot.principal(grant.principalId)?.name ?? '',
    `${grant.privilege}${columns}`,
    securable?.kind.toUpperCase() ?? '',
    displayName(snapshot.nameOf(grant.securableId)),
  ];
}

function columnNames(securable: Securable | undefined, ids: readonly string[]): readonly string[] {
  const columns = securable?.kind === 'table' || securable?.kind === 'view' ? [...securable.columns] : [];
  return ids.map((id) => columns.find((column) => columnIdOf(column) === id)?.name ?? '');
}
