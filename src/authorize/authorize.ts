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
import type { ObjectId, Securable } from '../catalog/securable.ts';
import { systemCatalogName } from '../system/registry.ts';
import type { SystemRequest } from '../system/system-relation.ts';
import { Access } from './access.ts';
import { AccessRecord, type RecordSubject } from './access-record.ts';
import { type Asker, BodyBudget, onBehalf, ownerAccess, ownerDenied } from './asker.ts';
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

/** A decision with every check it took. */
export interface ExplainedAccess {
  readonly record: AccessRecord;
  /** Undefined when anything was denied. */
  readonly authorization: Authorization | undefined;
}

/** The same decision, by the same code, with its checks written down. A denial is no error, and gives no Authorization. */
export function explainAuthorization(asker: Asker, resolved: ResolvedQuery): ExplainedAccess {
  const record = new AccessRecord({ kind: 'query' });
  const access = new Access(asker.snapshot, asker.identity, asker.now);
  const counted = { ...asker, record, budget: new BodyBudget() };
  const authorization = authorizeTree(counted, resolved, access);
  return { record, authorization: record.allDenials().length === 0 ? authorization : undefined };
}

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
    const inUse = recordedIn(asker, access, { kind: 'relation', use });
    const columns = resolved.columnsRead(use);
    if (inUse.record !== undefined) inUse.record.columns = columns;
    const readable =
      use.node === asker.unread
        ? noColumns
        : selectRelation(access, relationOf(use), { columns, mention: use.mention });
    if (use.kind === 'view') {
      views.set(use, authorizeView(inUse, use));
      if (readable !== undefined) readableOfViews.set(use, readable);
    } else setGuard(inUse, guards, { use, readable });
  }
  for (const { resolved: fn, mention } of [...resolved.functions, ...resolved.tableFunctions]) {
    if (functions.has(fn.function.id)) continue;
    const inUse = recordedIn(asker, access, { kind: 'function', function: fn.function });
    executeFunction(access, fn.function, mention);
    functions.set(fn.function.id, authorizeFunctionBody(inUse, fn));
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

/** The asker inside one use: the checks that follow are written below it. */
function recordedIn(asker: Asker, access: Access, subject: RecordSubject): Asker {
  const record = asker.record?.child(subject);
  access.record = record;
  return { ...asker, record };
}

function setGuard(
  asker: Asker,
  guards: Map<TableUse, TableGuard>,
  { use, readable }: { readonly use: TableUse; readonly readable: ReadonlySet<string> | undefined },
): void {
  try {
    const guard = { ...guardOf(asker, use.table, authorizeTree), readable };
    guards.set(use, guard);
    if (asker.record !== undefined) asker.record.guard = guard;
  } catch (error) {
    if (asker.record === undefined || !(error instanceof SqlError)) throw error;
    // No guard: should the tree be rewritten after all, the rewriter refuses.
    asker.record.denials.push(error);
  }
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
function systemRequest({ snapshot, identity, now, lineage }: Asker, { catalog, mention }: SystemUse): SystemRequest {
  const reader = new Access(snapshot, identity, now);
  const common = { snapshot, asker: reader, askerId: identity.user.id, lineage };
  if (catalog === undefined) {
    const catalogs = snapshot.catalogs().filter((each) => reader.knows(each));
    return { ...common, catalogs, home: systemCatalogName };
  }
  readInformationSchema(reader, catalog, mention);
  return { ...common, catalogs: [catalog], home: catalog.name };
}

function authorizeView(asker: Asker, use: ViewUse): Authorization {
  return inBody(asker, use.view, use.body);
}

function authorizeFunctionBody(asker: Asker, fn: ResolvedFunction | ResolvedTableFunction): Authorization {
  return inBody(asker, fn.function, fn.facts);
}

/** With the grants of the object's owner. */
function inBody(asker: Asker, object: Securable, body: ResolvedQuery): Authorization {
  asker.budget?.take();
  const access = ownerAccess(asker, object);
  const authorization = onBehalf(asker, object, () => authorizeTree(asker, body, access));
  const [inner] = asker.record?.children.flatMap((child) => child.allDenials()) ?? [];
  if (inner !== undefined) asker.record?.denials.push(ownerDenied(asker, object, inner));
  return authorization;
}
