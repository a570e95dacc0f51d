// GRANT, REVOKE.
import { grantOn } from '../authorize/administration.ts';
import { display, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Change } from '../catalog/change.ts';
import type { Principal } from '../catalog/principal.ts';
import { type Grant, grantable, type Privilege, privileges } from '../catalog/privilege.ts';
import { columnIdOf, type Securable } from '../catalog/securable.ts';
import type { GovernanceStatement, PrivilegeRef, Span } from '../parse/statement.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import { principalNamed, securableNamed, touched } from './find.ts';
import { momentOf } from './moment.ts';

type GrantStatement = Extract<GovernanceStatement, { kind: 'grant' | 'revoke' }>;

export function grantOrRevoke(environment: GovernEnvironment, statement: GrantStatement): Governed {
  const securable = securableNamed(environment, statement.object);
  grantOn(environment.access, securable);
  const principals = statement.principals.map((ref) => principalNamed(environment, ref));
  const until = endOf(environment, statement.until);
  const changes = statement.privileges.flatMap((ref) => {
    const privilege = privilegeNamed(ref, securable);
    const columns = columnIds(securable, ref);
    return principals.map((principal) =>
      changeOf(environment, statement.kind, { securable, principal, privilege, columns, until }),
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
  readonly until: number | undefined;
}

function endOf({ timeZone, now }: GovernEnvironment, until: Span | undefined): number | undefined {
  if (until === undefined) return undefined;
  const end = momentOf(until, timeZone);
  if (end > now) return end;
  throw new SqlError('invalidParameterValue', `${until.text} is in the past`, {
    position: until.offset,
    hint: 'A grant can end in the future only. Use REVOKE to end one now.',
  });
}

function changeOf(environment: GovernEnvironment, kind: 'grant' | 'revoke', one: OneGrant): Change {
  const common = { securableId: one.securable.id, principalId: one.principal.id, privilege: one.privilege };
  if (kind === 'revoke') return { kind: 'revoke', ...common, columns: one.columns };
  const { actorId, now } = environment;
  const grant: Grant = { ...common, columns: one.columns, grantedBy: actorId, grantedAt: now, until: one.until };
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
