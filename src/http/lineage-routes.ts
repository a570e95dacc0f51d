// GET /api/2.0/lineage-tracking/{table,column}-lineage, as Unity Catalog has it (Data Lineage API 2.0): the client's own login asks
// system.access, so that it learns what it may know, and the question is in the audit log like any query.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SqlError } from '../base/sql-error.ts';
import type { Door, Session } from '../session/door.ts';
import type { SqlValue } from '../sql/sql-type.ts';

/** What an HTTP status says of an SQLSTATE. */
const statuses: readonly (readonly [sqlState: string, status: number])[] = [
  ['28', 401],
  ['42501', 403],
  ['42P01', 404],
  ['42703', 404],
  ['3D000', 404],
  ['53', 503],
  ['42', 400],
  ['22', 400],
];

export function lineageRoutes(server: FastifyInstance, door: Door): void {
  const answer = (path: string, ask: (session: Session, parameters: Parameters) => Promise<unknown>): void => {
    server.get(path, async (request, reply) => {
      try {
        const parameters = parametersOf(request);
        const session = await sessionOf(door, request);
        try {
          return await ask(session, parameters);
        } finally {
          await session.close();
        }
      } catch (error) {
        if (!(error instanceof SqlError)) throw error;
        const status = statuses.find(([prefix]) => error.sqlState.startsWith(prefix))?.[1] ?? 500;
        if (status === 401) void reply.header('www-authenticate', 'Basic realm="portcullis", Bearer');
        return reply.code(status).send({ error_code: error.sqlState, message: error.message, hint: error.hint });
      }
    });
  };
  answer('/api/2.0/lineage-tracking/table-lineage', tableLineage);
  answer('/api/2.0/lineage-tracking/column-lineage', columnLineage);
}

interface Parameters {
  readonly table: readonly [catalog: string, schema: string, name: string];
  readonly column: string | undefined;
}

/** In the query string, or in a JSON body, as the product's examples have them. */
function parametersOf(request: FastifyRequest): Parameters {
  const query = fieldsOf(request.query);
  const body = fieldsOf(request.body);
  const table = query.get('table_name') ?? body.get('table_name');
  const [catalog, schema, name, ...others] = (table ?? '').split('.');
  if (catalog === undefined || schema === undefined || name === undefined || others.length > 0) {
    throw new SqlError('invalidParameterValue', 'table_name must be catalog.schema.table');
  }
  return { table: [catalog, schema, name], column: query.get('column_name') ?? body.get('column_name') };
}

function fieldsOf(value: unknown): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null) return new Map();
  return new Map(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

async function sessionOf(door: Door, request: FastifyRequest): Promise<Session> {
  if (!isLoopback(request.ip)) {
    throw new SqlError('invalidAuthorization', 'passwords and tokens are taken from this machine only', {
      hint: 'Put a proxy with TLS in front of this port, on the same machine.',
    });
  }
  const { user, secret } = await loginOf(door, request.headers.authorization);
  const login = {
    user,
    database: 'system',
    applicationName: request.headers['user-agent'] ?? 'http',
    clientAddress: request.ip,
    encrypted: true,
    settings: new Map<string, string>(),
  };
  return door.login(login, { kind: 'secret', secret });
}

/** What is sent in clear text may not cross a network. */
function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

/** Basic: user and password or token. Bearer: a token, which names its user. */
async function loginOf(
  door: Door,
  header: string | undefined,
): Promise<{ readonly user: string; readonly secret: string }> {
  const [scheme = '', credentials = ''] = (header ?? '').split(' ');
  if (scheme.toLowerCase() === 'basic') {
    const text = Buffer.from(credentials, 'base64').toString('utf8');
    const at = text.indexOf(':');
    if (at > 0) return { user: text.slice(0, at), secret: text.slice(at + 1) };
  }
  if (scheme.toLowerCase() === 'bearer' && credentials !== '') {
    // Of a token that is nobody's the login fails, and is in the audit log.
    return { user: (await door.userOfToken(credentials)) ?? '', secret: credentials };
  }
  throw new SqlError('invalidPassword', 'log in with HTTP basic authentication or a bearer token');
}

const ends = ['full_name', 'catalog', 'schema', 'name'] as const;

function endColumns(side: 'source' | 'target'): string {
  return ends.map((part) => `${side}_table_${part}`).join(', ');
}

async function tableLineage(session: Session, { table }: Parameters): Promise<unknown> {
  const side = async (near: 'source' | 'target', far: 'source' | 'target'): Promise<readonly unknown[]> => {
    const rows = await rowsOf(
      session,
      `SELECT DISTINCT ${endColumns(far)}, ${far}_type FROM system.access.table_lineage
       WHERE ${nearCondition(near)} AND ${far}_type IS NOT NULL ORDER BY ALL`,
      table,
    );
    return rows.map(([, catalog, schema, name, type]) => ({
      tableInfo: { name, catalog_name: catalog, schema_name: schema, table_type: type },
    }));
  };
  return { upstreams: await side('target', 'source'), downstreams: await side('source', 'target') };
}

async function columnLineage(session: Session, { table, column }: Parameters): Promise<unknown> {
  if (column === undefined) throw new SqlError('invalidParameterValue', 'column_name is missing');
  const side = async (near: 'source' | 'target', far: 'source' | 'target'): Promise<readonly unknown[]> => {
    const rows = await rowsOf(
      session,
      `SELECT DISTINCT ${endColumns(far)}, ${far}_type, ${far}_column_name FROM system.access.column_lineage
       WHERE ${nearCondition(near)} AND lower(${near}_column_name) = lower($4) AND is_value AND ${far}_type IS NOT NULL ORDER BY ALL`,
      [...table, column],
    );
    return rows.map(([, catalog, schema, name, type, columnName]) => ({
      name: columnName,
      catalog_name: catalog,
      schema_name: schema,
      table_name: name,
      table_type: type,
    }));
  };
  return { upstream_cols: await side('target', 'source'), downstream_cols: await side('source', 'target') };
}

function nearCondition(near: 'source' | 'target'): string {
  const parts = ['catalog', 'schema', 'name'];
  return parts.map((part, at) => `lower(${near}_table_${part}) = lower($${String(at + 1)})`).join(' AND ');
}

async function rowsOf(
  session: Session,
  sql: string,
  values: readonly string[],
): Promise<readonly (readonly SqlValue[])[]> {
  await session.parse('', sql, []);
  await session.bind(
    '',
    '',
    values.map((value) => ({ type: { id: 'VARCHAR' }, value })),
  );
  const outcome = await session.execute('', 0);
  const rows: SqlValue[][] = [];
  if (outcome.kind === 'rows') {
    for await (const { rowCount, columns } of outcome.chunks) {
      for (let row = 0; row < rowCount; row += 1) rows.push(columns.map((column) => column[row] ?? null));
    }
  }
  await session.sync();
  return rows;
}
