// What an identity provider says of a user becomes part of the catalog at login: the user, where that is wanted, and membership in
// the groups that the provider decides about. Enforcement and every answer about access then need to know nothing of providers.
import { randomUUID } from 'node:crypto';
import type { AuditActor } from '../audit/event.ts';
import type { Change } from '../catalog/change.ts';
import { accountUsersId, type User } from '../catalog/principal.ts';
import type { OidcLogin } from './oidc.ts';
import type { Services } from './services.ts';

export class Provisioning {
  readonly #services: Services;
  #last: Promise<unknown> = Promise.resolve();

  constructor(services: Services) {
    this.#services = services;
  }

  /** One after another: two first logins of one user must not both create it. Undefined: there is no such user. */
  async userOf(login: OidcLogin, actor: AuditActor): Promise<User | undefined> {
    const work = this.#last.then(() => this.#userOf(login, actor));
    this.#last = work.catch(() => undefined);
    return work;
  }

  async #userOf(login: OidcLogin, actor: AuditActor): Promise<User | undefined> {
    const { catalog } = this.#services;
    const known = catalog.snapshot().principalByName(login.user);
    if (known !== undefined && known.kind !== 'user') return undefined;
    if (known === undefined && !login.createUsers) return undefined;
    const user: User = known ?? {
      kind: 'user',
      id: catalog.newId(),
      name: login.user,
      scramVerifier: undefined,
      attributes: {},
    };
    const created: readonly Change[] = known === undefined ? [{ kind: 'createUser', user }] : [];
    const changes = [...created, ...this.#memberships(user, login)];
    if (changes.length > 0) await this.#commit(changes, actor);
    return user;
  }

  #memberships(user: User, { memberships }: OidcLogin): readonly Change[] {
    const snapshot = this.#services.catalog.snapshot();
    return [...memberships].flatMap(([name, belongs]): readonly Change[] => {
      const group = snapshot.principalByName(name);
      if (group?.kind !== 'group' || group.id === accountUsersId) {
        this.#services.log.warn({ group: name }, 'a group that an identity provider decides about does not exist');
        return [];
      }
      if (group.members.includes(user.id) === belongs) return [];
      return [{ kind: belongs ? 'addMember' : 'removeMember', groupId: group.id, memberId: user.id }];
    });
  }

  /** Evidence first, as for every change of the catalog. */
  async #commit(changes: readonly Change[], actor: AuditActor): Promise<void> {
    const { audit, catalog, clock } = this.#services;
    const snapshot = catalog.snapshot();
    const statementId = randomUUID();
    await audit.append({ kind: 'catalogChanged', actor, statementId, catalogVersion: snapshot.version, changes });
    await catalog.commit({ changes, by: snapshot.metastore.owner, statementId, at: clock.now() });
  }
}
