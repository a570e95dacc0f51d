// Wires the parts of a server together; main.ts starts it.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Analyzer } from './analyze/bodies.ts';
import { openAuditLog } from './audit/audit-log.ts';
import type { AuditLog } from './audit/event.ts';
import { systemClock } from './base/clock.ts';
import { limits } from './base/limits.ts';
import { LiveCatalog } from './catalog/live-catalog.ts';
import { SqliteCatalogStore } from './catalog/sqlite-store.ts';
import { checkBarrier } from './check-barrier.ts';
import { CatalogEngine } from './clients/catalog-engine.ts';
import type { ServeConfig } from './config.ts';
import { DuckDbEngine } from './engine/duckdb-engine.ts';
import { ensureAdministrator } from './first-start.ts';
import { startHttpServer } from './http/server.ts';
import { LineageStore } from './lineage/lineage-store.ts';
import { Rewriter } from './rewrite/rewrite.ts';
import { Admission } from './session/admission.ts';
import { ChangePlans } from './session/change-plans.ts';
import { HeldBytes } from './session/held-bytes.ts';
import { CatalogDoor } from './session/login.ts';
import { openLoginSecret } from './session/login-secret.ts';
import { MemoryWatch } from './session/memory-watch.ts';
import { OpenSessions } from './session/open-sessions.ts';
import { PlanCache } from './session/plan-query.ts';
import { reclaim } from './session/reclaim.ts';
import type { Services, SessionLog } from './session/services.ts';
import { startWireServer } from './wire/server.ts';
import { TlsIdentity } from './wire/tls-identity.ts';

export interface RunningServer {
  readonly pgPort: number;
  readonly httpPort: number;
  readonly services: Services;
  /** Reads the TLS certificate and key again, for new connections; undefined when TLS is not offered. */
  readonly reload: (() => void) | undefined;
  close(): Promise<void>;
}

/** Steps of the commit protocol at which a test may stop the process. */
export type CommitStepHook = (step: string) => void;

export interface ServerHooks {
  readonly onCommitStep?: CommitStepHook | undefined;
  /** The engine has failed for good: this process can only end, as after a crash. */
  readonly onEngineLost?: ((error: unknown) => void) | undefined;
}

/** @throws SqlError or Error when the server cannot start; nothing is left listening then */
export async function startServer(
  config: ServeConfig,
  log: SessionLog,
  hooks: ServerHooks = {},
): Promise<RunningServer> {
  const engine = await DuckDbEngine.open({
    dataDirectory: config.dataDirectory,
    memoryLimit: config.memoryLimit,
    tempLimit: config.tempLimit,
    threads: config.threads,
    onLost: hooks.onEngineLost ?? (() => undefined),
  });
  const audit = await openAuditLog({
    directory: join(config.dataDirectory, 'audit'),
    keyDirectory: join(config.dataDirectory, 'keys'),
    clock: systemClock,
    log,
  });
  const catalog = await openCatalog({ config, engine, log, onStep: hooks.onCommitStep });
  await attachCatalogs(engine, catalog, log);
  await ensureAdministrator(catalog, config, log);
  await checkBarrier(engine);
  const services = servicesOf({ config, engine, audit, catalog, log });
  return listen(config, services, { log, audit, onExhausted: hooks.onEngineLost });
}

interface CatalogParts {
  readonly config: ServeConfig;
  readonly engine: DuckDbEngine;
  readonly log: SessionLog;
  readonly onStep: CommitStepHook | undefined;
}

async function openCatalog({ config, engine, log, onStep }: CatalogParts): Promise<LiveCatalog> {
  const store = await SqliteCatalogStore.open(join(config.dataDirectory, 'catalog.db'));
  return LiveCatalog.open({
    store,
    // A change whose data were committed holds, one whose data were not never happened.
    recover: async ({ id, catalogId }) => {
      if (catalogId === undefined || !existsSync(engine.fileOf(catalogId))) return false;
      await engine.attach(catalogId);
      return engine.isApplied(catalogId, id);
    },
    onUnsettled: (error) => {
      log.error({ err: error }, 'a committed catalog change could not be marked so; the next start will');
    },
    ...(onStep === undefined ? {} : { onStep }),
  });
}

