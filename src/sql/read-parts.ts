// Pieces of a statement that our grammar has cut out, read by DuckDB's parser. Each must be exactly what it is taken for: one
// expression, one list, one FROM clause, the queries of one WITH. Whatever else a piece smuggles in makes it another shape.
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { CteMap, Expression, QueryNode, SelectNode, SelectStatement, TableRef } from './ast.ts';
import type { LogicalType } from './ast-leaf.ts';
import type { SqlCodec } from './sql-codec.ts';

export interface Piece {
  readonly text: string;
  /** In the whole statement. */
  readonly offset: number;
}

/** A whole query. */
export async function readQuery(codec: SqlCodec, piece: Piece): Promise<SelectStatement> {
  return read(codec, '', piece);
}

/** The items of a select list, aliases allowed. */
export async function readList(codec: SqlCodec, piece: Piece): Promise<readonly Expression[]> {
  const { node } = await read(codec, 'SELECT ', piece);
  if (!isBareSelect(node)) throw oneIsExpected('a list of expressions', piece);
  return node.select_list;
}

export async function readExpression(codec: SqlCodec, piece: Piece): Promise<Expression> {
  const [only, ...others] = await readList(codec, piece);
  if (only === undefined || others.length > 0 || only.alias !== '') throw oneIsExpected('one expression', piece);
  return only;
}

export async function readFrom(codec: SqlCodec, piece: Piece): Promise<TableRef> {
  const { node } = await read(codec, 'SELECT 1 FROM ', piece);
  if (node.type !== 'SELECT_NODE' || !isBareSelect({ ...node, from_table: emptyFrom })) {
    throw oneIsExpected('a list of relations', piece);
  }
  return node.from_table;
}

export async function readCtes(codec: SqlCodec, piece: Piece | undefined): Promise<CteMap> {
  if (piece === undefined) return { map: [] };
  const { node } = await read(codec, 'WITH ', { ...piece, text: `${piece.text}\nSELECT 1` });
  if (!isBareSelect({ ...node, cte_map: { map: [] } })) throw oneIsExpected('a list of queries', piece);
  return node.cte_map;
}

/** Types of the catalog's own spelling. */
export async function readTypes(codec: SqlCodec, types: readonly string[]): Promise<readonly LogicalType[]> {
  if (types.length === 0) return [];
  const { node } = await codec.parse(`SELECT ${types.map((type) => `CAST(NULL AS ${type})`).join(', ')}`);
  const casts = node.type === 'SELECT_NODE' ? node.select_list : [];
  return casts.flatMap((item) => (item.class === 'CAST' ? [item.cast_type] : []));
}

const emptyFrom: TableRef = { type: 'EMPTY', alias: '', sample: null };

/** SELECT and a list, nothing else. */
export function isBareSelect(node: QueryNode): node is SelectNode {
  if (node.type !== 'SELECT_NODE' || node.from_table.type !== 'EMPTY') return false;
  const clauses = [node.where_clause, node.having, node.qualify, node.sample];
  const lists = [node.modifiers, node.cte_map.map, node.group_expressions, node.group_sets];
  return clauses.every((clause) => clause === null) && lists.every((list) => list.length === 0);
}

/** White space in front makes the parser's places those of the statement. */
async function read(codec: SqlCodec, prefix: string, { text, offset }: Piece): Promise<SelectStatement> {
  const padding = offset - prefix.length;
  const spaces = padding > 0 && padding <= limits.spanPaddingMax ? ' '.repeat(padding) : '';
  return codec.parse(`${spaces}${prefix}${text}`);
}

function oneIsExpected(what: string, { offset }: Piece): SqlError {
  return new SqlError('syntaxError', `${what} is expected`, { position: offset });
}
