// CREATE VIEW: stored as its creator wrote it, checked as its creator may read it.
import { bindingsOf } from '../analyze/bindings.ts';
import { brokenObject } from '../authorize/body-rules.ts';
import { createTable as mayCreateView, replaceBody } from '../authorize/rules.ts';
import { displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { View } from '../catalog/securable.ts';
import type { ShellStatement } from '../parse/statement.ts';
import { viewQuery } from '../parse/view-query.ts';
import { created } from './containers.ts';
import { contextOf, type GovernEnvironment, type Governed, type NamedType } from './environment.ts';
import { homeFor, touched, viewNamed } from './find.ts';
import { queryParts } from './query-parts.ts';
import { queryWritten } from './written-lineage.ts';

type CreateView = Extract<ShellStatement, { kind: 'createView' }>;

export async function createView(environment: GovernEnvironment, statement: CreateView): Promise<Governed> {
  const { schema, name } = homeFor(environment, statement.name);
  // ALTER VIEW … AS makes nothing: a view that may not be known reads like one that is not there.
  const altered = statement.mustExist === true ? viewNamed(environment, statement.name) : undefined;
  if (altered === undefined) mayCreateView(environment.access, schema);
  const known = altered ?? environment.snapshot.relationByName(schema.id, name);
  const shown = displayName([...environment.snapshot.nameOf(schema.id), name]);
  if (known !== undefined && !statement.orReplace) {
    if (statement.ifNotExists) return { tag: 'CREATE VIEW', notice: `${known.kind} ${shown} already exists, skipping` };
    throw new SqlError('duplicateTable', `${known.kind} ${shown} already exists`, { position: statement.name.offset });
  }
  if (known?.kind === 'table') throw new SqlError('wrongObjectType', `${shown} is a table`);
  if (known !== undefined) replaceBody(environment.access, known);
  const parts = await queryParts(environment, statement.as);
  const view: View = {
    kind: 'view',
    schemaId: schema.id,
    ...(known ?? created(environment, name, statement.comment)),
    comment: statement.comment ?? known?.comment,
    columns: columnsOf(statement, parts.columns, known),
    query: viewQuery(statement),
    context: contextOf(environment),
    ...bindingsOf(environment.snapshot, parts.authorization.resolved),
  };
  await checkBody(environment, view);
  return {
    tag: altered === undefined ? 'CREATE VIEW' : 'ALTER VIEW',
    changes: [{ kind: known === undefined ? 'createView' : 'replaceView', view }],
    // It holds for whoever reads: no reader's masks.
    lineage: queryWritten(view, { authorization: parts.authorization, effects: [] }, undefined),
    touched: [...parts.touched, touched(environment, schema, 'CREATE TABLE')],
  };
}

/** As it will stand in other queries: closed, without a loop. */
async function checkBody({ analyzer, snapshot, access }: GovernEnvironment, view: View): Promise<void> {
  const { broken } = await analyzer.draftView(snapshot, view);
  for (const use of broken) brokenObject(access, use.object, use);
}

/** Comments of columns that stay are kept, as grants are. */
function columnsOf(statement: CreateView, outputs: readonly NamedType[], before: View | undefined): View['columns'] {
  if (statement.columns.length > outputs.length) {
    throw new SqlError('syntaxError', 'CREATE VIEW specifies more column names than columns');
  }
  const seen = new Set<string>();
  return outputs.map(({ name, type }, index) => {
    const given = statement.columns[index];
    const called = given?.name ?? name;
    const same = before?.columns.find((each) => fold(each.name) === fold(called));
    const column = { name: called, type, comment: given?.comment ?? same?.comment };
    if (seen.has(fold(column.name))) {
      throw new SqlError('duplicateColumn', `column ${displayName([column.name])} specified more than once`);
    }
    seen.add(fold(column.name));
    return column;
  });
}
