// Expressions: what every column reference and function call means, and whether anything may fail or show.
import { display, displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ColumnRef, Expression, FunctionCall, Lambda, Star, WindowCall } from '../sql/ast.ts';
import { forEachChild, isExpression, isQueryNode } from '../sql/children.ts';
import { positionOf } from '../sql/position.ts';
import { noteDateConstants } from './date-constants.ts';
import { isCondition, safeTypeOf } from './leakproof.ts';
import { noteListParameter } from './list-parameters.ts';
import { checkNotReserved, type Resolution } from './resolution.ts';
import { checkWindowCall, resolveCall } from './resolve-call.ts';
import type { IdentityFunction } from './resolved-query.ts';
import { innerScope, meaningOf, qualifiedSource, type Scope, type Source, sourceOf, typeIn, untyped } from './scope.ts';
import { unknownType } from './value-types.ts';

/** A whole expression: nothing above it asks for its type. */
export function resolveExpression(resolution: Resolution, node: Expression, scope: Scope): void {
  resolveNode(resolution, node, scope);
  if (safeTypeOf(resolution, node) === undefined) resolution.mayLeak = true;
}

/** One that is computed of rows which nothing hides any more (late-expressions.ts): it may fail. */
export function resolveLate(resolution: Resolution, node: Expression, scope: Scope): void {
  resolveNode(resolution, node, scope);
}

/** One that DuckDB makes a BOOLEAN of: WHERE, ON, HAVING, QUALIFY. */
export function resolveCondition(resolution: Resolution, node: Expression, scope: Scope): void {
  resolveNode(resolution, node, scope);
  if (!isCondition(resolution, node)) resolution.mayLeak = true;
}

function resolveNode(resolution: Resolution, node: Expression, scope: Scope): void {
  switch (node.class) {
    case 'COLUMN_REF':
      resolveColumnRef(resolution, node, scope);
      return;
    case 'FUNCTION':
      resolveFunctionCall(resolution, node, scope);
      return;
    case 'WINDOW':
      checkWindow(node);
      break;
    case 'LAMBDA':
      resolveLambda(resolution, node, scope);
      return;
    case 'STAR':
      resolution.namesEveryColumn = false;
      checkStar(node, scope);
      resolution.reads.star(scope, node.relation_name);
      break;
    case 'PARAMETER':
      // It would mean a value of the query around the body.
      if (resolution.closed) throw new SqlError('featureNotSupported', 'a parameter may not stand in a stored body');
      break;
    case 'POSITIONAL_REFERENCE':
      resolution.namesEveryColumn = false;
      resolution.reads.star(scope, '');
      break;
    case 'DEFAULT':
      throw new SqlError('syntaxError', 'DEFAULT is not allowed in this context', positionOf(node));
    default:
      break;
  }
  resolveChildren(resolution, node, scope);
  noteDateConstants(resolution, node);
  noteListParameter(resolution, node);
}

function resolveChildren(resolution: Resolution, node: Expression, scope: Scope): void {
  forEachChild(node, (child) => {
    if (isExpression(child)) resolveNode(resolution, child, scope);
    else if (isQueryNode(child)) resolution.resolver.queryNode(resolution, child, scope);
    else resolution.resolver.from(resolution, child, scope);
  });
}

function checkWindow(node: WindowCall): void {
  checkWindowCall(node);
}

function resolveFunctionCall(resolution: Resolution, node: FunctionCall, scope: Scope): void {
  resolveCall(resolution, node);
  resolveChildren(resolution, node, scope);
}

/** The printer leaves a star's qualifier unquoted: it must be an alias in scope, nothing else. */
function checkStar(node: Star, scope: Scope): void {
  if (node.relation_name === '' || sourceOf(scope, node.relation_name) !== undefined) return;
  throw new SqlError('undefinedTable', `missing FROM-clause entry for table ${node.relation_name}`, positionOf(node));
}

/** `x -> …`, `(a, b) -> …`, `lambda x: …`: the parameters are names of their own. */
function resolveLambda(resolution: Resolution, node: Lambda, scope: Scope): void {
  const parameters = lambdaParameters(node.lhs);
  if (parameters === undefined) {
    // `->` between two values is the JSON operator spelled as a lambda: both sides are expressions.
    resolveNode(resolution, node.lhs, scope);
    resolveNode(resolution, node.expr, scope);
    return;
  }
  const source: Source = { alias: '', home: undefined, columns: untyped(parameters), use: undefined, isLambda: true };
  resolveNode(resolution, node.expr, innerScope(scope, [source]));
  // The left side may after all be a column (DuckDB decides by the function around it).
  resolveNode(resolution, node.lhs, innerScope(scope, [source]));
}

function lambdaParameters(lhs: Expression): readonly string[] | undefined {
  const names = lhs.class === 'FUNCTION' && lhs.function_name === 'row' ? lhs.children : [lhs];
  const plain = names.every((name) => name.class === 'COLUMN_REF' && name.column_names.length === 1);
  return plain ? names.map((name) => (name.class === 'COLUMN_REF' ? (name.column_names[0] ?? '') : '')) : undefined;
}

/** Bare words that DuckDB turns into functions of its own when no column has the name. */
const identityWords: ReadonlyMap<string, IdentityFunction> = new Map([
  ['current_user', 'current_user'],
  ['user', 'current_user'],
  ['session_user', 'session_user'],
  ['current_role', 'current_user'],
  ['current_catalog', 'current_catalog'],
  ['current_schema', 'current_schema'],
]);

/** Others that DuckDB reads as functions. */
const engineWords: ReadonlySet<string> = new Set([
  'current_date',
  'current_time',
  'current_timestamp',
  'localtime',
  'localtimestamp',
]);

