// What a call of a SQL function gives for each parameter: by position, by name (`f(b => 1)`), or the parameter's default.
// Looked at after authorization: how a function is called tells what it is.
import type { ResolvedParameter } from '../analyze/resolved-query.ts';
import { fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { SqlFunction } from '../catalog/securable.ts';
import type { Expression, FunctionCall } from '../sql/ast.ts';
import { cast, named } from '../sql/build.ts';
import { positionOf } from '../sql/position.ts';

interface Called {
  readonly function: SqlFunction;
  readonly parameters: readonly ResolvedParameter[];
}

/** @returns one value a parameter, in its type. @throws SqlError undefinedFunction, featureNotSupported */
export function callArguments(
  called: Called,
  call: FunctionCall,
  rewrite: (argument: Expression) => Expression,
): readonly Expression[] {
  if (call.filter !== null || call.distinct || call.order_bys.orders.length > 0) {
    const message = 'FILTER, DISTINCT or ORDER BY in a SQL function is not supported';
    throw new SqlError('featureNotSupported', message, positionOf(call));
  }
  const given = placed(called, call);
  return called.parameters.map((parameter, index) => {
    const argument = given.get(index);
    const value = argument === undefined ? parameter.default : rewrite(argument);
    if (value === undefined) throw misfit(called, call, `has no value for parameter ${parameter.name}`);
    return cast(named(value, ''), parameter.type);
  });
}

/** DuckDB's tree has the name of a named argument as its alias. */
function placed(called: Called, call: FunctionCall): ReadonlyMap<number, Expression> {
  const given = new Map<number, Expression>();
  let namesBegan = false;
  for (const [position, argument] of call.children.entries()) {
    const byName = argument.alias !== '';
    const index = byName ? called.parameters.findIndex(({ name }) => fold(name) === fold(argument.alias)) : position;
    if (byName && index < 0) throw misfit(called, call, `has no parameter ${argument.alias}`);
    namesBegan ||= byName;
    if (!byName && namesBegan) throw misfit(called, call, 'takes positional arguments before named ones');
    if (index >= called.parameters.length) {
      throw misfit(called, call, `takes ${String(called.parameters.length)} argument(s)`);
    }
    if (given.has(index))
      throw misfit(called, call, `is given parameter ${called.parameters[index]?.name ?? ''} twice`);
    given.set(index, argument);
  }
  return given;
}

function misfit({ function: fn }: Called, call: FunctionCall, what: string): SqlError {
  return new SqlError('undefinedFunction', `function ${fn.name} ${what}`, positionOf(call));
}
