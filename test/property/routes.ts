// How the readers of a drawn world reach its tables: the table itself, some of its columns, a view (of a view, of a table function),
// and functions that read tables. The names that queries mention stay the same, so the same query runs over the copies.
import type { Draw } from './draw.ts';
import { type Route, sqlTypes, type ViewRoute, type WorldColumn, type WorldTable } from './world-parts.ts';

/** How readers may have to reach a table: itself, as a whole; some of its columns; or through views, too. */
export type Routes = 'direct' | 'columns' | 'all';

const direct: Route = {};

export function drawRoute(draw: Draw, columns: readonly WorldColumn[], routes: Routes): Route {
  switch (routes) {
    case 'direct':
      return direct;
    case 'columns':
      return draw.once(3) ? drawColumns(draw, columns, new Set(['id'])) : direct;
    case 'all':
      return draw.way<Route>(
        () => direct,
        () => direct,
        () => drawColumns(draw, columns, always),
        () => ({ view: drawView(draw) }),
        () => ({ view: drawView(draw) }),
      );
  }
}

function drawColumns(draw: Draw, columns: readonly WorldColumn[], kept: ReadonlySet<string>): Route {
  const others = columns.filter(({ name }) => !kept.has(name));
  const drawn = draw.some(others, others.length);
  return { granted: columns.filter((column) => kept.has(column.name) || drawn.includes(column)) };
}

/** The queries name these outright. */
const always: ReadonlySet<string> = new Set(['id', 'k', 'x']);

function drawView(draw: Draw): ViewRoute {
  const over = draw.pick(['table', 'table', 'view', 'function'] as const);
  return draw.way<ViewRoute>(
    () => ({ over, body: (from) => `SELECT * FROM ${from}` }),
    () => ({ over, body: (from) => `SELECT * FROM ${from} WHERE id > 2` }),
    () => ({ over, body: (from) => `SELECT b.* FROM ${from} AS b WHERE b.k IS DISTINCT FROM 'a'` }),
    () => ({ over, body: (from) => `SELECT * FROM ${from} WHERE k IN (SELECT item FROM p.m)` }),
    () => ({
      over,
      body: (from) =>
        `SELECT b.* FROM ${from} AS b WHERE EXISTS (SELECT 1 FROM p.m WHERE m.item = b.k AND m.who <> 'bob')`,
    }),
    () => ({ over, body: (from) => `SELECT DISTINCT * FROM ${from}` }),
    () => ({ over, body: (from) => `SELECT * REPLACE (lower(k) AS k) FROM ${from}` }),
    () => ({
      over,
      body: (from) =>
        `SELECT a.* FROM ${from} a WHERE a.id = (SELECT max(b.id) FROM ${from} b WHERE b.k IS NOT DISTINCT FROM a.k)`,
    }),
    () => ({ over, body: (from) => `SELECT * FROM ${from} UNION SELECT * FROM ${from} WHERE id < 5` }),
    () => ({
      over,
      mayFail: true,
      body: (from) => `SELECT * REPLACE (CAST(CAST(x AS INTEGER) AS VARCHAR) AS x) FROM ${from}`,
    }),
    () => ({ over, mayFail: true, body: (from) => `SELECT * FROM ${from} WHERE CAST(x AS INTEGER) < 300` }),
  );
}

/** The columns that queries may mention. */
export function readableColumns(table: WorldTable): readonly WorldColumn[] {
  return table.route.granted ?? table.columns;
}

/** The governed table itself. Behind a view it is in a schema that nobody may read. */
export function tableIn(schema: string, table: WorldTable): string {
  return table.route.view === undefined ? `${schema}.${table.name}` : `${schema}_base.${table.name}`;
}

export function schemasOf(schema: string): readonly string[] {
  return [`CREATE SCHEMA ${schema}`, `CREATE SCHEMA ${schema}_base`];
}

/** Views, functions and grants, once the tables are there. */
export function routes(schema: string, tables: readonly WorldTable[]): readonly string[] {
  return [
    `GRANT USE SCHEMA, EXECUTE ON SCHEMA ${schema} TO readers`,
    ...tables.flatMap((table) => [...viewOf(schema, table), grantOn(schema, table)]),
    ...functionsIn(schema),
  ];
}

function viewOf(schema: string, table: WorldTable): readonly string[] {
  const { view } = table.route;
  if (view === undefined) return [];
  const base = tableIn(schema, table);
  const between = `${schema}_base.between_${table.name}`;
  const create = `CREATE VIEW ${schema}.${table.name} AS`;
  switch (view.over) {
    case 'table':
      return [`${create} ${view.body(base)}`];
    case 'view':
      return [`CREATE VIEW ${between} AS SELECT * FROM ${base}`, `${create} ${view.body(between)}`];
    case 'function': {
      const columns = table.columns.map(({ name, type }) => `${name} ${sqlTypes[type]}`).join(', ');
      const names = table.columns.map(({ name }) => name).join(', ');
      return [
        `CREATE FUNCTION ${between}() RETURNS TABLE (${columns}) RETURN SELECT ${names} FROM ${base}`,
        `${create} ${view.body(`${between}()`)}`,
      ];
    }
  }
}

function grantOn(schema: string, { name, route }: WorldTable): string {
  if (route.view !== undefined) return `GRANT SELECT ON VIEW ${schema}.${name} TO readers`;
  const columns = route.granted === undefined ? '' : ` (${route.granted.map((column) => column.name).join(', ')})`;
  return `GRANT SELECT${columns} ON TABLE ${schema}.${name} TO readers`;
}

/** What queries call: one of a value alone, one that reads a table as its owner may. */
function functionsIn(schema: string): readonly string[] {
  return [
    `CREATE FUNCTION ${schema}.shout(a VARCHAR) RETURNS VARCHAR RETURN upper(a) || '!'`,
    `CREATE FUNCTION ${schema}.same_k(a VARCHAR) RETURNS BIGINT RETURN (SELECT count(*) FROM ${schema}.u WHERE u.k = a)`,
    `CREATE FUNCTION ${schema}.code(a VARCHAR) RETURNS INTEGER RETURN CAST(a AS INTEGER)`,
  ];
}

/** A copy of what the user sees, by the same name. @param visible the query that makes the copy of the table's visible part */
export function copyThrough(schema: string, table: WorldTable, visible: string): readonly string[] {
  const { view, granted } = table.route;
  const name = `${schema}.${table.name}`;
  if (view?.mayFail === true) {
    const base = `${schema}_base.${table.name}`;
    return [
      `CREATE TABLE ${base} AS ${visible}`,
      `CREATE VIEW ${name} AS ${view.body(base)}`,
      `GRANT SELECT ON VIEW ${name} TO readers`,
    ];
  }
  const columns = granted === undefined ? '*' : granted.map((column) => column.name).join(', ');
  const source = view === undefined ? `SELECT ${columns} FROM v` : view.body('v');
  return [`CREATE TABLE ${name} AS WITH v AS (${visible}) ${source}`, `GRANT SELECT ON TABLE ${name} TO readers`];
}

export function copyFunctions(schema: string): readonly string[] {
  return [`GRANT USE SCHEMA, EXECUTE ON SCHEMA ${schema} TO readers`, ...functionsIn(schema)];
}
