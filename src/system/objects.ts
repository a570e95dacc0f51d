// information_schema: what exists.
import { type Catalog, columnIdOf, type Schema, type Table, type View } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { typeColumns, typeFacts } from './data-type.ts';
import {
  integer,
  principalName,
  type SystemRelation,
  type SystemRequest,
  systemRelation,
  text,
  timeOf,
  timestamp,
} from './system-relation.ts';
import { visibleRelations, visibleSchemas, visibleTables } from './visible-objects.ts';

/** When and by whom; what has been altered since is not kept. */
const historyColumns = {
  comment: text,
  created: timestamp,
  created_by: text,
  last_altered: timestamp,
  last_altered_by: text,
} as const;

function historyOf(snapshot: CatalogSnapshot, object: Catalog | Schema | Table | View) {
  return {
    comment: object.comment ?? null,
    created: timeOf(object.createdAt),
    created_by: principalName(snapshot, object.createdBy),
    last_altered: null,
    last_altered_by: null,
  };
}

const catalogName = systemRelation('information_schema_catalog_name', { catalog_name: text }, ({ home }) => [
  { catalog_name: home },
]);

const catalogs = systemRelation(
  'catalogs',
  { catalog_name: text, catalog_owner: text, ...historyColumns },
  ({ snapshot, catalogs: all }) =>
    all.map((catalog) => ({
      catalog_name: catalog.name,
      catalog_owner: principalName(snapshot, catalog.owner),
      ...historyOf(snapshot, catalog),
    })),
);

const schemata = systemRelation(
  'schemata',
  { catalog_name: text, schema_name: text, schema_owner: text, ...historyColumns },
  function* (request) {
    for (const { catalog, schema } of visibleSchemas(request)) {
      yield {
        catalog_name: catalog.name,
        schema_name: schema.name,
        schema_owner: principalName(request.snapshot, schema.owner),
        ...historyOf(request.snapshot, schema),
      };
    }
  },
);

const tableColumns = { table_catalog: text, table_schema: text, table_name: text } as const;

const tables = systemRelation(
  'tables',
  {
    ...tableColumns,
    table_type: text,
    is_insertable_into: text,
    commit_action: text,
    table_owner: text,
    ...historyColumns,
    data_source_format: text,
    storage_sub_directory: text,
    storage_path: text,
  },
  function* (request) {
    for (const { object, catalog, schema } of visibleRelations(request)) {
      yield {
        table_catalog: catalog.name,
        table_schema: schema.name,
        table_name: object.name,
        table_type: object.kind === 'table' ? 'MANAGED' : 'VIEW',
        is_insertable_into: object.kind === 'table' ? 'YES' : 'NO',
        commit_action: 'PRESERVE',
        table_owner: principalName(request.snapshot, object.owner),
        ...historyOf(request.snapshot, object),
        data_source_format: object.kind === 'table' ? (object.properties['using'] ?? 'DUCKDB') : null,
        storage_sub_directory: null,
        storage_path: null,
      };
    }
  },
);

const columns = systemRelation(
  'columns',
  {
    ...tableColumns,
    column_name: text,
    ordinal_position: integer,
    column_default: text,
    is_nullable: text,
    ...typeColumns,
    is_identity: text,
    is_generated: text,
    generation_expression: text,
    is_updatable: text,
    partition_ordinal_position: integer,
    comment: text,
  },
  function* (request) {
    for (const { object, catalog, schema } of visibleRelations(request)) {
      for (const [index, column] of knownColumns(request, object).entries()) {
        yield {
          table_catalog: catalog.name,
          table_schema: schema.name,
          table_name: object.name,
          column_name: column.name,
          ordinal_position: index + 1,
          column_default: null,
          is_nullable: 'nullable' in column && !column.nullable ? 'NO' : 'YES',
          ...typeFacts(column.type),
          is_identity: 'NO',
          is_generated: 'NO',
          generation_expression: null,
          is_updatable: object.kind === 'table' ? 'YES' : 'NO',
          partition_ordinal_position: null,
          comment: column.comment ?? null,
        };
      }
    }
  },
);

/** Counted without those that are hidden: a gap would tell of them. */
function knownColumns(
  { asker }: SystemRequest,
  relation: Table | View,
): readonly (Table['columns'][number] | View['columns'][number])[] {
  return [...relation.columns].filter((column) => asker.knowsColumn(relation, columnIdOf(column)));
}

/** The text of a view shows to those who manage it: it may name what its readers may not know. */
const views = systemRelation(
  'views',
  {
    ...tableColumns,
    view_definition: text,
    check_option: text,
    is_updatable: text,
    is_insertable_into: text,
    sql_path: text,
  },
  function* (request) {
    for (const { object, catalog, schema } of visibleRelations(request)) {
      if (object.kind !== 'view') continue;
      const shown = request.asker.manages(object);
      yield {
        table_catalog: catalog.name,
        table_schema: schema.name,
        table_name: object.name,
        view_definition: shown ? object.query : null,
        check_option: 'NONE',
        is_updatable: 'NO',
        is_insertable_into: 'NO',
        sql_path: shown ? pathOf(object) : null,
      };
    }
  },
);

function pathOf({ context }: View): string {
  return context.schema === undefined ? context.catalog : `${context.catalog}.${context.schema}`;
}

const constraintColumns = { constraint_catalog: text, constraint_schema: text, constraint_name: text } as const;

/** As PostgreSQL names it. */
function primaryKeyName(table: Table): string {
  return `${table.name}_pkey`;
}

const tableConstraints = systemRelation(
  'table_constraints',
  {
    ...constraintColumns,
    ...tableColumns,
    constraint_type: text,
    is_deferrable: text,
    initially_deferred: text,
    enforced: text,
  },
  function* (request) {
    for (const { object, catalog, schema } of visibleTables(request)) {
      if (object.primaryKey.length === 0) continue;
      yield {
        constraint_catalog: catalog.name,
        constraint_schema: schema.name,
        constraint_name: primaryKeyName(object),
        table_catalog: catalog.name,
        table_schema: schema.name,
        table_name: object.name,
        constraint_type: 'PRIMARY KEY',
        is_deferrable: 'NO',
        initially_deferred: 'NO',
        enforced: 'YES',
      };
    }
  },
);

const keyColumnUsage = systemRelation(
  'key_column_usage',
  {
    ...constraintColumns,
    ...tableColumns,
    column_name: text,
    ordinal_position: integer,
    position_in_unique_constraint: integer,
  },
  function* (request) {
    for (const { object, catalog, schema } of visibleTables(request)) {
      for (const [index, id] of object.primaryKey.entries()) {
        if (!request.asker.knowsColumn(object, id)) continue;
        yield {
          constraint_catalog: catalog.name,
          constraint_schema: schema.name,
          constraint_name: primaryKeyName(object),
          table_catalog: catalog.name,
          table_schema: schema.name,
          table_name: object.name,
          column_name: object.columns.find((column) => column.id === id)?.name ?? null,
          ordinal_position: index + 1,
          position_in_unique_constraint: null,
        };
      }
    }
  },
);

export const objectRelations: readonly SystemRelation[] = [
  catalogName,
  catalogs,
  schemata,
  tables,
  columns,
  views,
  tableConstraints,
  keyColumnUsage,
];
