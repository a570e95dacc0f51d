// The Door: what a client has to prove, whether it has, and a session then.
import { randomBytes, randomUUID } from 'node:crypto';
import type { AuditActor } from '../audit/event.ts';
import { Access } from '../authorize/access.ts';
import { identityOf } from '../authorize/identity.ts';
import { connectCatalog } from '../authorize/rules.ts';
import { display, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { User } from '../catalog/principal.ts';
import { ClientSession } from './client-session.ts';
import { type Credential, type CredentialSettings, Credentials } from './credentials.ts';
import type { Door, LoginChallenge, LoginProof, LoginRequest, Session } from './door.ts';
import { LoginThrottle } from './login-throttle.ts';
import type { Services } from './services.ts';
import { systemCatalog } from './session-commands.ts';
import { SessionState } from './session-state.ts';
import { Settings } from './settings.ts';

export interface LoginSettings extends CredentialSettings {
  /** Sessions of one user; 0: no limit of its own. */
  readonly sessionsPerUserMax: number;
}

function defaults(): LoginSettings {
  return { mockSecret: randomBytes(32), asksForSecrets: false, sessionsPerUserMax: 0 };
}

export class CatalogDoor implements Door {
  readonly #services: Services;
  readonly #settings: LoginSettings;
  readonly #credentials: Credentials;
  readonly #throttle: LoginThrottle;

  constructor(services: Services, settings: LoginSettings = defaults()) {
    this.#services = services;
    this.#settings = settings;
    this.#credentials = new Credentials(services, settings);
    this.#throttle = new LoginThrottle(services.clock);
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
    const session = await this.#audited(request, sessionId, () => {
      this.#throttle.demand(request);
      if (credential === undefined) {
        this.#throttle.failed(request);
        throw new SqlError('invalidPassword', `password authentication failed for user "${request.user}"`);
      }
      this.#throttle.succeeded(request);
      return this.#open(request, sessionId, credential);
    });
    const { method, tokenId } = credential ?? {};
    const proved = { ...(method && { method }), ...(tokenId && { tokenId }) };
    const actor = actorOf(request, sessionId);
    try {
      await this.#services.audit.append({ kind: 'login', actor, outcome: 'ok', ...proved });
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** What does not come to a session leaves an event of a failed login. */
  async #audited<T>(request: LoginRequest, sessionId: string, work: () => T): Promise<T> {
    try {
      return work();
    } catch (error) {
      const reason = error instanceof SqlError ? error.message : 'internal error';
      const actor = actorOf(request, sessionId);
      await this.#services.audit.append({ kind: 'login', actor, outcome: 'failed', reason });
      throw error;
    }
  }

  #open(request: LoginRequest, sessionId: string, { user, tokenId }: Credential): Session {
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
    return new ClientSession(
      new SessionState({ services, userId: user.id, settings, sessionId, clientAddress, catalog, tokenId }),
    );
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

function actorOf(request: LoginRequest, sessionId: string): AuditActor {
  return {
    principal: request.user,
    runAs: request.user,
    clientAddress: request.clientAddress,
    application: request.applicationName,
    sessionId,
  };
}
