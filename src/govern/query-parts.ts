// A query inside a statement (CREATE TABLE/VIEW … AS, INSERT): authorized, rewritten, and described.
import type { RelationUse, SystemUse } from '../analyze/resolved-query.ts';
import type { TouchedObject } from '../audit/event.ts';
import type { Authorization } from '../authorize/authorization.ts';
import { displayName, fold } from '../base/identifier.ts';
import type { Span } from '../parse/statement.ts';
import type { RewrittenTree } from '../rewrite/rewrite.ts';
import type { GuardEffect } from '../rewrite/rewrite-context.ts';
import { systemCatalogName } from '../system/registry.ts';
import type { GovernEnvironment, NamedType } from './environment.ts';

export interface QueryParts {
  readonly authorization: Authorization;
  readonly tree: RewrittenTree;
  /** Output names as DuckDB gives them, and canonical types. */
  readonly columns: readonly NamedType[];
  readonly touched: readonly TouchedObject[];
}

export async function queryParts(environment: GovernEnvironment, span: Span): Promise<QueryParts> {
  const authorization = await environment.authorizeQuery(span);
  const request = { authorization, session: environment.session, outputNames: 'duckdb' as const };
  const tree = await environment.rewriter.tree(request);
  const columns = await environment.describe(await environment.rewriter.seal(tree));
  return { authorization, tree, columns, touched: readsOf(authorization, tree.effects) };
}

/** A system relation is no object of the catalog: its name stands for an id. */
export function touchedSystem(use: SystemUse, columns: readonly string[]): TouchedObject {
  const name = displayName([use.catalog?.name ?? systemCatalogName, fold(use.node.schema_name), use.relation.name]);
  return { id: name, name, action: 'SELECT', columns, masked: [], filtered: true };
}

export function readsOf(authorization: Authorization, effects: readonly GuardEffect[]): readonly TouchedObject[] {
  return authorization.resolved.relations.map((use): TouchedObject => {
    if (use.kind === 'system') return touchedSystem(use, ['*']);
    const relation = use.kind === 'table' ? use.table : use.view;
    const effect = effects.find((each) => each.use === use);
    return {
      id: relation.id,
      name: displayName(authorization.snapshot.nameOf(relation.id)),
      action: 'SELECT',
      columns: columnsRead(authorization, use),
      masked: effect?.masked ?? [],
      filtered: effect?.filtered ?? false,
    };
  });
}

function columnsRead({ resolved }: Authorization, use: RelationUse): readonly string[] {
  const read = resolved.columnsRead(use);
  return read === 'all' ? ['*'] : [...read];
}
