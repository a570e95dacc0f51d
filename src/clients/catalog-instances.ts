// Embedded PostgreSQL servers, one for each class of users who may know the same. Runs in the worker.
import { readFileSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { LRUCache } from 'lru-cache';
import { quoteLiteral } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import type { CatalogAnswer, CatalogQuestion, CatalogRefusal, CatalogReply } from './catalog-protocol.ts';
import { bindAndExecute, type Exchange, parseAndDescribe, readExchange } from './postgres-messages.ts';
import { postgresName as name } from './postgres-type.ts';
import { classRole, type ShadowSchema } from './shadow-schema.ts';

/** A server for one reader at a time needs little. The image was made with these, so that it starts with them. */
export const startParams: readonly string[] = [
  ...PGlite.defaultStartParams,
  ...['shared_buffers=2MB', 'max_connections=4', 'wal_buffers=64kB', 'log_min_messages=fatal'].flatMap((each) => [
    '-c',
    each,
  ]),
];

interface Instance {
  readonly server: PGlite;
  readonly users: Set<string>;
}

/** Types that have no binary format: aclitem and arrays of it. */
const textOnlyOids: ReadonlySet<number> = new Set([1033, 1034]);

export class CatalogInstances {
  readonly #image: string;
  readonly #instances: LRUCache<string, Promise<Instance>>;

  /** @param image the file that scripts/build.mjs makes */
  constructor(image: string) {
    this.#image = image;
    this.#instances = new LRUCache({
      max: limits.catalogClassesMax,
      dispose: (instance) => {
        void instance.then(({ server }) => server.close()).catch(() => undefined);
      },
    });
  }

  /** One at a time: an instance has one backend. */
  async ask(question: CatalogQuestion): Promise<CatalogReply> {
    const instance = await this.#instanceOf(question);
    if (instance === undefined) return { id: question.id, unknownSchema: true };
    await enter(instance, question);
    try {
      return await answered(instance.server, question);
    } finally {
      await instance.server.exec('ROLLBACK; RESET SESSION AUTHORIZATION');
    }
  }

  async #instanceOf({ schemaKey, schema }: CatalogQuestion): Promise<Instance | undefined> {
    const known = this.#instances.get(schemaKey);
    if (known !== undefined) return known;
    if (schema === undefined) return undefined;
    const made = this.#make(schema);
    this.#instances.set(schemaKey, made);
    try {
      return await made;
    } catch (error) {
      this.#instances.delete(schemaKey);
      throw error;
    }
  }

  async #make(schema: ShadowSchema): Promise<Instance> {
    const loadDataDir = new Blob([readFileSync(this.#image)], { type: 'application/gzip' });
    const server = await PGlite.create({ loadDataDir, startParams: [...startParams], database: 'postgres' });
    await server.exec(databaseDefinitions(schema));
    try {
      await server.exec(['BEGIN', ...schema.definitions, 'COMMIT'].join(';\n'));
    } catch {
      // Something in it is no PostgreSQL (a name that is too long, say): everything else is there.
      await server.exec('ROLLBACK');
      for (const definition of schema.definitions) await server.exec(definition).catch(() => undefined);
    }
    return { server, users: new Set() };
  }
}

function databaseDefinitions({ database, databases, roles }: ShadowSchema): string {
  const others = databases.filter((each) => each !== database && each !== 'postgres');
  return [
    `CREATE ROLE ${name(classRole)}`,
    ...roles.map((role) => `CREATE ROLE ${name(role)}`),
    // Settings are the session's, which this is not: clients that set one with a query are told that it is so. The function itself
    // could set the role.
    'ALTER FUNCTION pg_catalog.set_config(text, text, boolean) RENAME TO portcullis_set_config',
    'REVOKE EXECUTE ON FUNCTION pg_catalog.portcullis_set_config(text, text, boolean) FROM PUBLIC',
    'CREATE FUNCTION pg_catalog.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT $2 $$',
    // Empty, and read by pg_dump.
    `GRANT SELECT ON pg_subscription TO ${name(classRole)}`,
    'REVOKE ALL ON SCHEMA public FROM PUBLIC',
    'DROP SCHEMA public',
    `UPDATE pg_database SET datname = ${quoteLiteral(database)} WHERE datname = current_database()`,
    ...others.map(
      (other) => `INSERT INTO pg_database SELECT (100000 + (SELECT count(*) FROM pg_database))::oid,
        ${quoteLiteral(other)}, d.datdba, d.encoding, d.datlocprovider, d.datistemplate, d.datallowconn, d.dathasloginevt,
        d.datconnlimit, d.datfrozenxid, d.datminmxid, d.dattablespace, d.datcollate, d.datctype, d.datlocale,
        d.daticurules, d.datcollversion, d.datacl FROM pg_database d WHERE d.datname = ${quoteLiteral(database)}`,
    ),
  ].join(';\n');
}

/** Begins a transaction that writes nothing, as the user. */
async function enter({ server, users }: Instance, { user, searchPath }: CatalogQuestion): Promise<void> {
  if (!users.has(user)) {
    if (users.size >= limits.catalogUsersMax) users.clear();
    await server.exec(
      `DO $do$ BEGIN CREATE ROLE ${name(user)} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $do$;
       GRANT ${name(classRole)} TO ${name(user)}`,
    );
    users.add(user);
  }
  const path = searchPath.map((schema) => name(schema)).join(', ');
  await server.exec(
    [
      'BEGIN READ ONLY',
      `SET LOCAL search_path TO ${path === '' ? 'pg_catalog' : path}`,
      `SET LOCAL statement_timeout TO ${String(limits.catalogQueryTimeoutMs)}`,
      `SET SESSION AUTHORIZATION ${name(user)}`,
    ].join('; '),
  );
}

async function answered(server: PGlite, question: CatalogQuestion): Promise<CatalogReply> {
  const { id, text, parameters } = question;
  const described = await exchange(server, parseAndDescribe(text, question.parameterOids));
  if (described.refusal !== undefined) return { id, refusal: described.refusal };
  const { parameterOids, columns } = described;
  const reads = await readsData(server, text);
  if (typeof reads !== 'boolean') return { id, refusal: { ...reads, position: undefined } };
  if (reads) return { id, readsData: true };
  const nothing: CatalogAnswer = { parameterOids, columns, text: [], binary: [] };
  if (parameters === undefined || columns === undefined) return { id, answer: nothing };
  const inText = await run(
    server,
    question,
    columns.map(() => 0),
  );
  if (inText.refusal !== undefined) return { id, refusal: inText.refusal };
  const formats = columns.map(({ oid }) => (textOnlyOids.has(oid) ? 0 : 1));
  const inBinary = await run(server, question, formats);
  if (inBinary.refusal !== undefined) return { id, refusal: inBinary.refusal };
  return { id, answer: { ...nothing, text: inText.rows, binary: inBinary.rows } };
}

async function run(
  server: PGlite,
  { text, parameterOids, parameters }: CatalogQuestion,
  formats: readonly number[],
): Promise<Exchange> {
  const parsed = await exchange(server, parseAndDescribe(text, parameterOids));
  if (parsed.refusal !== undefined) return parsed;
  return exchange(server, bindAndExecute(parameters ?? [], formats, limits.catalogRowsMax));
}

async function exchange(server: PGlite, bytes: Buffer): Promise<Exchange> {
  return readExchange(await server.execProtocolRaw(bytes));
}

/** The tables here are empty: an answer from them would be a wrong one. PostgreSQL's own plan says what is read. */
async function readsData(server: PGlite, text: string): Promise<boolean | CatalogRefusal> {
  const plan = await exchange(server, parseAndDescribe(`EXPLAIN (GENERIC_PLAN, VERBOSE, FORMAT JSON) ${text}`, []));
  if (plan.refusal !== undefined) return plan.refusal;
  // The plan is a generic one: values do not matter, but there must be as many as parameters.
  const unset = plan.parameterOids.map(() => null);
  const { rows, refusal } = await exchange(server, bindAndExecute(unset, [0], 0));
  if (refusal !== undefined) return refusal;
  const json = rows.map(([line]) => Buffer.from(line ?? []).toString()).join('');
  return schemasIn(JSON.parse(json)).some((schema) => !ownSchemas.has(schema));
}

const ownSchemas: ReadonlySet<string> = new Set(['pg_catalog', 'information_schema', 'pg_toast']);

function schemasIn(plan: unknown): readonly string[] {
  if (Array.isArray(plan)) return plan.flatMap(schemasIn);
  if (typeof plan !== 'object' || plan === null) return [];
  return Object.entries(plan).flatMap(([key, value]) =>
    key === 'Schema' && typeof value === 'string' ? [value] : schemasIn(value),
  );
}
