// The barrier: what keeps expressions of a client above a guard's filter, whatever DuckDB's optimizer reorders.
import type { Modifier } from '../sql/ast.ts';
import { integerConstant } from '../sql/build.ts';

/** Measured (docs/enforcement.md): DuckDB moves no expression below a limit, whatever its value. */
export const barrier: readonly Modifier[] = [
  { type: 'LIMIT_MODIFIER', limit: integerConstant('9223372036854775807'), offset: null },
];
