// Physical DDL printed from parts: names are object and column ids, types are DuckDB's own spelling, expressions are printed
// trees. Nothing of the client's text is spliced in.
import { quote } from '../base/identifier.ts';
import type { ObjectId } from '../catalog/securable.ts';
import { type ExecutableDdl, sealDdl } from './executable-query.ts';
import { physicalCatalog, physicalName } from './physical.ts';

/** The empty database that every connection starts in: all names of ours are written in full. */
const homeDatabase = 'memory';

export interface PhysicalColumn {
  readonly id: string;
  /** Canonical, as DuckDB printed it. */
  readonly type: string;
  readonly notNull: boolean;
  /** Printed expression. */
  readonly default: string | undefined;
}

export type PhysicalConstraint =
  | { readonly kind: 'primaryKey' | 'unique'; readonly columns: readonly string[] }
  /** Printed expression over column ids. */
  | { readonly kind: 'check'; readonly expression: string; readonly columns: readonly string[] }
  | {
      readonly kind: 'foreignKey';
      readonly columns: readonly string[];
      readonly table: ObjectId;
      readonly references: readonly string[];
    };

export interface PhysicalTable {
  readonly catalogId: ObjectId;
  readonly tableId: ObjectId;
  readonly columns: readonly PhysicalColumn[];
  readonly constraints: readonly PhysicalConstraint[];
}

export function createTableDdl(table: PhysicalTable): ExecutableDdl {
  const columns = table.columns.map(printColumn);
  const constraints = table.constraints.map((constraint) => printConstraint(constraint));
  const sql = `CREATE TABLE ${physicalName(table.catalogId, table.tableId)} (${[...columns, ...constraints].join(', ')})`;
  const refers = table.constraints.some(({ kind }) => kind === 'foreignKey');
  const catalog = quote(physicalCatalog(table.catalogId));
  // DuckDB looks for the table that a key refers to in the current database alone, and takes no other name for it.
  const statements = refers ? [`USE ${catalog}`, sql, `USE ${quote(homeDatabase)}`] : [sql];
  return sealDdl({ statements, writes: table.catalogId });
}

function printColumn(column: PhysicalColumn): string {
  const parts = [quote(column.id), column.type];
  if (column.notNull) parts.push('NOT NULL');
  if (column.default !== undefined) parts.push(`DEFAULT (${column.default})`);
  return parts.join(' ');
}

function printConstraint(constraint: PhysicalConstraint): string {
  switch (constraint.kind) {
    case 'primaryKey':
      return `PRIMARY KEY (${list(constraint.columns)})`;
    case 'unique':
      return `UNIQUE (${list(constraint.columns)})`;
    case 'check':
      return `CHECK (${constraint.expression})`;
    case 'foreignKey':
      // Within one file the table needs no catalog; DuckDB takes none here.
      return `FOREIGN KEY (${list(constraint.columns)}) REFERENCES ${quote(`o_${constraint.table}`)} (${list(constraint.references)})`;
  }
}

function list(columns: readonly string[]): string {
  return columns.map(quote).join(', ');
}
