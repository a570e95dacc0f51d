// CREATE, DROP and SHOW TOKEN.
import { demandAdmin, manageToken } from '../authorize/administration.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import { type AccessToken, newTokenText, tokenById, tokenHashOf, tokensOf } from '../catalog/access-token.ts';
import type { GovernanceStatement } from '../parse/statement.ts';
import { textAnswer } from '../sql/answer.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import { principalNamed } from './find.ts';
import { momentOf } from './moment.ts';

type Statement<K extends GovernanceStatement['kind']> = Extract<GovernanceStatement, { kind: K }>;

export const newTokenColumns: readonly string[] = ['id', 'token', 'expires'];
export const tokenColumns: readonly string[] = ['id', 'user', 'comment', 'created', 'expires', 'state'];

const dayMs = 86_400_000;

/** The one time that the token itself is told; it is in no log and no event. */
export function createToken(environment: GovernEnvironment, statement: Statement<'createToken'>): Governed {
  const { snapshot, identity, now } = environment;
  const { comment } = statement;
  if (tokensOf(snapshot, identity.user.id).length >= limits.tokensPerUserMax) {
    throw new SqlError('limitExceeded', `a user has at most ${String(limits.tokensPerUserMax)} tokens`, {
      hint: 'SHOW TOKENS lists them; DROP TOKEN ends one.',
    });
  }
  if ((comment?.length ?? 0) > limits.tokenCommentCharactersMax) {
    throw new SqlError('limitExceeded', 'the comment of the token is too long');
  }
  const expiresAt = expiryOf(environment, statement);
  if (expiresAt !== undefined && expiresAt <= now) {
    throw new SqlError('invalidParameterValue', 'the token would have expired already');
  }
  const text = newTokenText();
  const token: AccessToken = {
    id: environment.newId(),
    userId: identity.user.id,
    tokenHash: tokenHashOf(text),
    comment,
    createdAt: now,
    expiresAt,
  };
  return {
    tag: 'CREATE TOKEN',
    changes: [{ kind: 'createToken', token }],
    answer: textAnswer(newTokenColumns, [[token.id, text, timeText(expiresAt)]]),
  };
}

function expiryOf({ now, timeZone }: GovernEnvironment, { expires }: Statement<'createToken'>): number | undefined {
  if (expires === undefined) return undefined;
  if ('at' in expires) return momentOf(expires.at, timeZone);
  const days = Number(expires.days);
  if (days > limits.tokenDaysMax) throw new SqlError('invalidParameterValue', 'the token would expire too late');
  return now + days * dayMs;
}

/** One that is not there and one of somebody else read alike. */
export function dropToken(environment: GovernEnvironment, { id, offset }: Statement<'dropToken'>): Governed {
  const token = tokenById(environment.snapshot, id);
  if (token === undefined || !manageToken(environment.access, token)) {
    throw new SqlError('undefinedObject', 'the token does not exist', { position: offset });
  }
  return { tag: 'DROP TOKEN', changes: [{ kind: 'dropToken', tokenId: token.id }] };
}

export function showTokens(environment: GovernEnvironment, { user }: Statement<'showTokens'>): Governed {
  const { access, identity, snapshot, now } = environment;
  if (user !== undefined && user.name.toLowerCase() !== identity.user.name.toLowerCase()) {
    demandAdmin(access, 'show tokens of others');
  }
  const owner = user === undefined ? identity.user : principalNamed(environment, { ...user, kind: 'user' });
  const rows = tokensOf(snapshot, owner.id).map(({ id, comment, createdAt, expiresAt }) => [
    id,
    owner.name,
    comment ?? null,
    timeText(createdAt),
    timeText(expiresAt),
    expiresAt !== undefined && expiresAt <= now ? 'expired' : 'valid',
  ]);
  return { tag: 'SHOW', answer: textAnswer(tokenColumns, rows) };
}

function timeText(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}
