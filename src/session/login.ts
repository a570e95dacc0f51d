// The Door: credentials for the wire, and a session once the client has proved itself.
import { randomUUID } from 'node:crypto';
import type { AuditActor } from '../audit/event.ts';
import { Access } from '../authorize/access.ts';
import { identityOf } from '../authorize/identity.ts';
import { connectCatalog } from '../authorize/rules.ts';
import { display, fold } from '../base/identifier.ts';
import { parseScramVerifier, type ScramVerifier } from '../base/scram-verifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { User } from '../catalog/principal.ts';
import { ClientSession } from './client-session.ts';
import type { Door, LoginRequest, Session } from './door.ts';
import type { Services } from './services.ts';
import { systemCatalog } from './session-commands.ts';
import { SessionState } from './session-state.ts';
import { Settings } from './settings.ts';

export class CatalogDoor implements Door {
  readonly #services: Services;

  constructor(services: Services) {
    this.#services = services;
  }

  credentialOf(user: string): ScramVerifier | undefined {
    const verifier = this.#user(user)?.scramVerifier;
    return verifier === undefined ? undefined : parseScramVerifier(verifier);
  }

  async login(request: LoginRequest): Promise<Session> {
    const sessionId = randomUUID();
    const actor = actorOf(request, sessionId);
    try {
      const session = this.#open(request, sessionId);
      await this.#services.audit.append({ kind: 'login', actor, outcome: 'ok' });
      return session;
    } catch (error) {
      const reason = error instanceof SqlError ? error.message : 'internal error';
      await this.#services.audit.append({ kind: 'login', actor, outcome: 'failed', reason });
      throw error;
    }
  }

  async loginFailed(request: LoginRequest, reason: string): Promise<void> {
    const actor = actorOf(request, randomUUID());
    await this.#services.audit.append({ kind: 'login', actor, outcome: 'failed', reason });
  }

  #user(name: string): User | undefined {
    const principal = this.#services.catalog.snapshot().principalByName(name);
    return principal?.kind === 'user' ? principal : undefined;
  }

  #open(request: LoginRequest, sessionId: string): Session {
    const user = this.#user(request.user);
    if (user === undefined) throw new SqlError('invalidAuthorization', `role ${display(request.user)} does not exist`);
    const catalog = this.#catalog(user, request.database ?? request.user);
    const settings = new Settings();
    for (const [name, value] of request.settings) settings.start(name, value);
    settings.start('application_name', request.applicationName);
    settings.put('session_authorization', user.name);
    const { clientAddress } = request;
    const state = new SessionState({
      services: this.#services,
      userId: user.id,
      settings,
      sessionId,
      clientAddress,
      catalog,
    });
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

function actorOf(request: LoginRequest, sessionId: string): AuditActor {
  return {
    principal: request.user,
    runAs: request.user,
    clientAddress: request.clientAddress,
    application: request.applicationName,
    sessionId,
  };
}
