// A policy's function over the raw columns of its table: its body with the arguments in place.
import type { PolicyCall } from '../authorize/authorization.ts';
import { keyArguments } from '../catalog/built-in-functions.ts';
import type { Table } from '../catalog/securable.ts';
import type { Expression } from '../sql/ast.ts';
import { cast, columnRef } from '../sql/build.ts';
import { inlineBody } from './inline-functions.ts';
import { maskKey } from './mask-key.ts';
import type { TreeRewriter } from './rewrite-tree.ts';

/** The table inside its guard. */
export interface Place {
  readonly alias: string;
  readonly table: Table;
}

export function policyValue(rewriter: TreeRewriter, call: PolicyCall, place: Place): Expression {
  const { context } = rewriter;
  const values = call.arguments.map((argument, index) => {
    if (argument.kind === 'column') return columnArgument(call, index, { ...place, columnId: argument.columnId });
    const literal = context.literals.get(argument.literal) ?? context.refuse('a policy literal was not parsed');
    return isText(literal) ? literal : converted(call, index, literal);
  });
  return inlineBody(context, {
    function: call.function,
    body: call.body,
    values: [...values, ...keysOf(rewriter, call, place)],
  });
}

/** In the parameter's type, for which the body was checked. A column of that very type stays plain. */
function columnArgument(call: PolicyCall, index: number, place: Place & { readonly columnId: string }): Expression {
  const raw = columnRef(place.alias, place.columnId);
  const column = place.table.columns.find((each) => each.id === place.columnId);
  return call.function.function.parameters[index]?.type === column?.type ? raw : converted(call, index, raw);
}

function converted(call: PolicyCall, index: number, value: Expression): Expression {
  const type = call.function.parameters[index]?.type;
  return type === undefined ? value : cast(value, type);
}

/** Texts fit text parameters alone: identity functions must find them as they are. */
function isText(literal: Expression): boolean {
  return literal.class === 'CONSTANT' && !literal.value.is_null && literal.value.type.id === 'VARCHAR';
}

function keysOf(rewriter: TreeRewriter, call: PolicyCall, { table }: Place): readonly Expression[] {
  if (keyArguments(call.function.function.id) === 0) return [];
  const catalog = rewriter.authorization.snapshot.catalogOf(table.id);
  if (catalog === undefined) return rewriter.context.refuse(`table ${table.id} has no catalog`);
  return [maskKey(catalog.id, rewriter.context.freshName())];
}
