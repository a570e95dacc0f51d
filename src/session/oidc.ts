// Access tokens of identity providers (JWT, RFC 7519; OpenID Connect) as passwords: who signed them, for whom, and what their claims
// mean here. Keys come from the provider's JWKS and change when it changes.
import { readFileSync, statSync } from 'node:fs';
import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import type { SessionLog } from './services.ts';

export interface OidcProvider {
  readonly issuer: string;
  readonly audience: string;
  /** An https URL, or a file. */
  readonly jwks: string;
  /** Those of the JWS that are accepted; never symmetric ones, nor none. */
  readonly algorithms: readonly string[];
  /** The claim that holds the user's name here. */
  readonly userClaim: string;
  readonly groupsClaim: string;
  /** Groups of the provider -> groups here, whose membership the provider decides at every login. */
  readonly groups: Readonly<Record<string, string>>;
  /** Users that are not here yet are made at their first login. */
  readonly createUsers: boolean;
  readonly clockToleranceSeconds: number;
}

/** What a token that holds says. */
export interface OidcLogin {
  readonly user: string;
  readonly createUsers: boolean;
  /** Every group here that the provider decides about, and whether the user belongs to it. */
  readonly memberships: ReadonlyMap<string, boolean>;
}

type KeySource = Parameters<typeof jwtVerify>[1];

export class OidcTokens {
  readonly #providers: ReadonlyMap<string, { readonly provider: OidcProvider; readonly keys: () => KeySource }>;
  readonly #log: SessionLog;

  constructor(providers: readonly OidcProvider[], log: SessionLog) {
    this.#log = log;
    this.#providers = new Map(
      providers.map((provider) => [provider.issuer, { provider, keys: keysOf(provider.jwks) }]),
    );
  }

  /** Three parts of base64url: nobody's password by accident, and what no provider is configured for is one. */
  takes(secret: string): boolean {
    return this.#providers.size > 0 && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(secret);
  }

  /** Undefined when the token does not hold; why is for the log. */
  async verify(token: string): Promise<OidcLogin | undefined> {
    try {
      const found = this.#providers.get(decodeJwt(token).iss ?? '');
      if (found === undefined) return undefined;
      const { provider, keys } = found;
      const { payload } = await jwtVerify(token, keys(), {
        issuer: provider.issuer,
        audience: provider.audience,
        algorithms: [...provider.algorithms],
        clockTolerance: provider.clockToleranceSeconds,
        requiredClaims: ['exp', provider.userClaim],
      });
      return loginOf(payload, provider);
    } catch (error) {
      // Whatever is wrong with a token or with its provider, nobody gets in by it; the client is told no more than that.
      const isOfToken = error instanceof errors.JOSEError;
      this.#log[isOfToken ? 'info' : 'warn']({ err: error }, 'an access token was refused');
      return undefined;
    }
  }
}

function loginOf(payload: JWTPayload, provider: OidcProvider): OidcLogin | undefined {
  const user = payload[provider.userClaim];
  if (typeof user !== 'string' || user === '') return undefined;
  // Some providers let people write any address; what they have not verified names nobody.
  if (provider.userClaim === 'email' && payload['email_verified'] === false) return undefined;
  const claimed = payload[provider.groupsClaim];
  const groups = new Set(Array.isArray(claimed) ? claimed.filter((group) => typeof group === 'string') : []);
  const memberships = new Map<string, boolean>();
  for (const [theirs, ours] of Object.entries(provider.groups)) {
    const name = fold(ours);
    memberships.set(name, memberships.get(name) === true || groups.has(theirs));
  }
  return { user, createUsers: provider.createUsers, memberships };
}

/** A URL is asked again for keys that it has not named before, at most every half minute; a file is read again when it has changed. */
function keysOf(jwks: string): () => KeySource {
  if (/^https?:\/\//.test(jwks)) {
    const remote = createRemoteJWKSet(new URL(jwks), {
      timeoutDuration: limits.jwksTimeoutMs,
      cooldownDuration: limits.jwksCooldownMs,
      cacheMaxAge: limits.jwksMaxAgeMs,
    });
    return () => remote;
  }
  let read = { modified: -1, keys: createLocalJWKSet({ keys: [] }) };
  return () => {
    const modified = statSync(jwks).mtimeMs;
    if (modified !== read.modified) {
      read = { modified, keys: createLocalJWKSet(JSON.parse(readFileSync(jwks, 'utf8')) as { keys: [] }) };
    }
    return read.keys;
  };
}
