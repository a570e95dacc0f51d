// Loads the demo lakehouse through the same door a client uses, if it is not there yet.

import { administratorName } from '../first-start.ts';
import type { Session } from '../session/door.ts';
import { CatalogDoor } from '../session/login.ts';
import type { Services, SessionLog } from '../session/services.ts';
import { demoLakehouse, demoPrincipals } from './demo-statements.ts';

/** @param password of every demo user */
export async function loadDemo(services: Services, password: string, log: SessionLog): Promise<void> {
  if (services.catalog.snapshot().catalogByName('prod') !== undefined) return;
  const request = {
    user: administratorName,
    database: 'system',
    applicationName: 'portcullis demo',
    clientAddress: 'local',
    encrypted: false,
    settings: new Map(),
  };
  const session = await new CatalogDoor(services).login(request, { kind: 'scram', holds: true });
  try {
    const statements = [...demoPrincipals(password), ...demoLakehouse];
    log.info({ statements: statements.length }, 'loading the demo lakehouse');
    for (const statement of statements) await run(session, statement);
  } finally {
    await session.close();
  }
}

async function run(session: Session, text: string): Promise<void> {
  for await (const outcome of session.simpleQuery(text)) {
    if (outcome.kind === 'rows') await drain(outcome.chunks);
  }
}

async function drain(chunks: AsyncIterable<unknown>): Promise<void> {
  const rows = chunks[Symbol.asyncIterator]();
  let next = await rows.next();
  while (next.done !== true) next = await rows.next();
}
