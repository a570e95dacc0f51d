// A function call: one of the session's, one of DuckDB's that has been reviewed, or a SQL function of the catalog. Anything
// else is refused.
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { SqlFunction } from '../catalog/securable.ts';
import type { Expression, FunctionCall, TableFunction, WindowCall } from '../sql/ast.ts';
import { isExpression, walk } from '../sql/children.ts';
import { positionOf } from '../sql/position.ts';
import { checkConstantGuards, dynamicGuards } from './amplification.ts';
import {
  aggregateClassOf,
  functionClassOf,
  isBuiltInPath,
  listAggregateNameAllowed,
  mayAccumulate,
  windowClassOf,
} from './functions/function-catalog.ts';
import type { FunctionClass } from './functions/function-class.ts';
import { findFunction, fullName } from './name-resolution.ts';
import { patternGuard } from './pattern-calls.ts';
import type { Resolution } from './resolution.ts';
import type { IdentityFunction, Mention } from './resolved-query.ts';

/** @throws SqlError undefinedFunction, featureNotSupported */
export function resolveCall(resolution: Resolution, node: FunctionCall): void {
  if (node.export_state) throw notSupported(node, 'EXPORT_STATE');
  const { catalog, schema, function_name: name } = node;
  const known = isBuiltInPath({ catalog, schema, name })
    ? (functionClassOf(name) ?? aggregateClassOf(name))
    : undefined;
  if (known === undefined) resolveCatalogFunction(resolution, node);
  else resolveBuiltIn(resolution, node, known);
}

function notSupported(node: FunctionCall | WindowCall, what: string): SqlError {
  return new SqlError('featureNotSupported', `${what} is not supported`, positionOf(node));
}

/** A call in a FROM clause; the caller has looked at DuckDB's own names. */
export function resolveTableCall(resolution: Resolution, ref: TableFunction, call: FunctionCall): SqlFunction {
  const { fn, mention } = calledFunction(resolution, call);
  const resolved = resolution.bodies.tableFunction(fn);
  if (resolved instanceof SqlError) resolution.broken.push({ object: fn, mention, reason: resolved });
  else resolution.tableFunctions.push({ node: ref, call, mention, resolved });
  return fn;
}

function resolveCatalogFunction(resolution: Resolution, node: FunctionCall): void {
  const { fn, mention } = calledFunction(resolution, node);
  const resolved = resolution.bodies.function(fn);
  // Nobody has asked yet whether the function may be known; whether the call fits it is looked at after that
  // (rewrite/call-arguments.ts).
  if (resolved instanceof SqlError) resolution.broken.push({ object: fn, mention, reason: resolved });
  else resolution.functions.push({ node, mention, resolved });
}

function calledFunction(
  resolution: Resolution,
  node: FunctionCall,
): { readonly fn: SqlFunction; readonly mention: Mention } {
  const names = [node.catalog, node.schema, node.function_name].filter((part) => part !== '');
  const written = displayName(names.length === 1 ? names : fullName(resolution.path, names));
  const mention: Mention = { written, ...positionOf(node) };
  const fn = findFunction(resolution.snapshot, resolution.path, names);
  const hidden = fn === undefined ? undefined : resolution.hides(fn);
  if (fn === undefined || hidden !== undefined) throw missingFunction(mention, hidden);
  return { fn, mention };
}

/** What authorize/rules.ts says of a hidden one, word for word. */
function missingFunction({ written, position }: Mention, cause?: object): SqlError {
  const place = position === undefined ? {} : { position };
  return new SqlError('undefinedFunction', `function ${written} does not exist`, { ...place, cause });
}

const identities: ReadonlyMap<string, IdentityFunction> = new Map([
  ['current_user', 'current_user'],
  ['user', 'current_user'],
  ['current_role', 'current_user'],
  ['session_user', 'session_user'],
  ['current_catalog', 'current_catalog'],
  ['current_database', 'current_catalog'],
  ['current_schema', 'current_schema'],
  ['current_schemas', 'current_schemas'],
  ['version', 'version'],
  ['is_account_group_member', 'is_account_group_member'],
  ['is_member', 'is_member'],
  ['current_user_attribute', 'current_user_attribute'],
]);

function resolveBuiltIn(resolution: Resolution, node: FunctionCall, known: FunctionClass): void {
  switch (known.kind) {
    case 'refused':
      throw notSupported(node, `function ${node.function_name}`);
    case 'identity': {
      const identity = identities.get(node.function_name);
      if (identity === undefined) throw notSupported(node, `function ${node.function_name}`);
      resolution.identities.set(node, identity);
      return;
    }
    case 'amplifying': {
      checkConstantGuards(node, known.guards);
      const dynamic = dynamicGuards(node, known.guards);
      if (dynamic.length > 0) resolution.guardedCalls.set(node, dynamic);
      return;
    }
    case 'aggregateByName':
      checkAggregateName(node);
      return;
    case 'lambda':
      if (known.accumulates) checkAccumulation(node);
      resolution.lambdaCalls.push(node);
      return;
    case 'pattern': {
      const guard = patternGuard(known, node);
      if (guard !== undefined) resolution.guardedCalls.set(node, [guard]);
      return;
    }
    default:
      return;
  }
}

/** list_aggregate(list, 'name'): the name is a function call in disguise. */
function checkAggregateName(node: FunctionCall): void {
  const name = node.children[1];
  const text = name?.class === 'CONSTANT' && !name.value.is_null ? name.value.value : undefined;
  if (typeof text === 'string' && listAggregateNameAllowed(text)) return;
  throw notSupported(node, `this aggregate in ${node.function_name}`);
}

/** list_reduce feeds each result into the next call: a body that doubles it would grow without bound. */
function checkAccumulation(node: FunctionCall): void {
  for (const child of node.children) if (child.class === 'LAMBDA') checkAccumulatingBody(node, child.lhs, child.expr);
}

function checkAccumulatingBody(node: FunctionCall, lhs: Expression, body: Expression): void {
  const accumulator = lhs.class === 'FUNCTION' ? lhs.children[0] : lhs;
  const name = accumulator?.class === 'COLUMN_REF' ? accumulator.column_names[0] : undefined;
  let mentions = 0;
  walk(body, (inner) => {
    if (!isExpression(inner)) throw notSupported(node, 'a subquery in list_reduce');
    if (inner.class === 'FUNCTION' && !mayAccumulate(inner.function_name)) {
      throw notSupported(node, `function ${inner.function_name} in list_reduce`);
    }
    if (inner.class === 'COLUMN_REF' && inner.column_names[0]?.toLowerCase() === name?.toLowerCase()) mentions += 1;
    return true;
  });
  if (mentions > 1) throw notSupported(node, 'using the accumulator of list_reduce twice');
}

export function checkWindowCall(node: WindowCall): void {
  const builtIn = isBuiltInPath({ catalog: node.catalog, schema: node.schema, name: node.function_name });
  const known = builtIn ? windowClassOf(node.function_name) : undefined;
  if (known === undefined || known.kind === 'refused')
    throw notSupported(node, `window function ${node.function_name}`);
  if (known.kind === 'amplifying') checkConstantGuards(node, known.guards);
}
