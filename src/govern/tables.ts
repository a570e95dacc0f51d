// CREATE TABLE, with columns or AS a query.
import { alterObject, createTable as mayCreateTable } from '../authorize/rules.ts';
import { displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Change } from '../catalog/change.ts';
import type { Column, Schema, Table } from '../catalog/securable.ts';
import type { ShellStatement } from '../parse/statement.ts';
import { refuseMaskedReads } from '../rewrite/masked-values.ts';
import { createTableDdl } from '../rewrite/physical-ddl.ts';
import { insertQuery } from '../rewrite/physical-writes.ts';
import { created } from './containers.ts';
import type { GovernEnvironment, Governed, NamedType, PhysicalWork } from './environment.ts';
import { homeFor, touched } from './find.ts';
import { filterOf, maskOf } from './policies.ts';
import { type QueryParts, queryParts } from './query-parts.ts';
import { keptConstraints, physicalConstraints, physicalDefault } from './table-constraints.ts';
import { canonicalType } from './types.ts';
import { queryWritten } from './written-lineage.ts';

export type CreateTable = Extract<ShellStatement, { kind: 'createTable' }>;

export async function createTable(environment: GovernEnvironment, statement: CreateTable): Promise<Governed> {
  const { schema, name } = homeFor(environment, statement.name);
  mayCreateTable(environment.access, schema);
  const tag = statement.as === undefined ? 'CREATE TABLE' : 'SELECT';
  const known = environment.snapshot.relationByName(schema.id, name);
  const shown = displayName([...environment.snapshot.nameOf(schema.id), name]);
  if (known !== undefined && !statement.orReplace) {
    if (statement.ifNotExists)
      return { tag: 'CREATE TABLE', notice: `${known.kind} ${shown} already exists, skipping` };
    throw new SqlError('duplicateTable', `${known.kind} ${shown} already exists`, { position: statement.name.offset });
  }
  if (known?.kind === 'view') throw new SqlError('wrongObjectType', `${shown} is a view`);
  if (known !== undefined) alterObject(environment.access, known);
  const home: Home = { schema, name, replaces: known };
  return statement.as === undefined
    ? fromColumns(environment, statement, home)
    : { ...(await fromQuery(environment, { ...statement, as: statement.as }, home)), tag };
}

interface Home {
  readonly schema: Schema;
  readonly name: string;
  readonly replaces: Table | undefined;
}

function catalogIdOf(schema: Schema): string {
  return schema.catalogId;
}

async function fromColumns(environment: GovernEnvironment, statement: CreateTable, home: Home): Promise<Governed> {
  if (statement.columns.length === 0) throw new SqlError('syntaxError', 'a table needs at least one column');
  const types: NamedType[] = [];
  for (const column of statement.columns) {
    types.push({ name: column.name, type: await canonicalType(environment, column.type) });
  }
  const draft = draftTable(environment, statement, { home, types });
  const columns = await Promise.all(
    draft.columns.map(async (column, index): Promise<Column> => {
      const value = await physicalDefault(environment, statement.columns[index]);
      return value === undefined ? column : { ...column, default: value };
    }),
  );
  const catalogId = catalogIdOf(home.schema);
  const constraints = await physicalConstraints(environment, statement, { table: draft, catalogId });
  const table: Table = { ...draft, columns, constraints: keptConstraints(constraints) };
  const ddl = createTableDdl({
    catalogId,
    tableId: table.id,
    columns: columns.map((column) => ({
      id: column.id,
      type: column.type,
      notNull: !column.nullable,
      default: column.default,
    })),
    constraints,
  });
  return finish(environment, { statement, home, table, work: [{ kind: 'ddl', ddl }] });
}

