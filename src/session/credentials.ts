// What proves who a client is: a password by SCRAM or, through TLS, in clear text, or a token.
import { createHmac } from 'node:crypto';
import { fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import {
  isPasswordOf,
  parseScramVerifier,
  type ScramVerifier,
  scramIterationsDefault,
} from '../base/scram-verifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { isExpired, isTokenText, tokenByText } from '../catalog/access-token.ts';
import type { User } from '../catalog/principal.ts';
import type { ObjectId } from '../catalog/securable.ts';
import type { LoginChallenge, LoginProof, LoginRequest } from './door.ts';
import { type OidcLogin, type OidcProvider, OidcTokens } from './oidc.ts';
import type { Services } from './services.ts';

export interface CredentialSettings {
  /** Makes the verifiers of users that do not exist; the same after a restart, as those of users that do. */
  readonly mockSecret: Buffer;
  /** Every client that speaks through TLS is asked for its secret in clear text, so that tokens need no announcement. */
  readonly asksForSecrets: boolean;
  /** Identity providers whose access tokens are taken. */
  readonly oidc: readonly OidcProvider[];
}

/** Whose session it will be, and what proved it. */
export type Credential =
  | { readonly method: 'password' | 'token'; readonly user: User; readonly tokenId?: ObjectId }
  /** The user may have to be made first. */
  | { readonly method: 'oidc'; readonly login: OidcLogin };

/** The startup option (`-c portcullis.authentication=token`) by which a client says that its password is a token. */
const announcement = 'portcullis.authentication';

export class Credentials {
  readonly #services: Services;
  readonly #settings: CredentialSettings;
  readonly #oidc: OidcTokens;

  constructor(services: Services, settings: CredentialSettings) {
    this.#services = services;
    this.#settings = settings;
    this.#oidc = new OidcTokens(settings.oidc, services.log);
  }

  /** @throws SqlError invalidAuthorization when a secret would go in the clear, invalidParameterValue */
  challenge(request: LoginRequest): LoginChallenge {
    const announced = request.settings.get(announcement) ?? 'password';
    if (announced !== 'token' && announced !== 'password') {
      const hint = 'Available values: password, token.';
      throw new SqlError('invalidParameterValue', `invalid value for parameter "${announcement}"`, { hint });
    }
    if (announced === 'token' && !request.encrypted) {
      throw new SqlError('invalidAuthorization', 'tokens are taken through TLS only', {
        hint: 'Connect with TLS, e.g. sslmode=require.',
      });
    }
    if (request.encrypted && (announced === 'token' || this.#settings.asksForSecrets)) return { kind: 'secret' };
    const verifier = this.#verifierOf(this.#user(request.user));
    return verifier === undefined
      ? { kind: 'scram', verifier: this.#mockVerifier(request.user), isKnown: false }
      : { kind: 'scram', verifier, isKnown: true };
  }

  /** Undefined: nobody's. */
  async userOfToken(secret: string): Promise<string | undefined> {
    const snapshot = this.#services.catalog.snapshot();
    if (isTokenText(secret)) return snapshot.principal(tokenByText(snapshot, secret)?.userId ?? '')?.name;
    return this.#oidc.takes(secret) ? (await this.#oidc.verify(secret))?.user : undefined;
  }

  /** Undefined: nothing is proved. */
  async check(request: LoginRequest, proof: LoginProof): Promise<Credential | undefined> {
    const user = this.#user(request.user);
    if (proof.kind === 'scram') {
      return proof.holds && user !== undefined ? { user, method: 'password' } : undefined;
    }
    // Secrets are taken where they were asked for, whatever a caller may think.
    if (!request.encrypted) return undefined;
    if (isTokenText(proof.secret)) return this.#checkToken(user, proof.secret);
    if (this.#oidc.takes(proof.secret)) return this.#checkAccessToken(request.user, user, proof.secret);
    return this.#checkPassword(request.user, user, proof.secret);
  }

  /** Found by its hash, whose bytes a client cannot choose: the time of the search tells nothing about tokens that exist. */
  #checkToken(user: User | undefined, text: string): Credential | undefined {
    const token = tokenByText(this.#services.catalog.snapshot(), text);
    if (token === undefined || user?.id !== token.userId || isExpired(token, this.#services.clock.now()))
      return undefined;
    return { user, method: 'token', tokenId: token.id };
  }

  /** The token says who its user is; the client must have said the same. */
  async #checkAccessToken(name: string, user: User | undefined, token: string): Promise<Credential | undefined> {
    const login = await this.#oidc.verify(token);
    if (login === undefined || fold(login.user) !== fold(name)) return undefined;
    return user === undefined && !login.createUsers ? undefined : { method: 'oidc', login };
  }

  /** Takes as long for users that do not exist. */
  async #checkPassword(name: string, user: User | undefined, password: string): Promise<Credential | undefined> {
    const verifier = this.#verifierOf(user) ?? this.#mockVerifier(name);
    if (verifier.iterations > limits.scramIterationsMax) return undefined;
    const holds = await isPasswordOf(password, verifier);
    const isReal = user !== undefined && this.#verifierOf(user) !== undefined;
    return holds && isReal ? { user, method: 'password' } : undefined;
  }

  #user(name: string): User | undefined {
    const principal = this.#services.catalog.snapshot().principalByName(name);
    return principal?.kind === 'user' ? principal : undefined;
  }

  #verifierOf(user: User | undefined): ScramVerifier | undefined {
    return user?.scramVerifier === undefined ? undefined : parseScramVerifier(user.scramVerifier);
  }

  #mockVerifier(name: string): ScramVerifier {
    const part = (what: string): Buffer =>
      createHmac('sha256', this.#settings.mockSecret).update(`${what}\0${name.toLowerCase()}`).digest();
    return {
      iterations: scramIterationsDefault,
      salt: part('salt').subarray(0, 16),
      storedKey: part('stored key'),
      serverKey: part('server key'),
    };
  }
}
