// What an unknown name of a query probably meant, and where it stands: only of what the asker may know, and nothing is decided by
// it. It looks again at a statement that has already been refused.
import { distance } from 'fastest-levenshtein';
import { reviewedNames } from '../analyze/functions/function-catalog.ts';
import type { RelationUse, SearchPath } from '../analyze/resolved-query.ts';
import { Access } from '../authorize/access.ts';
import type { Authorization } from '../authorize/authorization.ts';
import { displayName, fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import { columnIdOf, type Schema, type SqlFunction, type Table, type View } from '../catalog/securable.ts';
import type { Span, Statement } from '../parse/statement.ts';
import type { Node } from '../sql/ast.ts';
import { forEachChild } from '../sql/children.ts';
import { positionOf } from '../sql/position.ts';
import { authorizeText } from './plan-query.ts';
import type { SessionState } from './session-state.ts';

/** The same error, with a hint and its position where they can be told. Never another one. */
export async function withNameHint(state: SessionState, statement: Statement, error: SqlError): Promise<SqlError> {
  if (statement.kind !== 'query' || error.hint !== undefined || error.detail !== undefined) return error;
  try {
    switch (error.condition) {
      case 'undefinedColumn':
        return await columnHint(state, statement.query, error);
      case 'undefinedTable':
      case 'undefinedFunction':
        return await objectHint(state, statement.query, error);
      default:
        return error;
    }
  } catch {
    // What is told is the error that there was.
    return error;
  }
}

async function columnHint(state: SessionState, { text, offset }: Span, error: SqlError): Promise<SqlError> {
  const authorization = await authorizeText(state.services, text, state.planRequest(state.snapshot()));
  const unbound = authorization.resolved.unboundNames;
  const lastOf = (names: readonly string[]): string => names.at(-1) ?? '';
  const said = unbound.find(({ column_names }) => fold(error.message).includes(`"${fold(lastOf(column_names))}"`));
  const node = said ?? (unbound.length === 1 ? unbound[0] : undefined);
  if (node === undefined) return error;
  const name = lastOf(node.column_names);
  const known = authorization.resolved.relations.flatMap((use) => readableNames(authorization, use));
  const [near] = nearest(name, known);
  const place = positionOf(node).position;
  // As PostgreSQL quotes it.
  const written = node.column_names.length === 1 ? `"${name}"` : displayName(node.column_names);
  return new SqlError(error.condition, `column ${written} does not exist`, {
    ...(place === undefined ? {} : { position: offset + place }),
    ...(near === undefined ? {} : { hint: `Perhaps you meant the column ${displayName([near])}.` }),
    cause: error.cause,
  });
}

/** Columns that were not granted are not told. */
function readableNames({ guards, readableOfViews }: Authorization, use: RelationUse): readonly string[] {
  switch (use.kind) {
    case 'table': {
      const guard = guards.get(use);
      const columns = use.table.columns.filter(({ id }) => guard?.readable === undefined || guard.readable.has(id));
      return guard === undefined ? [] : columns.map(({ name }) => name);
    }
    case 'view': {
      const readable = readableOfViews.get(use);
      const columns = use.view.columns.filter((column) => readable === undefined || readable.has(columnIdOf(column)));
      return columns.map(({ name }) => name);
    }
    case 'system':
      return use.relation.columns.map(({ name }) => name);
  }
}

async function objectHint(state: SessionState, { text, offset }: Span, error: SqlError): Promise<SqlError> {
  const statement = await state.services.codec.parse(text);
  const names = namesAt(statement.node, (error.position ?? -1) - offset);
  if (names === undefined) return error;
  const snapshot = state.snapshot();
  const access = new Access(snapshot, state.identity(snapshot), state.services.clock.now());
  const isFunction = error.condition === 'undefinedFunction';
  const wanted: Wanted = { names, isFunction };
  const [meant, ...others] = [...sameName(access, wanted), ...nearName(access, wanted, state.path)];
  const builtIn = isFunction && names.length === 1 ? nearest(names[0] ?? '', builtInNames) : [];
  const told = [meant, ...builtIn, ...others].filter((name) => name !== undefined).slice(0, limits.nameHintsMax);
  if (told.length === 0) return error;
  const { condition, message, position, cause } = error;
  const place = position === undefined ? {} : { position };
  return new SqlError(condition, message, { ...place, hint: `Perhaps you meant ${told.join(' or ')}.`, cause });
}

/** The name of the relation or function that stands there. */
function namesAt(root: Node, position: number): readonly string[] | undefined {
  let found: readonly string[] | undefined;
  const visit = (node: Node): void => {
    if (found === undefined) found = namesOf(node, position);
    if (found === undefined) forEachChild(node, visit);
  };
  visit(root);
  return found;
}

function namesOf(node: Node, position: number): readonly string[] | undefined {
  if (!('query_location' in node) || positionOf(node).position !== position) return undefined;
  const parts = ((): readonly string[] => {
    if ('table_name' in node) return [node.catalog_name, node.schema_name, node.table_name];
    return 'function_name' in node ? [node.catalog, node.schema, node.function_name] : [];
  })();
  const names = parts.filter((part) => part !== '');
  return names.length === 0 ? undefined : names;
}

const builtInNames: readonly string[] = [
  ...reviewedNames.scalar.keys(),
  ...reviewedNames.aggregate.keys(),
  ...reviewedNames.windowOnly,
].filter((name) => /^[a-z]/.test(name));

type Named = Table | View | SqlFunction;

interface Wanted {
  readonly names: readonly string[];
  readonly isFunction: boolean;
}

/** Objects of the very name in other schemas. */
function sameName(access: Access, { names, isFunction }: Wanted): readonly string[] {
  const { snapshot } = access;
  const name = names.at(-1) ?? '';
  const found: Named[] = [];
  for (const catalog of snapshot.catalogs()) {
    for (const schema of snapshot.schemasOf(catalog.id)) {
      const object = isFunction ? snapshot.functionByName(schema.id, name) : snapshot.relationByName(schema.id, name);
      if (object !== undefined && access.knows(object)) found.push(object);
      if (found.length >= limits.nameHintsMax) return found.map((each) => shown(access, each));
    }
  }
  return found.map((each) => shown(access, each));
}

/** Objects of a similar name where the name was looked for. */
function nearName(access: Access, { names, isFunction }: Wanted, { catalog, schemas }: SearchPath): readonly string[] {
  const { snapshot } = access;
  const wanted = names.at(-1) ?? '';
  const homes = names.length === 1 ? schemas : [[names.at(-3) ?? catalog, names.at(-2) ?? ''] as const];
  const objects = homes.flatMap(([catalogName, schemaName]): readonly Named[] => {
    const home: Schema | undefined = snapshot.schemaByName(snapshot.catalogByName(catalogName)?.id ?? '', schemaName);
    if (home === undefined) return [];
    return isFunction ? snapshot.functionsOf(home.id) : snapshot.relationsOf(home.id);
  });
  const near = new Set(
    nearest(
      wanted,
      objects.map(({ name }) => name),
    ),
  );
  return objects
    .filter((each) => near.has(each.name) && fold(each.name) !== fold(wanted) && access.knows(each))
    .map((each) => shown(access, each));
}

function shown(access: Access, object: Named): string {
  return displayName(access.snapshot.nameOf(object.id));
}

/** The names that a slip of the fingers is away, nearest first. */
function nearest(wanted: string, names: readonly string[]): readonly string[] {
  const slips = wanted.length > 5 ? 2 : Math.min(1, wanted.length - 1);
  return [...new Set(names)]
    .map((name) => ({ name, slipped: distance(fold(name), fold(wanted)) }))
    .filter(({ slipped }) => slipped <= slips)
    .toSorted((a, b) => a.slipped - b.slipped)
    .slice(0, limits.nameHintsMax)
    .map(({ name }) => name);
}
