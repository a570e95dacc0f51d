// A drawn world as statements: governed tables in schema g, the same rows without policies in raw, one schema of copies per
// user, made with the policies' hand-written meanings.
import { copyFunctions, copyThrough, routes, schemasOf, tableIn } from './routes.ts';
import { type Policy, sqlTypes, type User, users, type World, type WorldTable } from './world.ts';

function columnsOf(table: WorldTable): string {
  return table.columns.map(({ name, type }) => `${name} ${sqlTypes[type]}`).join(', ');
}

/** TRUE of the rows the user may see. */
export function visibleCondition(table: WorldTable, user: User): string {
  const conditions = table.filters.map((filter) => `(${filter.byHand(user)})`);
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}

export function visibleColumns(table: WorldTable, user: User): string {
  return table.columns.map(({ name }) => `${table.masks.get(name)?.byHand(user) ?? name} AS ${name}`).join(', ');
}

/** The schema with its tables and their rows, the policies on them, and the way to them. @param rowsOf INSERT's source */
export function governed(world: World, schema: string, rowsOf: (table: WorldTable) => string): readonly string[] {
  return [...schemasOf(schema), ...governedTables(world, schema, rowsOf), ...routes(schema, world.tables)];
}

function governedTables(world: World, schema: string, rowsOf: (table: WorldTable) => string): readonly string[] {
  return world.tables.flatMap((table) => {
    const name = tableIn(schema, table);
    return [
      `CREATE TABLE ${name} (${columnsOf(table)})`,
      `INSERT INTO ${name} ${rowsOf(table)}`,
      ...table.filters.flatMap((filter, index) =>
        filter.byTags === undefined ? [] : tagged(boundFilter(table, schema, index)),
      ),
      ...filtersOf(table, schema),
      ...[...table.masks].flatMap(([column, mask]) => {
        const fn = `p.m_${table.name}_${column}`;
        const bound = { name, fn, policy: mask, masked: column, columns: mask.arguments };
        if (mask.byTags !== undefined) return [...tagged(bound), byTags(bound)];
        const using = mask.arguments.length === 0 ? '' : ` USING COLUMNS (${mask.arguments.join(', ')})`;
        return `ALTER TABLE ${name} ALTER COLUMN ${column} SET MASK p.m_${table.name}_${column}${using}`;
      }),
    ];
  });
}

function filtersOf(table: WorldTable, schema: string): readonly string[] {
  return table.filters.map((filter, index) => {
    if (filter.byTags !== undefined) return byTags(boundFilter(table, schema, index));
    return `ALTER TABLE ${tableIn(schema, table)} SET ROW FILTER p.f_${table.name}${String(index)} ON (${filter.arguments.join(', ')})`;
  });
}

function withoutFilters(table: WorldTable, schema: string): readonly string[] {
  return table.filters.map((filter, index) => {
    const bound = boundFilter(table, schema, index);
    return filter.byTags === undefined
      ? `ALTER TABLE ${bound.name} DROP ROW FILTER`
      : `DROP POLICY ${policyPlace(bound)}`;
  });
}

interface ByTags {
  readonly name: string;
  readonly fn: string;
  readonly policy: Policy;
  readonly masked?: string;
  readonly columns: readonly string[];
}

function boundFilter(table: WorldTable, schema: string, index: number): ByTags {
  const [policy] = table.filters.slice(index);
  if (policy === undefined) throw new RangeError('no such filter');
  return {
    name: tableIn(schema, table),
    fn: `p.f_${table.name}${String(index)}`,
    policy,
    columns: policy.arguments,
  };
}

function columnsUsed({ masked, columns }: ByTags): readonly string[] {
  return [...new Set([...(masked === undefined ? [] : [masked]), ...columns])];
}

/** Tags that no other policy asks for. */
function tagged(bound: ByTags): readonly string[] {
  const { name, fn } = bound;
  return columnsUsed(bound).map(
    (column) => `ALTER TABLE ${name} ALTER COLUMN ${column} SET TAGS ('${fn} of ${name}' = '${column}')`,
  );
}

/** Name and place; the catalog's name is put in by whoever runs it. */
function policyPlace({ name, fn, policy }: ByTags): string {
  const [schema = ''] = name.split('.');
  const places = { CATALOG: 'CATALOG this_catalog', SCHEMA: `SCHEMA ${schema}`, TABLE: `TABLE ${name}` };
  return `"${fn} of ${name}" ON ${places[policy.byTags?.place ?? 'TABLE']}`;
}

/** The aliases bear the names of columns, mostly of other ones. */
function byTags(bound: ByTags): string {
  const { name, fn, policy, masked, columns } = bound;
  const used = columnsUsed(bound);
  const aliasOf = (column: string): string => ['k', 'id', 'x'][used.indexOf(column)] ?? '';
  const match = used.map((column) => `has_tag_value('${fn} of ${name}', '${column}') AS ${aliasOf(column)}`).join(', ');
  const on = masked === undefined ? '' : ` ON COLUMN ${aliasOf(masked)}`;
  const using = columns.length === 0 ? '' : ` USING COLUMNS (${columns.map(aliasOf).join(', ')})`;
  const except = policy.byTags?.except ?? '';
  return `CREATE POLICY ${policyPlace(bound)} ${masked === undefined ? 'ROW FILTER' : 'COLUMN MASK'} ${fn}
    TO ${policy.byTags?.to ?? ''}${except === '' ? '' : ` EXCEPT ${except}`} FOR TABLES MATCH COLUMNS ${match}${on}${using}`;
}

/** The rows that the user may see. */
export function visibleRows(table: WorldTable, user: User): string {
  return `SELECT * FROM raw.${table.name} WHERE ${visibleCondition(table, user)}`;
}

/** Puts the user's hidden rows beside the visible ones. The filter is off for the moment: nobody may write what it hides. */
export function hiddenRowsLater(world: World, schema: string, user: User): readonly string[] {
  return world.tables.flatMap((table) => [
    ...withoutFilters(table, schema),
    `INSERT INTO ${tableIn(schema, table)} SELECT * FROM raw.${table.name}
     WHERE NOT coalesce(${visibleCondition(table, user)}, false)`,
    ...filtersOf(table, schema),
  ]);
}

export function valuesOf(table: WorldTable): string {
  return `VALUES ${table.rows.join(', ')}`;
}

/** Everything but the governed tables. The catalog is there and current. */
export function surroundings(world: World): readonly string[] {
  return [
    'CREATE SCHEMA p',
    'CREATE SCHEMA raw',
    'CREATE TABLE p.m (who VARCHAR, item VARCHAR)',
    `INSERT INTO p.m VALUES ${world.mapping.join(', ')}`,
    ...world.tables.flatMap((table) => [
      ...table.filters.map((filter, index) => `CREATE FUNCTION p.f_${table.name}${String(index)}${filter.definition}`),
      ...[...table.masks].map(([column, mask]) => `CREATE FUNCTION p.m_${table.name}_${column}${mask.definition}`),
      `CREATE TABLE raw.${table.name} (${columnsOf(table)})`,
      `INSERT INTO raw.${table.name} ${valuesOf(table)}`,
    ]),
  ];
}

export function copies(world: World): readonly string[] {
  return users.flatMap((user) => [
    ...schemasOf(`copy_${user}`),
    ...world.tables.flatMap((table) => copyThrough(`copy_${user}`, table, visiblePart(table, user))),
    ...copyFunctions(`copy_${user}`),
  ]);
}

function visiblePart(table: WorldTable, user: User): string {
  return `SELECT ${visibleColumns(table, user)} FROM raw.${table.name} WHERE ${visibleCondition(table, user)}`;
}
