// DEFAULT, CHECK, UNIQUE and REFERENCES of CREATE TABLE, printed over column ids.
import { selectRelation } from '../authorize/rules.ts';
import { displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { TableConstraint as KeptConstraint, Table } from '../catalog/securable.ts';
import type { ColumnDefinition, NameRef, Span, TableConstraint } from '../parse/statement.ts';
import type { PhysicalConstraint } from '../rewrite/physical-ddl.ts';
import { printScalar, scalarColumns } from '../rewrite/scalar.ts';
import type { GovernEnvironment } from './environment.ts';
import { tableNamed } from './find.ts';
import { refusePoliced } from './foreign-keys.ts';
import type { CreateTable } from './tables.ts';

export async function physicalDefault(
  environment: GovernEnvironment,
  definition: ColumnDefinition | undefined,
): Promise<string | undefined> {
  if (definition?.default === undefined) return undefined;
  return printedDefault(environment, definition.default);
}

/** Evaluated by DuckDB for whoever writes: constants and plain functions only, no column, no subquery, no identity. */
export function printedDefault(environment: GovernEnvironment, value: Span): Promise<string> {
  return scalarOf(environment, value, new Map());
}

/** What the catalog keeps of them. */
export function keptConstraints(constraints: readonly PhysicalConstraint[]): readonly KeptConstraint[] {
  return constraints.flatMap((constraint): KeptConstraint[] => {
    switch (constraint.kind) {
      case 'primaryKey':
        return [];
      case 'unique':
        return [{ kind: 'unique', columns: constraint.columns }];
      case 'check':
        return [{ kind: 'check', columns: constraint.columns }];
      case 'foreignKey':
        return [constraint];
    }
  });
}

function scalarOf(environment: GovernEnvironment, span: Span, columns: ReadonlyMap<string, string>): Promise<string> {
  const { codec, session, identity } = environment;
  return printScalar(codec, span.text, { columns, session, identity });
}

interface Target {
  readonly table: Table;
  readonly catalogId: string;
}

export async function physicalConstraints(
  environment: GovernEnvironment,
  statement: CreateTable,
  target: Target,
): Promise<readonly PhysicalConstraint[]> {
  const all: PhysicalConstraint[] = [];
  if (target.table.primaryKey.length > 0) all.push({ kind: 'primaryKey', columns: target.table.primaryKey });
  for (const definition of statement.columns) all.push(...(await columnConstraints(environment, definition, target)));
  for (const constraint of statement.constraints) {
    const physical = await tableConstraint(environment, constraint, target);
    if (physical !== undefined) all.push(physical);
  }
  return all;
}

async function columnConstraints(
  environment: GovernEnvironment,
  definition: ColumnDefinition,
  target: Target,
): Promise<readonly PhysicalConstraint[]> {
  const all: PhysicalConstraint[] = [];
  const own = idsOf(target.table, [definition.name]);
  if (definition.unique) all.push({ kind: 'unique', columns: own });
  if (definition.check !== undefined) all.push(await checkOf(environment, definition.check, target));
  if (definition.references !== undefined) all.push(foreignKey(environment, own, { ...definition.references, target }));
  return all;
}

async function tableConstraint(
  environment: GovernEnvironment,
  constraint: TableConstraint,
  target: Target,
): Promise<PhysicalConstraint | undefined> {
  switch (constraint.kind) {
    case 'primaryKey':
      return undefined;
    case 'unique':
      return { kind: 'unique', columns: idsOf(target.table, constraint.columns) };
    case 'check':
      return checkOf(environment, constraint.expression, target);
    case 'foreignKey':
      return foreignKey(environment, idsOf(target.table, constraint.columns), { ...constraint.references, target });
  }
}

async function checkOf(environment: GovernEnvironment, span: Span, { table }: Target): Promise<PhysicalConstraint> {
  const columns = new Map(table.columns.map((column) => [fold(column.name), column.id]));
  const expression = await scalarOf(environment, span, columns);
  return { kind: 'check', expression, columns: await scalarColumns(environment.codec, span.text, columns) };
}

function foreignKey(
  environment: GovernEnvironment,
  columns: readonly string[],
  {
    table: name,
    columns: names,
    target,
  }: { readonly table: NameRef; readonly columns: readonly string[]; readonly target: Target },
): PhysicalConstraint {
  const table = tableNamed(environment, name);
  if (environment.snapshot.catalogOf(table.id)?.id !== target.catalogId) {
    throw new SqlError('featureNotSupported', 'a foreign key cannot refer to another catalog', {
      position: name.offset,
    });
  }
  const references = names.length === 0 ? table.primaryKey : idsOf(table, names);
  refusePoliced(environment.snapshot, table, references);
  // Who inserts learns which values there are.
  const read = table.columns.filter(({ id }) => references.includes(id)).map((column) => fold(column.name));
  selectRelation(environment.access, table, { columns: new Set(read) });
  return { kind: 'foreignKey', columns, table: table.id, references };
}

function idsOf(table: Table, names: readonly string[]): readonly string[] {
  return names.map((name) => {
    const column = table.columns.find((each) => fold(each.name) === fold(name));
    if (column === undefined) throw new SqlError('undefinedColumn', `column ${displayName([name])} does not exist`);
    return column.id;
  });
}
