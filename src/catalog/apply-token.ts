// Personal access tokens come and go.
import { SqlError } from '../base/sql-error.ts';
import { type AccessToken, tokenById, tokensOf } from './access-token.ts';
import type { Change } from './change.ts';
import { takeId } from './objects.ts';
import type { ObjectId } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';

type TokenChange = Extract<Change, { kind: 'createToken' | 'dropToken' }>;

export function applyTokenChange(snapshot: CatalogSnapshot, change: TokenChange): CatalogSnapshot {
  return change.kind === 'createToken' ? createToken(snapshot, change.token) : dropToken(snapshot, change.tokenId);
}

function createToken(snapshot: CatalogSnapshot, token: AccessToken): CatalogSnapshot {
  if (snapshot.principal(token.userId)?.kind !== 'user') {
    throw new SqlError('serializationFailure', 'the user of the token no longer exists');
  }
  const { nextId } = takeId(snapshot, token.id);
  return snapshot.with({
    nextId,
    tokens: snapshot.parts.tokens.with(token.id, token),
    tokenIds: snapshot.parts.tokenIds.with(token.tokenHash, token.id),
  });
}

function dropToken(snapshot: CatalogSnapshot, id: ObjectId): CatalogSnapshot {
  const token = tokenById(snapshot, id);
  if (token === undefined) throw new SqlError('serializationFailure', 'the token no longer exists');
  const { tokens, tokenIds } = snapshot.parts;
  return snapshot.with({ tokens: tokens.without(id), tokenIds: tokenIds.without(token.tokenHash) });
}

/** Those of a user that is dropped. */
export function dropTokensOf(snapshot: CatalogSnapshot, userId: ObjectId): CatalogSnapshot {
  return tokensOf(snapshot, userId).reduce((at, token) => dropToken(at, token.id), snapshot);
}
