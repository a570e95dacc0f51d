// A rewritten tree with the names that people know: for EXPLAIN ACCESS, never for the engine.
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { BaseTable, Expression, SelectStatement, TableRef } from '../sql/ast.ts';
import { columnRef, named } from '../sql/build.ts';
import { type ChildMap, mapChildren, mapStatement } from '../sql/children.ts';
import { physicalTable } from './physical.ts';
import type { GuardEffect } from './rewrite-context.ts';

export function withCatalogNames(
  snapshot: CatalogSnapshot,
  statement: SelectStatement,
  effects: readonly GuardEffect[],
): SelectStatement {
  const byAlias = new Map(effects.map((effect) => [effect.alias, effect]));
  const map: ChildMap = {
    expression: (node) => mapChildren(withColumnName(node, byAlias), map),
    tableRef: (ref) => (ref.type === 'BASE_TABLE' ? withTableName(snapshot, ref, byAlias) : mapChildren(ref, map)),
    queryNode: (node) => mapChildren(node, map),
  };
  return mapStatement(statement, map);
}

function withColumnName(node: Expression, byAlias: ReadonlyMap<string, GuardEffect>): Expression {
  if (node.class !== 'COLUMN_REF') return node;
  const [alias = '', id, ...others] = node.column_names;
  const column = byAlias.get(alias)?.use.table.columns.find((each) => each.id === id);
  return column === undefined ? node : named(columnRef(alias, column.name, ...others), node.alias);
}

function withTableName(snapshot: CatalogSnapshot, ref: BaseTable, byAlias: ReadonlyMap<string, GuardEffect>): TableRef {
  const table = byAlias.get(ref.alias)?.use.table;
  if (table === undefined || ref.table_name !== physicalTable(table.id)) return ref;
  const [catalog = '', schema = '', name = ''] = snapshot.nameOf(table.id);
  return { ...ref, catalog_name: catalog, schema_name: schema, table_name: name };
}