async function fromQuery(
  environment: GovernEnvironment,
  statement: CreateTable & { readonly as: NonNullable<CreateTable['as']> },
  home: Home,
): Promise<Governed> {
  if (statement.columns.length > 0) {
    throw new SqlError('featureNotSupported', 'a column list is not supported with CREATE TABLE … AS', {
      hint: 'Name the columns in the query.',
    });
  }
  const parts = await queryParts(environment, statement.as);
  if (home.replaces !== undefined) refuseOwnMasked(parts, home.replaces);
  const table = draftTable(environment, statement, { home, types: parts.columns });
  const catalogId = catalogIdOf(home.schema);
  const columns = table.columns.map(({ id, type }) => ({ id, type, notNull: false, default: undefined }));
  const ddl = createTableDdl({ catalogId, tableId: table.id, columns, constraints: [] });
  const query = await insertQuery(
    environment.codec,
    { catalogId, tableId: table.id },
    { source: parts.tree.statement.node, values: parts.tree.values, ids: table.columns.map(({ id }) => id) },
  );
  const governed = await finish(environment, {
    statement,
    home,
    table,
    work: [
      { kind: 'ddl', ddl },
      { kind: 'write', query },
    ],
  });
  const found = { authorization: parts.authorization, effects: parts.tree.effects };
  return {
    ...governed,
    touched: [...parts.touched, ...(governed.touched ?? [])],
    lineage: queryWritten(table, found, table.columns),
  };
}

/** The replaced table keeps its masks: what was read through them would stand in the place of the originals. */
function refuseOwnMasked({ authorization, tree }: QueryParts, replaced: Table): void {
  const effects = tree.effects.filter(({ use }) => use.table.id === replaced.id);
  refuseMaskedReads({ authorization, effects });
}

function draftTable(
  environment: GovernEnvironment,
  statement: CreateTable,
  { home, types }: { readonly home: Home; readonly types: readonly NamedType[] },
): Table {
  const keys = primaryKeyOf(statement);
  const columns = types.map(({ name, type }, index): Column => {
    const definition = statement.columns[index];
    const inKey = keys.some((key) => fold(key) === fold(name));
    return {
      id: `k${String(index + 1)}`,
      name,
      type,
      nullable: !(definition?.notNull ?? false) && !inKey,
      comment: definition?.comment,
      mask: undefined,
    };
  });
  refuseDuplicates(columns);
  return {
    kind: 'table',
    schemaId: home.schema.id,
    ...created(environment, home.name, statement.comment),
    columns,
    nextColumn: columns.length + 1,
    rowFilters: [],
    constraints: [],
    primaryKey: keys.map((key) => columns.find((column) => fold(column.name) === fold(key))?.id ?? unknownColumn(key)),
    properties:
      statement.using === undefined ? statement.properties : { ...statement.properties, using: statement.using },
  };
}

function unknownColumn(name: string): never {
  throw new SqlError('undefinedColumn', `column ${displayName([name])} does not exist`);
}

function refuseDuplicates(columns: readonly Column[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (name === '') throw new SqlError('invalidParameterValue', 'a column needs a name');
    if (seen.has(fold(name))) {
      throw new SqlError('duplicateColumn', `column ${displayName([name])} specified more than once`);
    }
    seen.add(fold(name));
  }
}

function primaryKeyOf(statement: CreateTable): readonly string[] {
  const inline = statement.columns.filter((column) => column.primaryKey).map((column) => column.name);
  const listed = statement.constraints.flatMap((each) => (each.kind === 'primaryKey' ? [each.columns] : []));
  if (inline.length + listed.length > 1) throw new SqlError('invalidObjectDefinition', 'a table has one primary key');
  return listed[0] ?? inline;
}

interface Draft {
  readonly statement: CreateTable;
  readonly home: Home;
  readonly table: Table;
  readonly work: readonly PhysicalWork[];
}

/** Policies given in the statement hold from the first moment: they are part of the same change. */
async function finish(environment: GovernEnvironment, draft: Draft): Promise<Governed> {
  const { home, work } = draft;
  const table = await withPolicies(environment, draft);
  const change: Change =
    home.replaces === undefined
      ? { kind: 'createTable', table }
      : { kind: 'replaceTable', replacedId: home.replaces.id, table };
  return {
    tag: 'CREATE TABLE',
    changes: [change],
    work,
    touched: [touched(environment, home.schema, 'CREATE TABLE')],
  };
}

async function withPolicies(environment: GovernEnvironment, { statement, table }: Draft): Promise<Table> {
  const columns: Column[] = [];
  for (const [index, column] of table.columns.entries()) {
    const mask = statement.columns[index]?.mask;
    if (mask === undefined) {
      columns.push(column);
      continue;
    }
    const { fn, using } = await maskOf(environment, table, { column, mask });
    columns.push({ ...column, mask: { functionId: fn.id, using } });
  }
  if (statement.rowFilter === undefined) return { ...table, columns };
  const { filter } = await filterOf(environment, table, statement.rowFilter);
  return { ...table, columns, rowFilters: [filter] };
}
