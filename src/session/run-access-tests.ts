// Runs access tests: as their users, on the catalog given, giving no row to anybody.

import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { AccessTest } from '../catalog/access-test.ts';
import { decideTest, type TestVerdict } from '../explain/access-test-verdict.ts';
import type { GovernEnvironment } from '../govern/environment.ts';
import { countRows } from './run-sealed.ts';
import type { SessionState } from './session-state.ts';

export const accessTestResultColumns: readonly string[] = ['schema', 'test', 'passed', 'expected', 'actual'];

/** @param environment of whoever runs it, on the catalog that is tested; a place in the engine is taken before */
export async function runAccessTest(
  state: SessionState,
  environment: GovernEnvironment,
  test: AccessTest,
): Promise<TestVerdict> {
  const decision = await decideTest(environment, test);
  if (decision.kind === 'decided') return decision.verdict;
  const { authorization, environment: inPlace, isShown } = decision;
  const { rewriter, session } = inPlace;
  const expected = test.expectation.kind === 'rows' ? test.expectation.count : '';
  try {
    const { executable } = await rewriter.query({ authorization, session, outputNames: 'duckdb' });
    const rows = await countRows(state, executable, limits.accessTestRowsMax);
    if (rows > limits.accessTestRowsMax) {
      return { passed: false, actual: `more than ${String(limits.accessTestRowsMax)} rows`, isShown };
    }
    return { passed: BigInt(rows) === BigInt(expected), actual: `ROWS ${String(rows)}`, isShown };
  } catch (error) {
    const told = state.clientError(error);
    // A cancel stops the statement, not one test.
    if (told.condition === 'queryCanceled' || !(error instanceof SqlError)) throw error;
    return { passed: false, actual: `error ${told.sqlState}`, isShown };
  }
}
