// SHOW … and DESCRIBE …, filtered to what the asker may know.
import type { Access } from '../authorize/access.ts';
import { describePrincipal, knowsPrincipal } from '../authorize/administration.ts';
import { describeColumns } from '../authorize/rules.ts';
import { displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { builtInFunctions, isBuiltIn, isBuiltInSchema } from '../catalog/built-in-functions.ts';
import type { Principal } from '../catalog/principal.ts';
import type { Catalog, Column, ObjectId, Schema, Securable, SqlFunction, Table, View } from '../catalog/securable.ts';
import type { GovernanceStatement, NameRef } from '../parse/statement.ts';
import { textAnswer } from '../sql/answer.ts';
import type { SystemRelation } from '../system/system-relation.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import {
  catalogNamed,
  functionNamed,
  principalIfAny,
  relationNamed,
  schemaNamed,
  systemRelationKnown,
} from './find.ts';
import { tagRows } from './tags.ts';

type Show = Extract<GovernanceStatement, { kind: 'show' }>;
type Describe = Extract<GovernanceStatement, { kind: 'describe' }>;
type Row = readonly (string | null)[];

export function show(environment: GovernEnvironment, statement: Show): Governed {
  const { names, rows } = listed(environment, statement);
  const matching =
    statement.like === undefined ? rows : rows.filter((row) => matches(nameOf(row, names), statement.like ?? ''));
  return { tag: 'SHOW', answer: textAnswer(names, matching) };
}

interface Listed {
  readonly names: readonly string[];
  readonly rows: readonly Row[];
}

/** The column LIKE compares: the last name. */
function nameOf(row: Row, names: readonly string[]): string {
  return row[names.findLastIndex((name) => name.endsWith('ame') || name === 'name' || name === 'catalog')] ?? '';
}

function listed(environment: GovernEnvironment, statement: Show): Listed {
  const { snapshot, access } = environment;
  switch (statement.target) {
    case 'CATALOGS':
      return {
        names: ['catalog'],
        rows: snapshot
          .catalogs()
          .filter((each) => access.knows(each))
          .map((each) => [each.name]),
      };
    case 'SCHEMAS':
      return { names: ['databaseName'], rows: schemas(environment, statement).map((each) => [each.name]) };
    case 'TABLES':
      return relations(environment, statement, ['table', 'view']);
    case 'VIEWS':
      return relations(environment, statement, ['view']);
    case 'FUNCTIONS':
      return functions(environment, statement);
    case 'COLUMNS':
      return columns(environment, statement);
    case 'USERS':
      return { names: ['name'], rows: principals(access, snapshot.users()) };
    case 'GROUPS':
      return { names: ['name'], rows: principals(access, snapshot.groups()) };
  }
}

function principals(access: Access, all: readonly Principal[]): readonly Row[] {
  return all.filter((each) => knowsPrincipal(access, each)).map((each) => [each.name]);
}

function schemas(environment: GovernEnvironment, statement: Show): readonly Schema[] {
  const { snapshot, access, path } = environment;
  const catalog = catalogNamed(environment, statement.in ?? { parts: [path.catalog], offset: 0 });
  return snapshot.schemasOf(catalog.id).filter((each) => access.knows(each));
}

function schemasToList(environment: GovernEnvironment, statement: Show): readonly Schema[] {
  if (statement.in !== undefined) return [schemaNamed(environment, statement.in)];
  const home = environment.path.schemas[0];
  return home === undefined ? schemas(environment, statement) : [schemaNamed(environment, { parts: home, offset: 0 })];
}

function relations(environment: GovernEnvironment, statement: Show, kinds: readonly string[]): Listed {
  const { snapshot, access } = environment;
  const rows = schemasToList(environment, statement).flatMap((schema) =>
    snapshot
      .relationsOf(schema.id)
      .filter((each) => kinds.includes(each.kind) && access.knows(each))
      .map((each) => [schema.name, each.name, 'false']),
  );
  return { names: ['database', 'tableName', 'isTemporary'], rows };
}