/** Every catalog's file is opened once; files and tables that no catalog entry names are removed. */
async function attachCatalogs(engine: DuckDbEngine, catalog: LiveCatalog, log: SessionLog): Promise<void> {
  const snapshot = catalog.snapshot();
  sweepFiles(engine.catalogDirectory, new Set(snapshot.catalogs().map((each) => each.id)));
  for (const { id, name } of snapshot.catalogs()) {
    await engine.attach(id);
    const wanted = new Set(
      snapshot.schemasOf(id).flatMap((schema) => snapshot.relationsOf(schema.id).map((each) => each.id)),
    );
    const present = new Set(await engine.tablesOf(id));
    const tables = [...present].filter((tableId) => !wanted.has(tableId)).toSorted((a, b) => Number(b) - Number(a));
    await reclaim({ engine, log }, { catalogs: [], tables: tables.map((tableId) => ({ catalogId: id, tableId })) });
    for (const schema of snapshot.schemasOf(id)) {
      for (const relation of snapshot.relationsOf(schema.id)) {
        if (relation.kind === 'table' && !present.has(relation.id)) {
          log.error({ table: snapshot.nameOf(relation.id).join('.') }, 'data of a table are missing');
        }
      }
    }
    log.info({ catalog: name }, 'catalog attached');
  }
}

/** Files of dropped catalogs, swept before anything is attached. */
function sweepFiles(directory: string, wanted: ReadonlySet<string>): void {
  if (!existsSync(directory)) return;
  for (const file of readdirSync(directory)) {
    const id = /^c_(\d+)\.duckdb/.exec(file)?.[1];
    if (id !== undefined && !wanted.has(id)) rmSync(join(directory, file));
  }
}

interface Parts {
  readonly config: ServeConfig;
  readonly engine: DuckDbEngine;
  readonly audit: AuditLog;
  readonly catalog: LiveCatalog;
  readonly log: SessionLog;
}

function servicesOf({ config, engine, audit, catalog, log }: Parts): Services {
  const analyzer = new Analyzer(engine.codec);
  return {
    catalog,
    engine,
    codec: engine.codec,
    analyzer,
    rewriter: new Rewriter(engine.codec, analyzer),
    audit,
    lineage: LineageStore.open(join(config.dataDirectory, 'lineage.db'), (error) => {
      log.error({ err: error }, 'reads could not be written to the lineage');
    }),
    catalogs: new CatalogEngine(fileURLToPath(new URL('./clients/postgres-image.tar.gz', import.meta.url))),
    admission: new Admission(config.maxRunningQueries, limits.waitingStatementsMax),
    plans: new PlanCache(),
    held: new HeldBytes(limits.allHeldBytesMax),
    changePlans: new ChangePlans(),
    clock: systemClock,
    log,
    resultLimits: config.resultLimits,
    statementTimeoutMs: config.statementTimeoutMs,
    idleTimeouts: config.idleTimeouts,
    sessions: new OpenSessions(),
  };
}

async function listen(
  config: ServeConfig,
  services: Services,
  {
    log,
    audit,
    onExhausted,
  }: {
    readonly log: SessionLog;
    readonly audit: AuditLog;
    readonly onExhausted: ServerHooks['onEngineLost'];
  },
): Promise<RunningServer> {
  const watch = new MemoryWatch(services.admission, {
    limitBytes: config.residentLimitBytes,
    log,
    residentBytes: () => process.memoryUsage.rss(),
    ...(onExhausted === undefined ? {} : { onExhausted }),
  });
  watch.start();
  const door = new CatalogDoor(services, {
    mockSecret: openLoginSecret(join(config.dataDirectory, 'keys')),
    asksForSecrets: config.asksForSecrets,
    oidc: config.oidc,
    sessionsPerUserMax: config.connectionsPerUserMax,
  });
  const tls = config.tls === undefined ? undefined : new TlsIdentity(config.tls);
  const { host, pgPort, requireTls } = config;
  const { connectionsMax, authenticationTimeoutMs } = config;
  const wire = await startWireServer({
    door,
    host,
    port: pgPort,
    log,
    tls,
    requireTls,
    connectionsMax,
    authenticationTimeoutMs,
  });
  const http = await startHttpServer({ host: config.host, port: config.httpPort, door });
  return {
    pgPort: wire.port,
    httpPort: http.port,
    services,
    reload: tls === undefined ? undefined : () => tls.reload(),
    close: async () => {
      watch.stop();
      await wire.close();
      await http.close();
      await services.catalogs.close();
      await services.catalog.close();
      services.lineage.close();
      services.engine.close();
      await audit.close();
    },
  };
}
