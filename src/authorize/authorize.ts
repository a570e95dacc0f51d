// ResolvedQuery + asker -> Authorization, or SqlError. Grants are those of whoever owns the tree: the asker for the query, the
// owner for a view's or function's body. Identity functions, filters and masks see the asker everywhere.
import type {
  ResolvedFunction,
  ResolvedQuery,
  ResolvedTableFunction,
  SystemUse,
  TableUse,
  ViewUse,
} from '../analyze/resolved-query.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ObjectId } from '../catalog/securable.ts';
import { systemCatalogName } from '../system/registry.ts';
import type { SystemRequest } from '../system/system-relation.ts';
import { Access } from './access.ts';
import { type Asker, BodyBudget, onBehalf, ownerAccess } from './asker.ts';
import type { Authorization, TableGuard } from './authorization.ts';
import { brokenObject, readInformationSchema } from './body-rules.ts';
import { guardOf } from './guards.ts';
import { executeFunction, selectRelation } from './rules.ts';

/** @throws SqlError insufficientPrivilege or the not-found errors, as authorize/rules.ts decides */
export function authorize(asker: Asker, resolved: ResolvedQuery): Authorization {
  const counted = { ...asker, budget: new BodyBudget() };
  return authorizeTree(counted, resolved, new Access(asker.snapshot, asker.identity, asker.now));
}

const noColumns: ReadonlySet<string> = new Set();

function authorizeTree(asker: Asker, resolved: ResolvedQuery, access: Access): Authorization {
  const guards = new Map<TableUse, TableGuard>();
  const views = new Map<ViewUse, Authorization>();
  const functions = new Map<ObjectId, Authorization>();
  for (const use of resolved.broken) brokenObject(access, use.object, use);
  const readableOfViews = new Map<ViewUse, ReadonlySet<string>>();
  const systems = new Map<SystemUse, SystemRequest>();
  for (const use of resolved.relations) {
    if (use.kind === 'system') {
      if (asker.inPolicy === true) throw readsInformationSchema();
      systems.set(use, systemRequest(asker, use));
      continue;
    }
    const columns = resolved.columnsRead(use);
    const readable =
      use.node === asker.unread
        ? noColumns
        : selectRelation(access, relationOf(use), { columns, mention: use.mention });
    if (use.kind === 'view') {
      views.set(use, authorizeView(asker, use));
      if (readable !== undefined) readableOfViews.set(use, readable);
    } else guards.set(use, { ...guardOf(asker, use.table, authorizeTree), readable });
  }
  for (const { resolved: fn, mention } of [...resolved.functions, ...resolved.tableFunctions]) {
    if (functions.has(fn.function.id)) continue;
    executeFunction(access, fn.function, mention);
    functions.set(fn.function.id, authorizeFunctionBody(asker, fn));
  }
  if (systems.size > 0) access.noteExpiries();
  const inner = [...views.values(), ...functions.values(), ...[...guards.values()].flatMap(bodiesOf)];
  const validUntil = earliest([access.validUntil, ...inner.map((body) => body.validUntil)]);
  return {
    snapshot: asker.snapshot,
    resolved,
    identity: asker.identity,
    guards,
    views,
    readableOfViews,
    systems,
    functions,
    validUntil,
  };
}

/** Its rows depend on who asks, as those of a table with policies do. */
function readsInformationSchema(): SqlError {
  return new SqlError('invalidObjectDefinition', 'information_schema may not be read by a policy');
}

function relationOf(use: TableUse | ViewUse): TableUse['table'] | ViewUse['view'] {
  return use.kind === 'table' ? use.table : use.view;
}

function bodiesOf(guard: TableGuard): readonly Authorization[] {
  return [...guard.masks.values(), ...guard.filters].map((call) => call.body);
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Rows are told by what the session's user may know, in views too: they are governed like rows of a filtered table. */
function systemRequest({ snapshot, identity, now }: Asker, { catalog, mention }: SystemUse): SystemRequest {
  const reader = new Access(snapshot, identity, now);
  if (catalog === undefined) {
    const catalogs = snapshot.catalogs().filter((each) => reader.knows(each));
    return { snapshot, asker: reader, catalogs, home: systemCatalogName };
  }
  readInformationSchema(reader, catalog, mention);
  return { snapshot, asker: reader, catalogs: [catalog], home: catalog.name };
}

function authorizeView(asker: Asker, use: ViewUse): Authorization {
  asker.budget?.take();
  const access = ownerAccess(asker, use.view);
  return onBehalf(asker, use.view, () => authorizeTree(asker, use.body, access));
}

function authorizeFunctionBody(asker: Asker, fn: ResolvedFunction | ResolvedTableFunction): Authorization {
  asker.budget?.take();
  const access = ownerAccess(asker, fn.function);
  return onBehalf(asker, fn.function, () => authorizeTree(asker, fn.facts, access));
}
