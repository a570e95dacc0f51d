// CREATE/ALTER USER, CREATE/ALTER GROUP, DROP of both.
import { managePrincipals, alterUser as mayAlterUser } from '../authorize/administration.ts';
import { display } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { formatScramVerifier, parseScramVerifier, scramVerifierOf } from '../base/scram-verifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Change } from '../catalog/change.ts';
import { accountUsersName, type Group, type User } from '../catalog/principal.ts';
import type { GovernanceStatement, PrincipalRef } from '../parse/statement.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import { principalNamed } from './find.ts';

type Statement<K extends GovernanceStatement['kind']> = Extract<GovernanceStatement, { kind: K }>;

export async function createUser(
  environment: GovernEnvironment,
  statement: Statement<'createUser'>,
): Promise<Governed> {
  managePrincipals(environment.access);
  const { name } = statement.name;
  const known = existing(environment, statement.name, statement.ifNotExists);
  if (known !== undefined) return { tag: 'CREATE USER', notice: known };
  const user: User = {
    kind: 'user',
    id: environment.newId(),
    name,
    scramVerifier: statement.password === undefined ? undefined : await verifierOf(statement.password),
    attributes: statement.attributes,
  };
  return { tag: 'CREATE USER', changes: [{ kind: 'createUser', user }] };
}

/** A ready verifier (psql's \password sends one) is kept as it is. */
async function verifierOf(password: string): Promise<string> {
  if (password === '') throw new SqlError('invalidParameterValue', 'a password must not be empty');
  const ready = parseScramVerifier(password);
  if (ready !== undefined && ready.iterations > limits.scramIterationsMax) {
    throw new SqlError('invalidParameterValue', 'the SCRAM verifier has too many iterations');
  }
  if (/^md5[0-9a-f]{32}$/.test(password)) {
    throw new SqlError('invalidParameterValue', 'passwords hashed with MD5 are not supported', {
      hint: 'Set password_encryption to scram-sha-256.',
    });
  }
  return ready === undefined ? formatScramVerifier(await scramVerifierOf(password)) : password;
}

export async function alterUser(environment: GovernEnvironment, statement: Statement<'alterUser'>): Promise<Governed> {
  mayAlterUser(environment.access, statement.name.name, { attributes: statement.attributes !== undefined });
  const user = principalNamed(environment, { ...statement.name, kind: 'user' });
  const change: Change = {
    kind: 'alterUser',
    userId: user.id,
    ...(statement.password === undefined ? {} : { scramVerifier: await verifierOf(statement.password) }),
    ...(statement.attributes === undefined ? {} : { attributes: statement.attributes }),
  };
  return { tag: 'ALTER USER', changes: [change] };
}

export function createGroup(environment: GovernEnvironment, statement: Statement<'createGroup'>): Governed {
  managePrincipals(environment.access);
  const known = existing(environment, statement.name, statement.ifNotExists);
  if (known !== undefined) return { tag: 'CREATE GROUP', notice: known };
  const group: Group = { kind: 'group', id: environment.newId(), name: statement.name.name, members: [] };
  return { tag: 'CREATE GROUP', changes: [{ kind: 'createGroup', group }] };
}

/** The notice of IF NOT EXISTS, or undefined when the name is free. */
function existing(environment: GovernEnvironment, ref: PrincipalRef, ifNotExists: boolean): string | undefined {
  const known = environment.snapshot.principalByName(ref.name);
  if (known === undefined) return undefined;
  const message = `${known.kind} ${display(ref.name)} already exists`;
  if (ifNotExists) return `${message}, skipping`;
  throw new SqlError('duplicateObject', message, { position: ref.offset });
}

export function alterGroup(environment: GovernEnvironment, statement: Statement<'alterGroup'>): Governed {
  managePrincipals(environment.access);
  const group = principalNamed(environment, { ...statement.name, kind: 'group' });
  if (group.name === accountUsersName) {
    throw new SqlError('invalidParameterValue', `group ${display(group.name)} always holds every user`);
  }
  const kind = statement.action === 'add' ? 'addMember' : 'removeMember';
  const changes = statement.members.map((member): Change => {
    return { kind, groupId: group.id, memberId: principalNamed(environment, member).id };
  });
  return { tag: 'ALTER GROUP', changes };
}
