// Columns that statements of ours answer with: found by deciding the statement, which changes nothing.

import { explainAccessColumns } from '../explain/explain-access.ts';
import { explainColumns } from '../explain/explain-plan.ts';
import { governanceColumns as governanceStateColumns } from '../explain/governance-state.ts';
import { dependentColumns, lineageColumns } from '../explain/lineage-answer.ts';
import { planColumns } from '../explain/plan-answer.ts';
import { whoCanColumns } from '../explain/who-can.ts';
import { accessTestColumns } from '../govern/access-tests.ts';
import { describedColumns } from '../govern/describe-query.ts';
import { govern } from '../govern/govern.ts';
import { newTokenColumns, tokenColumns } from '../govern/tokens.ts';
import type { Statement } from '../parse/statement.ts';
import { textAnswer } from '../sql/answer.ts';
import type { ResultColumn } from '../sql/sql-type.ts';
import { accessTestResultColumns } from './run-access-tests.ts';
import { environmentOf } from './run-governance.ts';
import type { SessionState } from './session-state.ts';

export async function governanceColumns(
  state: SessionState,
  statement: Statement,
): Promise<readonly ResultColumn[] | undefined> {
  switch (statement.kind) {
    // Describing must try nothing out, and the columns are always the same.
    case 'explain':
      return explainColumns(statement).map((column) => ({ ...column }));
    case 'explainAccess':
      return textColumns(explainAccessColumns);
    case 'whoCan':
      return textColumns(whoCanColumns);
    case 'plan':
      return textColumns(planColumns);
    case 'showGovernance':
      return textColumns(governanceStateColumns);
    case 'showLineage':
      return textColumns(lineageColumns);
    case 'whatDependsOn':
      return textColumns(dependentColumns);
    case 'runAccessTests':
      return textColumns(accessTestResultColumns);
    case 'showAccessTests':
      return textColumns(accessTestColumns);
    case 'createToken':
      return textColumns(newTokenColumns);
    case 'showTokens':
      return textColumns(tokenColumns);
    case 'fetch':
      return state.cursors.of(statement.name).columns;
    case 'describeQuery':
      return textColumns(describedColumns);
    case 'showGrants':
    case 'show':
    case 'describe':
    case 'showPolicies':
    case 'describePolicy':
      return (await govern(environmentOf(state), statement)).answer?.columns;
    case 'showSetting': {
      const names = statement.name === 'all' ? ['name', 'setting', 'description'] : [statement.name];
      return names.map((name) => ({ name, type: { id: 'VARCHAR' } }));
    }
    default:
      return undefined;
  }
}

function textColumns(names: readonly string[]): readonly ResultColumn[] {
  return textAnswer(names, []).columns;
}
