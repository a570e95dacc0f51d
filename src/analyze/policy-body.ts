// What a function must be to serve as a mask or filter: the same value for the same row, one value for one row, and made of
// what its names meant when it was created. Asked when a policy is set and again for every plan, in one place.
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ObjectId } from '../catalog/securable.ts';
import type { Expression, Node } from '../sql/ast.ts';
import { forEachChild, isExpression, walk } from '../sql/children.ts';
import { aggregateClassOf, functionClassOf } from './functions/function-catalog.ts';
import type { RelationUse, ResolvedFunction, ResolvedQuery, ResolvedTableFunction, ViewUse } from './resolved-query.ts';

const judged = new WeakMap<ResolvedFunction, SqlError | 'sound'>();

/** What keeps the function from being a policy; undefined: nothing. */
export function policyProblem(fn: ResolvedFunction): SqlError | undefined {
  const known = judged.get(fn) ?? problemOf(fn) ?? 'sound';
  judged.set(fn, known);
  return known === 'sound' ? undefined : known;
}

function problemOf(fn: ResolvedFunction): SqlError | undefined {
  const parts = partsOf(fn);
  if (parts.readsSystem) return invalid(fn, 'reads information_schema');
  for (const each of parts.functions) {
    const found =
      perRowProblem(each.body) ??
      repeatableProblem(each.body) ??
      callProblem(each.facts) ??
      bindingProblem(each.function, each.facts);
    if (found !== undefined) return invalid(fn, found);
  }
  for (const { function: called, facts } of parts.tableFunctions) {
    const found = repeatableProblem(facts.statement.node) ?? callProblem(facts) ?? bindingProblem(called, facts);
    if (found !== undefined) return invalid(fn, found);
  }
  for (const { view, body } of parts.views) {
    const unbound = body.unboundNames.length > 0 ? 'reads a view that names a column which does not exist' : undefined;
    const found = unbound ?? repeatableProblem(body.statement.node) ?? callProblem(body) ?? bindingProblem(view, body);
    if (found !== undefined) return invalid(fn, found);
  }
  return undefined;
}

function invalid(fn: ResolvedFunction, problem: string): SqlError {
  const name = displayName([fn.function.name]);
  return new SqlError('invalidObjectDefinition', `function ${name} cannot be a mask or row filter: it ${problem}`);
}

export interface PolicyParts {
  /** The function itself first. */
  readonly functions: readonly ResolvedFunction[];
  readonly tableFunctions: readonly ResolvedTableFunction[];
  readonly views: readonly ViewUse[];
  /** Rows of information_schema depend on who asks, as those of a table with policies do. */
  readonly readsSystem: boolean;
  readonly tables: readonly Extract<RelationUse, { kind: 'table' }>[];
}

/** Everything a policy is made of, through functions and views. Bodies are finite: cycles were refused when resolving. */
export function partsOf(fn: ResolvedFunction): PolicyParts {
  const functions = new Map<ObjectId, ResolvedFunction>([[fn.function.id, fn]]);
  const views = new Map<ObjectId, ViewUse>();
  const tableFunctions = new Map<ObjectId, ResolvedTableFunction>();
  const tables: Extract<RelationUse, { kind: 'table' }>[] = [];
  let readsSystem = false;
  const pending: ResolvedQuery[] = [fn.facts];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const { resolved } of next.functions) {
      if (functions.has(resolved.function.id)) continue;
      functions.set(resolved.function.id, resolved);
      pending.push(resolved.facts);
    }
    for (const { resolved } of next.tableFunctions) {
      if (tableFunctions.has(resolved.function.id)) continue;
      tableFunctions.set(resolved.function.id, resolved);
      pending.push(resolved.facts);
    }
    for (const use of next.relations) {
      if (use.kind === 'table') tables.push(use);
      else if (use.kind === 'system') readsSystem = true;
      else if (!views.has(use.view.id)) {
        views.set(use.view.id, use);
        pending.push(use.body);
      }
    }
  }
  return {
    functions: [...functions.values()],
    tableFunctions: [...tableFunctions.values()],
    views: [...views.values()],
    tables,
    readsSystem,
  };
}

/** A body stands in the select list or WHERE of its table: what counts rows or makes rows may stand in its subqueries only. */
function perRowProblem(node: Expression): string | undefined {
  const own = ownProblem(node);
  if (own !== undefined) return own;
  let found: string | undefined;
  forEachChild(node, (child) => {
    if (isExpression(child)) found ??= perRowProblem(child);
  });
  return found;
}

function ownProblem(node: Expression): string | undefined {
  switch (node.class) {
    case 'WINDOW':
      return 'calls a window function';
    case 'STAR':
    case 'POSITIONAL_REFERENCE':
      return 'names columns by a star or by position';
    case 'FUNCTION': {
      const name = node.function_name;
      if (functionClassOf(name)?.kind === 'unnesting') return `calls ${name}, which makes several rows of one`;
      return functionClassOf(name) === undefined && aggregateClassOf(name) !== undefined
        ? `calls the aggregate ${name}`
        : undefined;
    }
    default:
      return undefined;
  }
}

/** Reading the table twice must show the same. The clock stands still within a statement, so it may be read. */
function repeatableProblem(tree: Node): string | undefined {
  let found: string | undefined;
  walk(tree, (node) => {
    if ('sample' in node && node.sample !== null) found ??= 'takes a sample';
    const volatile =
      'class' in node && node.class === 'FUNCTION' && functionClassOf(node.function_name)?.kind === 'volatile';
    if (volatile) found ??= `calls ${node.function_name}, which differs from call to call`;
    return found === undefined;
  });
  return found;
}

/** A function that it calls may have been replaced; a view that it reads may no longer fit what that reads. */
function callProblem(facts: ResolvedQuery): string | undefined {
  if (facts.broken.length > 0) return 'uses a view or function that no longer fits what it reads';
  const fits = facts.functions.every(({ node, resolved: { parameters } }) => {
    const needed = parameters.filter((parameter) => parameter.default === undefined).length;
    return node.children.length >= needed && node.children.length <= parameters.length;
  });
  return fits ? undefined : 'calls a function with another number of arguments than it takes';
}

/** Another object may have taken a name since: it must not silently become part of a policy. */
function bindingProblem(
  body: { readonly dependencies?: readonly ObjectId[] },
  facts: ResolvedQuery,
): string | undefined {
  const meant = new Set(body.dependencies ?? []);
  return dependenciesOf(facts).every((id) => meant.has(id))
    ? undefined
    : 'was made when one of its names meant another object; create it again';
}

/** The objects that the names of a body mean now. */
export function dependenciesOf(facts: ResolvedQuery): readonly ObjectId[] {
  const relations = facts.relations.flatMap((use) => {
    if (use.kind === 'system') return [];
    return use.kind === 'table' ? [use.table.id] : [use.view.id];
  });
  const called = [...facts.functions, ...facts.tableFunctions].map((use) => use.resolved.function.id);
  return [...new Set([...relations, ...called])];
}
