// What an unknown name of a query probably meant, and where it stands: only of what the asker may know, and nothing is decided by
// it. It looks again at a statement that has already been refused.
import { distance } from 'fastest-levenshtein';
import { reviewedNames } from '../analyze/functions/function-catalog.ts';
import type { RelationUse, SearchPath } from '../analyze/resolved-query.ts';
import { Access } from '../authorize/access.ts';
import type { Authorization } from '../authorize/authorization.ts';
import { displayName, fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { explained, SqlError } from '../base/sql-error.ts';
import { columnIdOf, type Schema, type SqlFunction, type Table, type View } from '../catalog/securable.ts';
import type { Span, Statement } from '../parse/statement.ts';
import type { Node } from '../sql/ast.ts';
import { walk } from '../sql/children.ts';
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
  } catch (cause) {
    // What is told is the error that there was.
    if (!(cause instanceof SqlError)) state.services.log.warn({ err: cause }, 'no hint could be found');
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
  return explained(error, {
    message: `column ${written} does not exist`,
    ...(place === undefined ? {} : { position: offset + place }),
    ...(near === undefined ? {} : { hint: `Perhaps you meant the column ${displayName([near])}.` }),
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
  const builtIn = isFunction && names.length === 1 ? nearest(names[0] ?? '', builtInNames) : [];
  const meant = [...sameName(access, wanted), ...builtIn, ...nearName(access, wanted, state.path)];
  if (meant.length === 0) return error;
  return explained(error, { hint: `Perhaps you meant ${meant.slice(0, limits.nameHintsMax).join(' or ')}.` });
}

/** The name of the relation or function that stands there. */
function namesAt(root: Node, position: number): readonly string[] | undefined {
  let found: readonly string[] = [];
  walk(root, (node) => {
    if (found.length === 0 && 'query_location' in node && positionOf(node).position === position) found = namesOf(node);
    return found.length === 0;
  });
  return found.length === 0 ? undefined : found;
}

function namesOf(node: Node): readonly string[] {
  const parts =
    'table_name' in node
      ? [node.catalog_name, node.schema_name, node.table_name]
      : 'function_name' in node
        ? [node.catalog, node.schema, node.function_name]
        : [];
  return parts.filter((part) => part !== '');
}

/** Those that can be called. */
const builtInNames: readonly string[] = [
  ...[...reviewedNames.scalar, ...reviewedNames.aggregate].flatMap(([name, { kind }]) =>
    kind === 'refused' ? [] : [name],
  ),
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
  // Only what may be known is counted: a hidden object must not take the place of another.
  const near = objects
    .filter(({ name }) => fold(name) !== fold(wanted) && slipsTo(wanted, name) !== undefined)
    .filter((object) => access.knows(object));
  return near
    .toSorted((a, b) => (slipsTo(wanted, a.name) ?? 0) - (slipsTo(wanted, b.name) ?? 0))
    .slice(0, limits.nameHintsMax)
    .map((object) => shown(access, object));
}

function shown(access: Access, object: Named): string {
  return displayName(access.snapshot.nameOf(object.id));
}

/** The names that a slip of the fingers is away, nearest first. */
function nearest(wanted: string, names: readonly string[]): readonly string[] {
  return [...new Set(names)]
    .flatMap((name) => {
      const slips = slipsTo(wanted, name);
      return slips === undefined ? [] : [{ name, slips }];
    })
    .toSorted((a, b) => a.slips - b.slips)
    .slice(0, limits.nameHintsMax)
    .map(({ name }) => name);
}

/** undefined: too many for a slip. A distance takes the product of the lengths: names of another length have none taken. */
function slipsTo(wanted: string, name: string): number | undefined {
  const most = wanted.length > 5 ? 2 : Math.min(1, wanted.length - 1);
  if (Math.abs(name.length - wanted.length) > most) return undefined;
  const slips = distance(fold(name), fold(wanted));
  return slips <= most ? slips : undefined;
}
