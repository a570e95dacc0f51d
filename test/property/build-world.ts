// A drawn world as statements: governed tables in schema g, the same rows without policies in raw, one schema of copies per
// user, made with the policies' hand-written meanings.
import { sqlTypes, type User, users, type World, type WorldTable } from './world.ts';

function columnsOf(table: WorldTable): string {
  return table.columns.map(({ name, type }) => `${name} ${sqlTypes[type]}`).join(', ');
}

/** TRUE of the rows the user may see. */
export function visibleCondition(table: WorldTable, user: User): string {
  const conditions = table.filters.map((filter) => `(${filter.byHand(user)})`);
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}

function visibleColumns(table: WorldTable, user: User): string {
  return table.columns.map(({ name }) => `${table.masks.get(name)?.byHand(user) ?? name} AS ${name}`).join(', ');
}

/** Tables with their rows, then the policies on them. @param rowsOf INSERT's source */
export function governed(world: World, schema: string, rowsOf: (table: WorldTable) => string): readonly string[] {
  return world.tables.flatMap((table) => {
    const name = `${schema}.${table.name}`;
    return [
      `CREATE TABLE ${name} (${columnsOf(table)})`,
      `INSERT INTO ${name} ${rowsOf(table)}`,
      ...filtersOf(table, schema),
      ...[...table.masks].map(([column, mask]) => {
        const using = mask.arguments.length === 0 ? '' : ` USING COLUMNS (${mask.arguments.join(', ')})`;
        return `ALTER TABLE ${name} ALTER COLUMN ${column} SET MASK p.m_${table.name}_${column}${using}`;
      }),
    ];
  });
}

function filtersOf(table: WorldTable, schema: string): readonly string[] {
  return table.filters.map((filter, index) => {
    return `ALTER TABLE ${schema}.${table.name} SET ROW FILTER p.f_${table.name}${String(index)} ON (${filter.arguments.join(', ')})`;
  });
}

/** The rows that the user may see. */
export function visibleRows(table: WorldTable, user: User): string {
  return `SELECT * FROM raw.${table.name} WHERE ${visibleCondition(table, user)}`;
}

/** Puts the user's hidden rows beside the visible ones. The filter is off for the moment: nobody may write what it hides. */
export function hiddenRowsLater(world: World, schema: string, user: User): readonly string[] {
  return world.tables.flatMap((table) => [
    `ALTER TABLE ${schema}.${table.name} DROP ROW FILTER`,
    `INSERT INTO ${schema}.${table.name} SELECT * FROM raw.${table.name}
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
    'CREATE SCHEMA g',
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
    `CREATE SCHEMA copy_${user}`,
    ...world.tables.map(
      (table) =>
        `CREATE TABLE copy_${user}.${table.name} AS SELECT ${visibleColumns(table, user)} FROM raw.${table.name}
         WHERE ${visibleCondition(table, user)}`,
    ),
  ]);
}