function functions(environment: GovernEnvironment, statement: Show): Listed {
  const { snapshot, access } = environment;
  if (statement.in !== undefined && isBuiltInSchema(statement.in.parts)) {
    return { names: ['functionName'], rows: builtInFunctions.map((each) => [displayName(snapshot.nameOf(each.id))]) };
  }
  const rows = schemasToList(environment, statement).flatMap((schema) =>
    snapshot
      .functionsOf(schema.id)
      .filter((each) => access.knows(each))
      .map((each) => [displayName(snapshot.nameOf(each.id))]),
  );
  return { names: ['functionName'], rows };
}

function columns(environment: GovernEnvironment, statement: Show): Listed {
  if (statement.in === undefined) throw new SqlError('syntaxError', 'SHOW COLUMNS needs IN table');
  const relation = relationNamed(environment, statement.in);
  return { names: ['col_name'], rows: knownColumns(environment, relation).map((column) => [column.name]) };
}

function knownColumns(
  { access }: GovernEnvironment,
  relation: Table | View,
): readonly Pick<Column, 'name' | 'type' | 'comment'>[] {
  return describeColumns(access, relation);
}

/** LIKE of SHOW: `*` (Unity Catalog) and `%` mean anything, `_` one character, `|` or; without case. */
function matches(name: string, pattern: string): boolean {
  return pattern.split('|').some((one) => {
    const escaped = fold(one).replaceAll(/[.+^${}()|[\]\\?]/g, '\\$&');
    return new RegExp(`^${escaped.replaceAll(/[*%]/g, '.*').replaceAll('_', '.')}$`, 's').test(fold(name));
  });
}

export function describe(environment: GovernEnvironment, statement: Describe): Governed {
  const { type, name } = statement.object;
  switch (type) {
    case 'TABLE':
    case 'VIEW': {
      const system = systemRelationKnown(environment, name);
      if (system !== undefined) return answer(system.columns.map(systemRow), relationNames);
      return answer(relationRows(environment, relationNamed(environment, name), statement.extended), relationNames);
    }
    case 'CATALOG':
      return answer(containerRows(environment, catalogNamed(environment, name), statement.extended), infoNames);
    case 'SCHEMA':
      return answer(containerRows(environment, schemaNamed(environment, name), statement.extended), infoNames);
    case 'FUNCTION':
      return answer(functionRows(environment, functionNamed(environment, name)), infoNames);
    case 'METASTORE':
      return answer(metastoreRows(environment), infoNames);
    case 'USER':
    case 'GROUP':
      return answer(principalRows(environment, { type, name }), infoNames);
  }
}

function systemRow({ name, type }: SystemRelation['columns'][number]): Row {
  return [name, type.toLowerCase(), null];
}

function metastoreRows({ snapshot }: GovernEnvironment): readonly Row[] {
  return [
    ['type', 'METASTORE'],
    ['owner', snapshot.principal(snapshot.metastore.owner)?.name ?? ''],
  ];
}

/** To administrators anybody, to others themselves and their groups; members of a group to administrators alone. */
function principalRows(
  environment: GovernEnvironment,
  { type, name }: { readonly type: 'USER' | 'GROUP'; readonly name: NameRef },
): readonly Row[] {
  const { snapshot, access } = environment;
  const said = name.parts.join('.');
  const kind = type === 'USER' ? 'user' : 'group';
  const found = principalIfAny(environment, { name: said, kind, offset: name.offset });
  const principal = describePrincipal(access, found, said);
  const named = (ids: Iterable<ObjectId>): string =>
    [...ids]
      .map((id) => snapshot.principal(id)?.name ?? '')
      .toSorted()
      .join(', ');
  const rows: Row[] = [
    ['name', principal.name],
    ['kind', principal.kind],
    ['groups', named(snapshot.groupsOf(principal.id))],
  ];
  if (principal.kind === 'user') {
    return [...rows, ...Object.entries(principal.attributes).map(([key, value]): Row => [`attribute ${key}`, value])];
  }
  return access.identity.isMetastoreAdmin ? [...rows, ['members', named(principal.members)]] : rows;
}

