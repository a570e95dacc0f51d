// information_schema: masks and row filters. Their names and arguments show to those who manage the table: they tell what is
// hidden, and from whom.
import { displayName } from '../base/identifier.ts';
import type { PolicyArgument } from '../catalog/policy.ts';
import type { ObjectId, Table } from '../catalog/securable.ts';
import { type SystemRelation, type SystemRequest, systemRelation, text } from './system-relation.ts';
import { type Placed, visibleTables } from './visible-objects.ts';

function* managedTables(request: SystemRequest): Iterable<Placed<Table>> {
  for (const placed of visibleTables(request)) if (request.asker.manages(placed.object)) yield placed;
}

const tableColumns = { table_catalog: text, table_schema: text, table_name: text } as const;

function tableNames({ object, catalog, schema }: Placed<Table>) {
  return { table_catalog: catalog.name, table_schema: schema.name, table_name: object.name };
}

/** In full, and by parts. */
function functionNames({ snapshot }: SystemRequest, id: ObjectId) {
  const parts = snapshot.nameOf(id);
  return { full: displayName(parts), catalog: parts[0] ?? null, schema: parts[1] ?? null };
}

/** Columns by name, constants as written. */
function argumentList(table: Table, args: readonly PolicyArgument[]): string {
  return args.map((each) => (each.kind === 'constant' ? each.literal : columnName(table, each.columnId))).join(', ');
}

function columnName(table: Table, id: string): string {
  return table.columns.find((column) => column.id === id)?.name ?? '(dropped)';
}

const columnMasks = systemRelation(
  'column_masks',
  {
    ...tableColumns,
    column_name: text,
    mask_name: text,
    using_columns: text,
    mask_catalog: text,
    mask_schema: text,
    mask_col_usage: text,
  },
  function* (request) {
    for (const placed of managedTables(request)) {
      for (const { name, mask } of placed.object.columns) {
        if (mask === undefined) continue;
        const fn = functionNames(request, mask.functionId);
        const using = mask.using.length === 0 ? null : argumentList(placed.object, mask.using);
        yield {
          ...tableNames(placed),
          column_name: name,
          mask_name: fn.full,
          using_columns: using,
          mask_catalog: fn.catalog,
          mask_schema: fn.schema,
          mask_col_usage: using,
        };
      }
    }
  },
);

const rowFilters = systemRelation(
  'row_filters',
  {
    ...tableColumns,
    filter_name: text,
    target_columns: text,
    filter_catalog: text,
    filter_schema: text,
    filter_col_usage: text,
  },
  function* (request) {
    for (const placed of managedTables(request)) {
      for (const filter of placed.object.rowFilters) {
        const fn = functionNames(request, filter.functionId);
        const target = argumentList(placed.object, filter.arguments);
        yield {
          ...tableNames(placed),
          filter_name: fn.full,
          target_columns: target,
          filter_catalog: fn.catalog,
          filter_schema: fn.schema,
          filter_col_usage: target,
        };
      }
    }
  },
);

export const policyRelations: readonly SystemRelation[] = [columnMasks, rowFilters];
