// SHOW GOVERNANCE: grants, masks, filters, tags, policies by tags, functions, views, tests, groups, as the statements that would make them and those that would
// undo them; only of objects that the asker manages. `portcullis policy` writes them to files and compares.
import { quoteLiteral } from '../base/identifier.ts';
import { type AccessTest, accessTestsOf } from '../catalog/access-test.ts';
import type { PolicyArgument } from '../catalog/policy.ts';
import type { Grant } from '../catalog/privilege.ts';
import type { Schema, Securable, SqlFunction, Table, View } from '../catalog/securable.ts';
import { expectationText } from '../govern/access-tests.ts';
import type { GovernEnvironment } from '../govern/environment.ts';
import { schemaNamed } from '../govern/find.ts';
import type { AnswerStatement } from '../parse/answer-statement.ts';

import { type Answer, textAnswer } from '../sql/answer.ts';
import { fileOf, nameOf, principalOf, type StateRow, spelled } from './state-names.ts';
import { tagRows } from './tag-state.ts';

export const governanceColumns: readonly string[] = ['file', 'statement', 'undo'];

export function governanceState(
  environment: GovernEnvironment,
  statement: Extract<AnswerStatement, { kind: 'showGovernance' }>,
): Answer {
  const { snapshot, access } = environment;
  const rows: StateRow[] = [];
  if (statement.in !== undefined) {
    rows.push(...schemaRows(environment, schemaNamed(environment, statement.in)));
  } else {
    if (access.identity.isMetastoreAdmin)
      rows.push(...principalRows(environment), ...grantRows(environment, snapshot.metastore));
    for (const catalog of snapshot.catalogs()) {
      rows.push(...grantRows(environment, catalog), ...tagRows(environment, catalog));
      for (const schema of snapshot.schemasOf(catalog.id)) rows.push(...schemaRows(environment, schema));
    }
  }
  return textAnswer(governanceColumns, rows);
}

function principalRows(environment: GovernEnvironment): readonly StateRow[] {
  const { snapshot } = environment;
  const file = 'principals.sql';
  const groups = snapshot.groups();
  const made = groups.map(
    (group): StateRow => [file, `CREATE GROUP ${spelled(group.name)}`, `DROP GROUP ${spelled(group.name)}`],
  );
  const members = groups.flatMap((group) =>
    group.members
      .map((id) => snapshot.principal(id))
      .filter((member) => member !== undefined)
      .map((member): StateRow => {
        const who = `${member.kind.toUpperCase()} ${spelled(member.name)}`;
        const alter = `ALTER GROUP ${spelled(group.name)}`;
        return [file, `${alter} ADD ${who}`, `${alter} DROP ${who}`];
      })
      .toSorted(byStatement),
  );
  return [...made, ...members];
}

function schemaRows(environment: GovernEnvironment, schema: Schema): readonly StateRow[] {
  const { snapshot, access } = environment;
  const functions = snapshot
    .functionsOf(schema.id)
    .flatMap((fn) => [...functionRows(environment, fn), ...grantRows(environment, fn)]);
  const relations = snapshot
    .relationsOf(schema.id)
    .flatMap((relation) => [
      ...(relation.kind === 'table' ? policyRows(environment, relation) : viewRows(environment, relation)),
      ...grantRows(environment, relation),
      ...tagRows(environment, relation),
    ]);
  const tests = access.manages(schema)
    ? accessTestsOf(snapshot, schema.id).map((test) => testRow(environment, schema, test))
    : [];
  return [
    ...grantRows(environment, schema),
    ...tagRows(environment, schema),
    ...functions,
    ...relations,
    ...tests.flat(),
  ];
}

function grantRows(environment: GovernEnvironment, object: Securable): readonly StateRow[] {
  if (!environment.access.manages(object)) return [];
  const current = environment.snapshot
    .grantsOn(object.id)
    .filter(({ until }) => until === undefined || until > environment.now);
  return current.map((grant) => grantRow(environment, object, grant)).toSorted(byStatement);
}

function grantRow(environment: GovernEnvironment, object: Securable, grant: Grant): StateRow {
  const columns = grant.columns === undefined ? '' : ` (${columnNames(object, grant.columns)})`;
  const on = object.kind === 'metastore' ? 'METASTORE' : `${object.kind.toUpperCase()} ${nameOf(environment, object)}`;
  const principal = principalOf(environment, grant.principalId);
  const what = `${grant.privilege}${columns} ON ${on}`;
  const until =
    grant.until === undefined ? '' : ` UNTIL TIMESTAMP ${quoteLiteral(new Date(grant.until).toISOString())}`;
  return [fileOf(environment, object), `GRANT ${what} TO ${principal}${until}`, `REVOKE ${what} FROM ${principal}`];
}

