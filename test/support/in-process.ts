// The whole product but its doors, in this process: for tests of what a session answers.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Analyzer } from '../../src/analyze/bodies.ts';
import { systemClock } from '../../src/base/clock.ts';
import { limits } from '../../src/base/limits.ts';
import { formatScramVerifier, scramVerifierOf } from '../../src/base/scram-verifier.ts';
import { LiveCatalog } from '../../src/catalog/live-catalog.ts';
import { SqliteCatalogStore } from '../../src/catalog/sqlite-store.ts';
import { CatalogEngine } from '../../src/clients/catalog-engine.ts';
import { DuckDbEngine } from '../../src/engine/duckdb-engine.ts';
import { LineageStore } from '../../src/lineage/lineage-store.ts';
import { Rewriter } from '../../src/rewrite/rewrite.ts';
import { Admission } from '../../src/session/admission.ts';
import { ChangePlans } from '../../src/session/change-plans.ts';
import type { Session } from '../../src/session/door.ts';
import { HeldBytes } from '../../src/session/held-bytes.ts';
import { CatalogDoor } from '../../src/session/login.ts';
import { OpenSessions } from '../../src/session/open-sessions.ts';
import { PlanCache } from '../../src/session/plan-query.ts';
import type { Services } from '../../src/session/services.ts';
import type { SqlType, SqlValue } from '../../src/sql/sql-type.ts';
import { RecordingAudit } from './recording-audit.ts';

export interface InProcess {
  readonly services: Services;
  readonly audit: RecordingAudit;
  as(user: string, database?: string): Promise<TestSession>;
  close(): Promise<void>;
}

export interface TestResult {
  readonly columns: readonly string[];
  readonly types: readonly SqlType[];
  readonly rows: readonly (readonly SqlValue[])[];
  readonly tag: string;
}

/** One session, answering with whole results. */
export class TestSession {
  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  /** The last statement's result. */
  async run(sql: string): Promise<TestResult> {
    let last: TestResult = { columns: [], types: [], rows: [], tag: '' };
    try {
      for await (const outcome of this.session.simpleQuery(sql)) {
        if (outcome.kind !== 'rows') {
          last = { columns: [], types: [], rows: [], tag: outcome.kind === 'done' ? outcome.tag : '' };
          continue;
        }
        const rows: SqlValue[][] = [];
        for await (const chunk of outcome.chunks) {
          for (let row = 0; row < chunk.rowCount; row += 1)
            rows.push(chunk.columns.map((column) => column[row] ?? null));
        }
        last = {
          columns: outcome.columns.map((column) => column.name),
          types: outcome.columns.map((column) => column.type),
          rows,
          tag: outcome.tag() ?? '',
        };
      }
      return last;
    } catch (error) {
      this.session.failed(error as never);
      throw error;
    }
  }

  async rows(sql: string): Promise<readonly (readonly SqlValue[])[]> {
    return (await this.run(sql)).rows;
  }
}

/** @param administrator the metastore administrator's name; passwords are `secret` */
export async function startInProcess(administrator = 'admin', statementTimeoutMs = 0): Promise<InProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-test-'));
  const engine = await DuckDbEngine.open({ dataDirectory: directory, memoryLimit: '1GB', threads: 2 });
  const catalog = await LiveCatalog.open({
    store: await SqliteCatalogStore.open(join(directory, 'catalog.db')),
    recover: () => Promise.resolve(false),
  });
  const id = catalog.newId();
  const scramVerifier = formatScramVerifier(await scramVerifierOf('secret'));
  await catalog.commit({
    changes: [
      { kind: 'createUser', user: { kind: 'user', id, name: administrator, scramVerifier, attributes: {} } },
      { kind: 'setMetastoreOwner', owner: id },
    ],
    by: id,
    statementId: 'test',
    at: 0,
  });
  const audit = new RecordingAudit();
  const lineage = LineageStore.open(join(directory, 'lineage.db'), () => undefined);
  const analyzer = new Analyzer(engine.codec);
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const services: Services = {
    catalog,
    engine,
    codec: engine.codec,
    analyzer,
    rewriter: new Rewriter(engine.codec, analyzer),
    audit,
    lineage,
    // Made by npm run build.
    catalogs: new CatalogEngine('dist/app/clients/postgres-image.tar.gz'),
    admission: new Admission(4, 100),
    plans: new PlanCache(),
    held: new HeldBytes(limits.allHeldBytesMax),
    changePlans: new ChangePlans(),
    clock: systemClock,
    log: silent,
    resultLimits: { rows: 0, bytes: 0 },
    statementTimeoutMs,
    idleTimeouts: { sessionMs: 0, inTransactionMs: 0 },
    sessions: new OpenSessions(),
  };
  const door = new CatalogDoor(services);
  const sessions: Session[] = [];
  return {
    services,
    audit,
    as: async (user, database = 'system') => {
      const session = await door.login(
        {
          user,
          database,
          applicationName: 'test',
          clientAddress: '127.0.0.1',
          encrypted: false,
          settings: new Map(),
        },
        { kind: 'scram', holds: true },
      );
      sessions.push(session);
      return new TestSession(session);
    },
    close: async () => {
      for (const session of sessions) await session.close();
      await catalog.close();
      lineage.close();
      engine.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
