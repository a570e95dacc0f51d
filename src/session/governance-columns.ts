// Columns that statements of ours answer with: found by deciding the statement, which changes nothing.
import { govern } from '../govern/govern.ts';
import type { Statement } from '../parse/statement.ts';
import type { ResultColumn } from '../sql/sql-type.ts';
import { environmentOf } from './run-governance.ts';
import type { SessionState } from './session-state.ts';

export async function governanceColumns(
  state: SessionState,
  statement: Statement,
): Promise<readonly ResultColumn[] | undefined> {
  switch (statement.kind) {
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
