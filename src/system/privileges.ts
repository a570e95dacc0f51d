// information_schema: grants. Who manages an object sees all on it, everybody else what was granted to them or their groups.
import { type Grant, grantable, type Privilege } from '../catalog/privilege.ts';
import { columnIdOf, type Securable } from '../catalog/securable.ts';
import { principalName, type SystemRelation, type SystemRequest, systemRelation, text } from './system-relation.ts';
import { type Placed, visibleFunctions, visibleRelations, visibleSchemas } from './visible-objects.ts';

const grantColumns = { grantor: text, grantee: text } as const;
const rightColumns = { privilege_type: text, is_grantable: text, inherited_from: text } as const;

interface ShownGrant {
  readonly grantor: string;
  readonly grantee: string;
  readonly privilege_type: Privilege;
  /** There is no grant option. */
  readonly is_grantable: 'NO';
  /** The kind of container it was granted on; NONE for the object itself. */
  readonly inherited_from: string;
}

/** Grants of the whole object that count on `object`, its ancestors' too. */
function* shownGrants(request: SystemRequest, object: Securable): Iterable<ShownGrant> {
  const all = request.asker.manages(object);
  for (const { grant, from } of countingGrants(request, object)) {
    if (grant.columns === undefined && mayShow(request, grant, all)) yield shown(request, grant, from);
  }
}

function mayShow({ asker }: SystemRequest, grant: Grant, all: boolean): boolean {
  return all ? asker.holds(grant) : asker.isOwn(grant);
}

function shown({ snapshot }: SystemRequest, grant: Grant, from: string): ShownGrant {
  return {
    grantor: principalName(snapshot, grant.grantedBy),
    grantee: principalName(snapshot, grant.principalId),
    privilege_type: grant.privilege,
    is_grantable: 'NO',
    inherited_from: from,
  };
}

/** The object's own grants, and from containers those of privileges that the object has. */
function* countingGrants(
  { snapshot }: SystemRequest,
  object: Securable,
): Iterable<{ readonly grant: Grant; readonly from: string }> {
  for (const grant of snapshot.grantsOn(object.id)) yield { grant, from: 'NONE' };
  const privileges = grantable[object.kind];
  for (let id = snapshot.parentOf(object.id); id !== undefined; id = snapshot.parentOf(id)) {
    const container = snapshot.object(id);
    // Grants on the metastore do not inherit.
    if (container === undefined || container.kind === 'metastore') return;
    for (const grant of snapshot.grantsOn(id)) {
      if (privileges.includes(grant.privilege)) yield { grant, from: container.kind.toUpperCase() };
    }
  }
}

const metastorePrivileges = systemRelation(
  'metastore_privileges',
  { ...grantColumns, ...rightColumns },
  function* (request) {
    yield* shownGrants(request, request.snapshot.metastore);
  },
);

const catalogPrivileges = systemRelation(
  'catalog_privileges',
  { ...grantColumns, catalog_name: text, ...rightColumns },
  function* (request) {
    for (const catalog of request.catalogs) {
      for (const grant of shownGrants(request, catalog)) yield { ...grant, catalog_name: catalog.name };
    }
  },
);

const schemaPrivileges = systemRelation(
  'schema_privileges',
  { ...grantColumns, catalog_name: text, schema_name: text, ...rightColumns },
  function* (request) {
    for (const { catalog, schema } of visibleSchemas(request)) {
      for (const grant of shownGrants(request, schema)) {
        yield { ...grant, catalog_name: catalog.name, schema_name: schema.name };
      }
    }
  },
);

const tableColumns = { table_catalog: text, table_schema: text, table_name: text } as const;

function tableNames({ object, catalog, schema }: Placed<{ readonly name: string }>) {
  return { table_catalog: catalog.name, table_schema: schema.name, table_name: object.name };
}

const tablePrivileges = systemRelation(
  'table_privileges',
  { ...grantColumns, ...tableColumns, ...rightColumns },
  function* (request) {
    for (const placed of visibleRelations(request)) {
      const names = tableNames(placed);
      for (const grant of shownGrants(request, placed.object)) yield { ...grant, ...names };
    }
  },
);

/** SELECT (a, b): one row a column. */
const columnPrivileges = systemRelation(
  'column_privileges',
  { ...grantColumns, ...tableColumns, column_name: text, privilege_type: text, is_grantable: text },
  function* (request) {
    for (const placed of visibleRelations(request)) {
      const all = request.asker.manages(placed.object);
      for (const grant of request.snapshot.grantsOn(placed.object.id)) {
        if (grant.columns === undefined || !mayShow(request, grant, all)) continue;
        const { grantor, grantee, privilege_type, is_grantable } = shown(request, grant, 'NONE');
        const facts = { grantor, grantee, privilege_type, is_grantable };
        for (const id of grant.columns) {
          const column = [...placed.object.columns].find((each) => columnIdOf(each) === id);
          if (column !== undefined) yield { ...facts, ...tableNames(placed), column_name: column.name };
        }
      }
    }
  },
);

const routinePrivileges = systemRelation(
  'routine_privileges',
  {
    ...grantColumns,
    specific_catalog: text,
    specific_schema: text,
    specific_name: text,
    routine_catalog: text,
    routine_schema: text,
    routine_name: text,
    ...rightColumns,
  },
  function* (request) {
    for (const { object, catalog, schema } of visibleFunctions(request)) {
      for (const grant of shownGrants(request, object)) {
        yield {
          ...grant,
          specific_catalog: catalog.name,
          specific_schema: schema.name,
          specific_name: object.name,
          routine_catalog: catalog.name,
          routine_schema: schema.name,
          routine_name: object.name,
        };
      }
    }
  },
);

export const privilegeRelations: readonly SystemRelation[] = [
  metastorePrivileges,
  catalogPrivileges,
  schemaPrivileges,
  tablePrivileges,
  columnPrivileges,
  routinePrivileges,
];
