// information_schema: tags, which show to whoever may know what they are on, and policies, which show to who manages it.
import { displayName } from '../base/identifier.ts';
import { applicationsOn } from '../catalog/match-policies.ts';
import type { ObjectId, Table } from '../catalog/securable.ts';
import type { TagPolicy } from '../catalog/tag-policy.ts';
import {
  principalName,
  type SystemRelation,
  type SystemRequest,
  systemRelation,
  text,
  timeOf,
  timestamp,
} from './system-relation.ts';
import { visibleRelations, visibleSchemas, visibleTables } from './visible-objects.ts';

const catalogColumns = { catalog_name: text } as const;
const schemaColumns = { ...catalogColumns, schema_name: text } as const;
const tableColumns = { ...schemaColumns, table_name: text } as const;
const tagColumns = { tag_name: text, tag_value: text } as const;

const catalogTags = systemRelation('catalog_tags', { ...catalogColumns, ...tagColumns }, function* (request) {
  for (const catalog of request.catalogs) {
    for (const { key, value } of request.snapshot.tagsOf(catalog.id)) {
      yield { catalog_name: catalog.name, tag_name: key, tag_value: value };
    }
  }
});

const schemaTags = systemRelation('schema_tags', { ...schemaColumns, ...tagColumns }, function* (request) {
  for (const { catalog, schema } of visibleSchemas(request)) {
    for (const { key, value } of request.snapshot.tagsOf(schema.id)) {
      yield { catalog_name: catalog.name, schema_name: schema.name, tag_name: key, tag_value: value };
    }
  }
});

const tableTags = systemRelation('table_tags', { ...tableColumns, ...tagColumns }, function* (request) {
  for (const { object, catalog, schema } of visibleRelations(request)) {
    const names = { catalog_name: catalog.name, schema_name: schema.name, table_name: object.name };
    for (const { key, value } of request.snapshot.tagsOf(object.id))
      yield { ...names, tag_name: key, tag_value: value };
  }
});

const columnTags = systemRelation(
  'column_tags',
  { ...tableColumns, column_name: text, ...tagColumns },
  function* (request) {
    for (const { object, catalog, schema } of visibleTables(request)) {
      const names = { catalog_name: catalog.name, schema_name: schema.name, table_name: object.name };
      for (const column of object.columns) {
        if (!request.asker.knowsColumn(object, column.id)) continue;
        for (const { key, value } of request.snapshot.columnTagsOf(object.id, column.id)) {
          yield { ...names, column_name: column.name, tag_name: key, tag_value: value };
        }
      }
    }
  },
);

function typeOf(isFilter: boolean): string {
  return isFilter ? 'ROW FILTER' : 'COLUMN MASK';
}

/** Policies by tags, where they are set. */
const policies = systemRelation(
  'policies',
  {
    policy_name: text,
    policy_type: text,
    on_securable_type: text,
    on_securable_name: text,
    function_name: text,
    to_principals: text,
    except_principals: text,
    comment: text,
    created: timestamp,
    created_by: text,
  },
  function* (request) {
    for (const id of managedPlaces(request)) {
      for (const policy of request.snapshot.tagPoliciesOn(id)) yield policyRow(request, policy);
    }
  },
);

function* managedPlaces(request: SystemRequest): Iterable<ObjectId> {
  const { asker, catalogs } = request;
  for (const catalog of catalogs) if (asker.manages(catalog)) yield catalog.id;
  for (const { schema } of visibleSchemas(request)) if (asker.manages(schema)) yield schema.id;
  for (const { object } of visibleTables(request)) if (asker.manages(object)) yield object.id;
}

function policyRow({ snapshot }: SystemRequest, policy: TagPolicy) {
  const people = (ids: readonly ObjectId[]): string => ids.map((id) => principalName(snapshot, id)).join(', ');
  return {
    policy_name: policy.name,
    policy_type: typeOf(policy.onColumn === undefined),
    on_securable_type: snapshot.object(policy.securableId)?.kind.toUpperCase() ?? null,
    on_securable_name: displayName(snapshot.nameOf(policy.securableId)),
    function_name: displayName(snapshot.nameOf(policy.functionId)),
    to_principals: people(policy.to),
    except_principals: people(policy.except),
    comment: policy.comment ?? null,
    created: timeOf(policy.createdAt),
    created_by: principalName(snapshot, policy.createdBy),
  };
}

/** Everything that protects a table, wherever it was set. */
const effectivePolicies = systemRelation(
  'effective_policies',
  {
    ...tableColumns,
    column_name: text,
    policy_type: text,
    policy_name: text,
    function_name: text,
    defined_on_type: text,
    defined_on_name: text,
  },
  function* (request) {
    for (const { object, catalog, schema } of visibleTables(request)) {
      if (!request.asker.manages(object)) continue;
      const names = { catalog_name: catalog.name, schema_name: schema.name, table_name: object.name };
      for (const found of protectionsOf(request, object)) {
        const { snapshot } = request;
        yield {
          ...names,
          column_name: object.columns.find((column) => column.id === found.columnId)?.name ?? null,
          policy_type: typeOf(found.columnId === undefined),
          policy_name: found.name,
          function_name: displayName(snapshot.nameOf(found.functionId)),
          defined_on_type: snapshot.object(found.on)?.kind.toUpperCase() ?? null,
          defined_on_name: displayName(snapshot.nameOf(found.on)),
        };
      }
    }
  },
);

interface Protection {
  readonly functionId: ObjectId;
  /** undefined: a row filter. */
  readonly columnId: string | undefined;
  /** Of a policy by tags. */
  readonly name: string | null;
  readonly on: ObjectId;
}

function* protectionsOf({ snapshot }: SystemRequest, table: Table): Iterable<Protection> {
  for (const { functionId } of table.rowFilters) yield { functionId, columnId: undefined, name: null, on: table.id };
  for (const { id, mask } of table.columns) {
    if (mask !== undefined) yield { functionId: mask.functionId, columnId: id, name: null, on: table.id };
  }
  for (const { policy, columnId } of applicationsOn(snapshot, table)) {
    yield { functionId: policy.functionId, columnId, name: policy.name, on: policy.securableId };
  }
}

export const tagRelations: readonly SystemRelation[] = [
  catalogTags,
  schemaTags,
  tableTags,
  columnTags,
  policies,
  effectivePolicies,
];
