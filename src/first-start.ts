// The first start on an empty data directory makes the metastore administrator.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatScramVerifier, scramVerifierOf } from './base/scram-verifier.ts';
import type { LiveCatalog } from './catalog/live-catalog.ts';
import type { ServeConfig } from './config.ts';
import type { SessionLog } from './session/services.ts';

export const administratorName = 'admin';

export async function ensureAdministrator(catalog: LiveCatalog, config: ServeConfig, log: SessionLog): Promise<void> {
  if (catalog.snapshot().users().length > 0) return;
  const password = config.adminPassword ?? announcedPassword(config, log);
  const id = catalog.newId();
  await catalog.commit({
    changes: [
      {
        kind: 'createUser',
        user: {
          kind: 'user',
          id,
          name: administratorName,
          scramVerifier: formatScramVerifier(await scramVerifierOf(password)),
          attributes: {},
        },
      },
      { kind: 'setMetastoreOwner', owner: id },
    ],
    by: id,
    statementId: 'first-start',
    at: Date.now(),
  });
}

/** Shown once on a terminal; without one, left in a file that only the owner of the process can read. */
function announcedPassword(config: ServeConfig, log: SessionLog): string {
  const password = config.demo ? 'demo' : randomBytes(18).toString('base64url');
  if (config.demo) return password;
  if (process.stdout.isTTY) {
    process.stdout.write(
      `\nFirst start: user "${administratorName}" has the password ${password}\nIt is not shown again.\n\n`,
    );
    return password;
  }
  const file = join(config.dataDirectory, 'initial-admin-password');
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  log.info({ file }, 'first start: the password of user admin is in this file');
  return password;
}
