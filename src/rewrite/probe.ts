// Statements of our own over no table, to ask DuckDB for a type. They are parsed, checked to mention nothing, and printed.
import { SqlError } from '../base/sql-error.ts';
import type { SelectStatement } from '../sql/ast.ts';
import { walk } from '../sql/children.ts';
import type { SqlCodec } from '../sql/sql-codec.ts';
import { type ExecutableQuery, sealQuery } from './executable-query.ts';

/** @throws SqlError featureNotSupported when the text is more than casts of constants */
export async function sealedProbe(codec: SqlCodec, text: string): Promise<ExecutableQuery> {
  return sealConstant(codec, await codec.parse(text));
}

/** Types are found by binding alone, and what is bound may be constants, casts and plain operators only. */
async function sealConstant(codec: SqlCodec, statement: SelectStatement): Promise<ExecutableQuery> {
  walk(statement.node, (node) => {
    const known = 'class' in node ? probeClasses.has(node.class) : node.type === 'SELECT_NODE' || node.type === 'EMPTY';
    if (!known) throw new SqlError('featureNotSupported', 'only a type or a literal is expected here');
    return true;
  });
  return sealQuery({ sql: await codec.print(statement), writes: undefined });
}

const probeClasses: ReadonlySet<string> = new Set(['CAST', 'CONSTANT']);