const relationNames = ['col_name', 'data_type', 'comment'];
const infoNames = ['info_name', 'info_value'];

function answer(rows: readonly Row[], names: readonly string[]): Governed {
  return { tag: 'DESCRIBE', answer: textAnswer(names, rows) };
}

function objectRows(environment: GovernEnvironment, object: Exclude<Securable, { kind: 'metastore' }>): readonly Row[] {
  const { snapshot } = environment;
  return [
    ['name', displayName(snapshot.nameOf(object.id))],
    ['type', object.kind.toUpperCase()],
    ['owner', snapshot.principal(object.owner)?.name ?? ''],
    ['comment', object.comment ?? null],
    ['created at', new Date(object.createdAt).toISOString()],
    ['created by', snapshot.principal(object.createdBy)?.name ?? ''],
  ];
}

function containerRows(environment: GovernEnvironment, object: Catalog | Schema, extended: boolean): readonly Row[] {
  return [...objectRows(environment, object), ...(extended ? tagRows(environment, object) : [])];
}

function relationRows(environment: GovernEnvironment, relation: Table | View, extended: boolean): readonly Row[] {
  const rows: Row[] = knownColumns(environment, relation).map((column) => [
    column.name,
    column.type.toLowerCase(),
    column.comment ?? null,
  ]);
  if (!extended) return rows;
  const facts = objectRows(environment, relation).map(([name, value]): Row => [name ?? '', value ?? null, null]);
  return [
    ...rows,
    ['', '', ''],
    ['# Detailed Table Information', '', ''],
    ...facts,
    ...tagRows(environment, relation).map(([name, value]): Row => [name, value, null]),
    ...viewRows(environment, relation),
    ...policyRows(environment, relation),
  ];
}

/** The text shows to those who manage the view: it may name what its readers may not know. */
function viewRows(environment: GovernEnvironment, relation: Table | View): readonly Row[] {
  if (relation.kind !== 'view' || !environment.access.manages(relation)) return [];
  return [['view text', relation.query, null]];
}

/** Policies show to those who manage the table: their names tell what is hidden. */
function policyRows(environment: GovernEnvironment, relation: Table | View): readonly Row[] {
  if (relation.kind !== 'table' || !environment.access.manages(relation)) return [];
  const { snapshot } = environment;
  const named = (id: string): string => displayName(snapshot.nameOf(id));
  const masked = relation.columns.filter((column): column is Column & { mask: object } => column.mask !== undefined);
  const masks = masked.map((column): Row => [`mask of ${column.name}`, named(column.mask.functionId), null]);
  const filters = relation.rowFilters.map((filter): Row => ['row filter', named(filter.functionId), null]);
  const lost = (relation.lostMasks ?? []).map(
    (each): Row => [`lost mask of ${each.column}`, 'the table is closed', null],
  );
  const properties = Object.entries(relation.properties).map(([key, value]): Row => [key, value, null]);
  return [...masks, ...lost, ...filters, ...properties];
}

/** The body shows to those who manage the function: it may be policy text. */
function functionRows(environment: GovernEnvironment, fn: SqlFunction): readonly Row[] {
  const parameters = fn.parameters.map((parameter) => `${parameter.name} ${parameter.type}`).join(', ');
  const columns = fn.returnsTable?.map((column) => `${column.name} ${column.type}`).join(', ');
  const returns = columns === undefined ? fn.returns : `TABLE (${columns})`;
  const body = environment.access.manages(fn) || isBuiltIn(fn.id) ? [['body', fn.body]] : [];
  return [...objectRows(environment, fn), ['parameters', parameters], ['returns', returns], ...body];
}
