// The Door: what a client has to prove, whether it has, and a session then.
import { randomBytes, randomUUID } from 'node:crypto';
import type { AuditActor } from '../audit/event.ts';
import { Access } from '../authorize/access.ts';
import { identityOf } from '../authorize/identity.ts';
import { connectCatalog } from '../authorize/rules.ts';
import { display, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { User } from '../catalog/principal.ts';
import type { ObjectId } from '../catalog/securable.ts';
import { ClientSession } from './client-session.ts';
import { type Credential, type CredentialSettings, Credentials } from './credentials.ts';
import type { Door, LoginChallenge, LoginProof, LoginRequest, Session } from './door.ts';
import { LoginThrottle } from './login-throttle.ts';
import { Provisioning } from './provision.ts';
import type { Services } from './services.ts';
import { enterSchema, systemCatalog } from './session-commands.ts';
import { SessionState } from './session-state.ts';
import { Settings } from './settings.ts';

export interface LoginSettings extends CredentialSettings {
  /** Sessions of one user; 0: no limit of its own. */
  readonly sessionsPerUserMax: number;
}

function defaults(): LoginSettings {
  return { mockSecret: randomBytes(32), asksForSecrets: false, oidc: [], sessionsPerUserMax: 0 };
}

/** Who may have a session now. */
interface Admitted {
  readonly sessionId: string;
  readonly user: User;
  readonly tokenId: ObjectId | undefined;
  readonly byToken: boolean;
}

export class CatalogDoor implements Door {
  readonly #services: Services;
  readonly #settings: LoginSettings;
  readonly #credentials: Credentials;
  readonly #throttle: LoginThrottle;
  readonly #provisioning: Provisioning;

  constructor(services: Services, settings: LoginSettings = defaults()) {
    this.#services = services;
    this.#settings = settings;
    this.#credentials = new Credentials(services, settings);
    this.#provisioning = new Provisioning(services);
    this.#throttle = new LoginThrottle(services.clock);
  }

  userOfToken(secret: string): Promise<string | undefined> {
    return this.#credentials.userOfToken(secret);
  }

  async challenge(request: LoginRequest): Promise<LoginChallenge> {
    return this.#audited(request, randomUUID(), () => {
      this.#throttle.demand(request);
      return this.#credentials.challenge(request);
    });
  }

  async login(request: LoginRequest, proof: LoginProof): Promise<Session> {
    const sessionId = randomUUID();
    // Takes time, and other attempts run beside it: nothing is told of its outcome before the throttle is asked again.
    const credential = await this.#credentials.check(request, proof);
    const actor = actorOf(request, sessionId);
    const { session, proved } = await this.#audited(request, sessionId, async () => {
      const { method, ...holder } = this.#judged(request, credential);
      const user = 'user' in holder ? holder.user : await this.#provisioning.userOf(holder.login, actor);
      if (user === undefined) throw failure(request);
      const tokenId = 'user' in holder ? holder.tokenId : undefined;
      const opened = this.#open(request, { sessionId, user, tokenId, byToken: method !== 'password' });
      return { session: opened, proved: { method, ...(tokenId === undefined ? {} : { tokenId }) } };
    });
    try {
      await this.#services.audit.append({ kind: 'login', actor, outcome: 'ok', ...proved });
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** In one go: attempts side by side count one by one. */
  #judged(request: LoginRequest, credential: Credential | undefined): Credential {
    this.#throttle.demand(request);
    if (credential === undefined) {
      this.#throttle.failed(request);
      throw failure(request);
    }
    this.#throttle.succeeded(request);
    return credential;
  }

  /** What does not come to a session leaves an event of a failed login. */
  async #audited<T>(request: LoginRequest, sessionId: string, work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const reason = error instanceof SqlError ? error.message : 'internal error';
      const actor = actorOf(request, sessionId);
      await this.#services.audit.append({ kind: 'login', actor, outcome: 'failed', reason });
      throw error;
    }
  }

  #open(request: LoginRequest, { user, ...facts }: Admitted): Session {
    const catalog = this.#catalog(user, request.database ?? request.user);
    const { sessions } = this.#services;
    const { sessionsPerUserMax } = this.#settings;
    if (sessionsPerUserMax > 0 && sessions.countOf(user.id) >= sessionsPerUserMax) {
      throw new SqlError('tooManyConnections', `too many connections for role ${display(user.name)}`);
    }
    const settings = new Settings();
    for (const [name, value] of request.settings) settings.start(name, value);
    settings.start('application_name', request.applicationName);
    settings.put('session_authorization', user.name);
    const { clientAddress } = request;
    const services = this.#services;
    const state = new SessionState({ services, userId: user.id, settings, clientAddress, catalog, ...facts });
    enterSchema(state);
    return new ClientSession(state);
  }

  /** The database of a connection is a catalog that the user may know, or `system`. */
  #catalog(user: User, name: string): string {
    if (fold(name) === systemCatalog) return systemCatalog;
    const snapshot = this.#services.catalog.snapshot();
    const now = this.#services.clock.now();
    const access = new Access(snapshot, identityOf(snapshot, user.id, now), now);
    try {
      return connectCatalog(access, name).name;
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      throw new SqlError('undefinedCatalog', `database ${display(name)} does not exist`, {
        hint: 'Give the name of a catalog as the database; "system" always exists.',
        cause: error,
      });
    }
  }
}

function failure({ user }: LoginRequest): SqlError {
  return new SqlError('invalidPassword', `password authentication failed for user "${user}"`);
}

function actorOf(request: LoginRequest, sessionId: string): AuditActor {
  return {
    principal: request.user,
    runAs: request.user,
    clientAddress: request.clientAddress,
    application: request.applicationName,
    sessionId,
  };
}
