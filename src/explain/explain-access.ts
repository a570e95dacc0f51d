// EXPLAIN ACCESS: the tree of checks behind one query, as rows. What is told about an object depends on what the asker may
// know of it: its name to who may know it, grants of others and policies to who manages it.
import { mentionedObjects, readsInformationSchema } from '../analyze/objects-read.ts';
import type { AccessRecord } from '../authorize/access-record.ts';
import { explainForOther } from '../authorize/answer-rules.ts';
import { hiddenFrom } from '../authorize/body-rules.ts';
import type { SqlError } from '../base/sql-error.ts';
import type { GovernEnvironment } from '../govern/environment.ts';
import type { Span } from '../parse/statement.ts';
import { type Answer, textAnswer } from '../sql/answer.ts';
import { type AccessRow, type Explanation, toldText, treeRows } from './access-rows.ts';
import { type ExplainedQuery, explainedQuery, type Hypothesis, objectsUsed, sessionOf } from './explained-query.ts';

export const explainAccessColumns: readonly string[] = ['step', 'what', 'object', 'verdict', 'because'];

/** @throws SqlError what the query itself would be told of objects that the asker may not know */
export async function explainAccess(
  environment: GovernEnvironment,
  hypothesis: Hypothesis,
  query: Span,
): Promise<{ readonly answer: Answer; readonly explained: ExplainedQuery }> {
  const explained = await explainedQuery(environment, hypothesis, { query, hides: hiddenFrom(environment.access) });
  const isOther = hypothesis.identity.user.id !== environment.identity.user.id;
  if (isOther) explainForOther(environment.access, mentionedObjects(explained.resolved));
  const { authorization } = explained;
  const session = isOther ? sessionOf(environment, hypothesis.identity) : environment.session;
  const effects = authorization === undefined ? undefined : await environment.rewriter.effects(authorization, session);
  const explanation: Explanation = { environment, hypothesis, explained, effects, session };
  const rows = [...treeRows(explanation), ...(await closingRows(explanation))];
  return { answer: textAnswer(explainAccessColumns, withFirstFailure(rows)), explained };
}

async function closingRows(explanation: Explanation): Promise<readonly AccessRow[]> {
  const { environment, explained, session } = explanation;
  const { authorization, record } = explained;
  if (authorization === undefined) {
    const [denial] = record.allDenials();
    return [['', 'result', '', 'denied', denial === undefined ? '' : toldText(topDenial(record) ?? denial)]];
  }
  const result: AccessRow = ['', 'result', '', 'allowed', ''];
  // It holds the text of policies and the names of what they read, and of information_schema the rows themselves.
  const { access } = environment;
  // Identity functions stand in it as constants: of another user they are told to administrators alone.
  const isOwn = authorization.identity.user.id === access.identity.user.id || access.identity.isMetastoreAdmin;
  const isManaged = isOwn && objectsUsed(authorization).every((object) => access.answersFor(object));
  if (!isManaged || readsInformationSchema(explained.resolved)) return [result];
  const sql = await environment.rewriter.shown({ authorization, session, outputNames: 'duckdb' });
  return [result, ['', 'governed sql', '', '', sql]];
}

/** What the statement itself would be told: of a view, not of what is behind it. */
function topDenial(record: AccessRecord): SqlError | undefined {
  return record.children.flatMap((child) => child.denials)[0];
}

/** The first check that failed, in the order in which the statement meets them. */
function withFirstFailure(rows: readonly AccessRow[]): readonly AccessRow[] {
  const first = rows.findIndex(([, what, , verdict]) => verdict === 'missing' || what === 'denial');
  return rows.map((row, index) => {
    const [step, what, object, verdict, because] = row;
    return index === first ? [step, what, object, `${verdict} (first failure)`, because] : row;
  });
}