function resolveColumnRef(resolution: Resolution, node: ColumnRef, scope: Scope): void {
  const [first = '', ...rest] = node.column_names;
  checkNotReserved(...node.column_names);
  resolution.reads.columns(scope, first);
  if (rest.length === 0) {
    resolution.reads.rows(scope, first);
    resolvePlainName(resolution, node, { name: first, scope });
    return;
  }
  const qualified = qualifiedSource(scope, node.column_names);
  if (qualified === undefined) {
    refuseParameterField(node, scope);
    checkField(resolution, node, scope);
    return;
  }
  const { source, path, certain } = qualified;
  if (!certain) {
    resolution.reads.column(source, path[0] ?? '');
    return;
  }
  if (lacks(source, path[0] ?? '') && meaningOf(scope, first).kind === 'missing') refuseUnbound(resolution, node);
  // Only the alias remains, since the table becomes a subquery.
  if (path.length < rest.length) resolution.columnNames.set(node, [source.alias, ...path]);
  noteSource(resolution, node, { source, column: path[0] ?? '', path });
}

function lacks(source: Source, column: string): boolean {
  return source.columns?.every(({ name }) => fold(name) !== fold(column)) === true;
}

function resolvePlainName(
  resolution: Resolution,
  node: ColumnRef,
  { name, scope }: { readonly name: string; readonly scope: Scope },
): void {
  const meaning = meaningOf(scope, name);
  // One word reads one column, whichever it is; only a known one has a type.
  resolution.columnTypes.set(node, unknownType);
  switch (meaning.kind) {
    case 'column':
      // An alias is not visible everywhere below it, and DuckDB then looks further out.
      if (meaning.source.aliases !== undefined && isPhysicalName(name)) refuseUnbound(resolution, node);
      noteSource(resolution, node, { source: meaning.source, column: name, path: [name] });
      if (namesAlias(scope, name)) resolution.columnTypes.set(node, unknownType);
      return;
    case 'parameter':
      resolution.parameterRefs.set(node, meaning.index);
      return;
    case 'ambiguous':
      throw new SqlError(
        'ambiguousColumn',
        `${display(name)} is a parameter of the function and a column in its body`,
        {
          ...positionOf(node),
          hint: 'Qualify the column, or give the parameter another name.',
        },
      );
    case 'someColumn':
      resolution.namesEveryColumn = false;
      return;
    case 'unknown':
      if (isPhysicalName(name)) refuseUnbound(resolution, node);
      resolution.namesEveryColumn = false;
      refuseIdentityWord(node, name);
      return;
    case 'missing': {
      const identity = identityWords.get(fold(name));
      if (identity !== undefined) resolution.identities.set(node, identity);
      else if (engineWords.has(fold(name)) || sourceOf(scope, name) !== undefined) resolution.namesEveryColumn = false;
      else refuseUnbound(resolution, node);
    }
  }
}

/** Left to DuckDB the word would mean its own session wherever no column has the name. */
function refuseIdentityWord(node: ColumnRef, name: string): void {
  if (!identityWords.has(fold(name))) return;
  throw new SqlError('featureNotSupported', `${fold(name)} may be a column here`, {
    ...positionOf(node),
    hint: `Write ${fold(name)}() for the function, or qualify the column.`,
  });
}

/** What columns are called inside a guard: a body that is written into one must not reach them. */
function isPhysicalName(name: string): boolean {
  return /^(k\d+|rowid)$/.test(fold(name));
}

/**
 * A stored body is written into other trees: a name that is neither a parameter nor in its own scope (a column dropped since, say)
 * would mean whatever has that name there, such as the raw column of a table that the function masks, or what the client chose
 * for a view to filter by.
 */
function refuseUnbound(resolution: Resolution, node: ColumnRef): void {
  resolution.namesEveryColumn = false;
  resolution.unboundNames.push(node);
  if (!resolution.closed) return;
  const message = `column ${displayName(node.column_names)} does not exist`;
  throw new SqlError('undefinedColumn', message, positionOf(node));
}

/** `p.f` with p a parameter would need the argument's fields: nothing a policy needs that struct_extract cannot say. */
function refuseParameterField(node: ColumnRef, scope: Scope): void {
  const meaning = meaningOf(scope, node.column_names[0] ?? '');
  if (meaning.kind !== 'parameter') return;
  throw new SqlError('featureNotSupported', 'fields of a parameter must be read with struct_extract', {
    ...positionOf(node),
    hint: `Write struct_extract(${node.column_names.join(", '")}').`,
  });
}

/** `c.f` that names no table: c is a column of some scope here, or nothing. */
function checkField(resolution: Resolution, node: ColumnRef, scope: Scope): void {
  const [first = ''] = node.column_names;
  const meaning = meaningOf(scope, first).kind;
  if (meaning === 'column' || (meaning === 'unknown' && !isPhysicalName(first))) return;
  refuseUnbound(resolution, node);
}

function noteSource(
  resolution: Resolution,
  node: ColumnRef,
  { source, column, path }: { readonly source: Source; readonly column: string; readonly path: readonly string[] },
): void {
  const known = source.columns?.some(({ name }) => fold(name) === fold(column)) === true;
  // Fields of a column are read by functions, of which nothing is said here.
  resolution.reads.column(source, column);
  if (path.length === 1) resolution.columnTypes.set(node, known ? typeIn(source, column) : unknownType);
  if (known) resolution.columnHomes.set(node, source);
  if (known && source.use !== undefined) resolution.columnSources.set(node, { use: source.use, column });
}

/** In some clauses an alias of the select list goes before the column of that name. */
function namesAlias(scope: Scope, name: string): boolean {
  const wanted = fold(name);
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    if (at.sources.some((source) => source.aliases?.has(wanted) === true)) return true;
  }
  return false;
}
