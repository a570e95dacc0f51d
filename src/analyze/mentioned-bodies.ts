// The views and SQL functions that a tree may mean, before anything of it is resolved.
import type { ObjectId, SqlFunction, View } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { BaseTable, FunctionCall, Node } from '../sql/ast.ts';
import { walk } from '../sql/children.ts';
import { findFunction, findRelation } from './name-resolution.ts';
import type { SearchPath } from './resolved-query.ts';

/** Every view and SQL function whose name the tree mentions, CTEs and built-ins of that name notwithstanding. */
export function mentionedBodies(
  tree: Node,
  path: SearchPath,
  snapshot: CatalogSnapshot,
): readonly (View | SqlFunction)[] {
  const found = new Map<ObjectId, View | SqlFunction>();
  walk(tree, (node) => {
    const object = mentioned(node, path, snapshot);
    if (object !== undefined) found.set(object.id, object);
    return true;
  });
  return [...found.values()];
}

function mentioned(node: Node, path: SearchPath, snapshot: CatalogSnapshot): View | SqlFunction | undefined {
  if ('class' in node) {
    return node.class === 'FUNCTION' ? findFunction(snapshot, path, functionNames(node)) : undefined;
  }
  if (node.type !== 'BASE_TABLE') return undefined;
  const relation = findRelation(snapshot, path, tableNames(node));
  return relation?.kind === 'view' ? relation : undefined;
}

function functionNames(node: FunctionCall): readonly string[] {
  return [node.catalog, node.schema, node.function_name].filter((name) => name !== '');
}

function tableNames(node: BaseTable): readonly string[] {
  return [node.catalog_name, node.schema_name, node.table_name].filter((name) => name !== '');
}