function columnNames(object: Securable, ids: readonly string[]): string {
  const columns = object.kind === 'table' ? object.columns : [];
  return ids.map((id) => spelled(columns.find((column) => column.id === id)?.name ?? '')).join(', ');
}

function byStatement(a: StateRow, b: StateRow): number {
  return a[1] < b[1] ? -1 : 1;
}

function functionRows(environment: GovernEnvironment, fn: SqlFunction): readonly StateRow[] {
  if (!environment.access.manages(fn)) return [];
  const name = nameOf(environment, fn);
  const parameters = fn.parameters
    .map(({ name: parameter, type, default: value }) => {
      return `${spelled(parameter)} ${type}${value === undefined ? '' : ` DEFAULT ${value}`}`;
    })
    .join(', ');
  const comment = commentOf(fn.comment);
  const statement = `CREATE OR REPLACE FUNCTION ${name}(${parameters}) RETURNS ${resultOf(fn)}${comment} RETURN ${fn.body}`;
  return [[fileOf(environment, fn), statement, `DROP FUNCTION ${name}`]];
}

function resultOf({ returns, returnsTable }: SqlFunction): string {
  if (returnsTable === undefined) return returns;
  const columns = returnsTable.map(({ name, type, comment }) => `${spelled(name)} ${type}${commentOf(comment)}`);
  return `TABLE (${columns.join(', ')})`;
}

function commentOf(text: string | undefined): string {
  return text === undefined ? '' : ` COMMENT ${quoteLiteral(text)}`;
}

/** Comments of its columns are not in files, no more than those of tables. */
function viewRows(environment: GovernEnvironment, view: View): readonly StateRow[] {
  if (!environment.access.manages(view)) return [];
  const name = nameOf(environment, view);
  const statement = `CREATE OR REPLACE VIEW ${name}${commentOf(view.comment)} AS ${view.query}`;
  return [[fileOf(environment, view), statement, `DROP VIEW ${name}`]];
}

function policyRows(environment: GovernEnvironment, table: Table): readonly StateRow[] {
  if (!environment.access.manages(table)) return [];
  const file = fileOf(environment, table);
  const alter = `ALTER TABLE ${nameOf(environment, table)}`;
  const call = (functionId: string): string => {
    const fn = environment.snapshot.object(functionId);
    return fn === undefined ? '' : nameOf(environment, fn);
  };
  const masks = table.columns.flatMap(({ name, mask }): readonly StateRow[] => {
    if (mask === undefined) return [];
    const using = mask.using.length === 0 ? '' : ` USING COLUMNS (${argumentList(table, mask.using)})`;
    const column = `${alter} ALTER COLUMN ${spelled(name)}`;
    return [[file, `${column} SET MASK ${call(mask.functionId)}${using}`, `${column} DROP MASK`]];
  });
  const filters = table.rowFilters.map((filter): StateRow => {
    const on = argumentList(table, filter.arguments);
    const fn = call(filter.functionId);
    return [file, `${alter} ADD ROW FILTER ${fn} ON (${on})`, `${alter} DROP ROW FILTER ${fn}`];
  });
  return [...filters, ...masks];
}

function argumentList(table: Table, list: readonly PolicyArgument[]): string {
  return list
    .map((argument) => (argument.kind === 'column' ? columnNames(table, [argument.columnId]) : argument.literal))
    .join(', ');
}

/** Only whoever may see the query of a test can keep it in a file. */
function testRow(environment: GovernEnvironment, schema: Schema, test: AccessTest): readonly StateRow[] {
  const { identity } = environment.access;
  if (!identity.isMetastoreAdmin && test.owner !== identity.user.id && !identity.groups.has(test.owner)) return [];
  const name = [...environment.snapshot.nameOf(schema.id), test.name].map(spelled).join('.');
  const user = principalOf(environment, test.userId);
  const statement = `CREATE OR REPLACE ACCESS TEST ${name} AS USER ${user} EXPECT ${expectationText(test.expectation)} FOR ${test.query}`;
  return [[fileOf(environment, schema).replace('_schema.sql', '_tests.sql'), statement, `DROP ACCESS TEST ${name}`]];
}
