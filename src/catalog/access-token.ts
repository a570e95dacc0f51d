// Personal access tokens: what a program logs in with instead of its user's password. Only a hash is kept; the token has 256 random
// bits, so nothing is gained by a slow one.
import { createHash, randomBytes } from 'node:crypto';
import type { ObjectId } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';

export interface AccessToken {
  readonly id: ObjectId;
  readonly userId: ObjectId;
  /** SHA-256 of the token, in hexadecimal. */
  readonly tokenHash: string;
  readonly comment: string | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds since the epoch; undefined: never. */
  readonly expiresAt: number | undefined;
}

/** The prefix lets scanners of repositories and logs find tokens that were left there. */
export function newTokenText(): string {
  return `pct_${randomBytes(32).toString('base64url')}`;
}

export function isTokenText(text: string): boolean {
  return /^pct_[A-Za-z0-9_-]{43}$/.test(text);
}

export function tokenHashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function tokenById({ parts }: CatalogSnapshot, id: ObjectId): AccessToken | undefined {
  return parts.tokens.get(id);
}

export function tokenByText({ parts }: CatalogSnapshot, text: string): AccessToken | undefined {
  const id = parts.tokenIds.get(tokenHashOf(text));
  return id === undefined ? undefined : parts.tokens.get(id);
}

/** The oldest first. */
export function tokensOf({ parts }: CatalogSnapshot, userId: ObjectId): readonly AccessToken[] {
  return [...parts.tokens.values()]
    .filter((token) => token.userId === userId)
    .toSorted((a, b) => Number(a.id) - Number(b.id));
}

export function isExpired({ expiresAt }: AccessToken, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}
