// SqlCodec by json_serialize_sql / json_deserialize_sql, on a connection of its own that never sees a table.
import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';
import { parse as parseJson, stringify as printJson } from 'lossless-json';
import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { pause } from '../base/pause.ts';
import { SqlError } from '../base/sql-error.ts';
import type { SelectStatement } from '../sql/ast.ts';
import { checkAst } from '../sql/check-ast.ts';
import { checkSize } from '../sql/check-size.ts';
import { printable } from '../sql/printable.ts';
import { sameTree } from '../sql/same-tree.ts';
import type { SqlCodec } from '../sql/sql-codec.ts';
import { sqlErrorOf } from './duckdb-error.ts';

/** Opens the codec; the connection belongs to it from now on. */
export async function openCodec(connection: DuckDBConnection): Promise<SqlCodec> {
  const serializer = new TextFunction(await connection.prepare('SELECT json_serialize_sql($1::VARCHAR)::VARCHAR'));
  const deserializer = new TextFunction(await connection.prepare('SELECT json_deserialize_sql($1::JSON)::VARCHAR'));
  return {
    parse: async (text) => {
      const tree = await treeOf(await serializer.call(text), text, limits.treeJsonBytesMax);
      checkSize(tree);
      return tree;
    },
    spell: async (statement) => deserializer.call(printJson({ error: false, statements: [statement] }) ?? ''),
    print: async (statement) => {
      checkSize(statement, limits.rewrittenNodesMax);
      const intended = printable(statement);
      const text = await deserializer.call(printJson({ error: false, statements: [intended] }) ?? '');
      let actual: SelectStatement;
      try {
        actual = await treeOf(await serializer.call(text), text, limits.rewrittenJsonBytesMax);
      } catch (error) {
        throw isOfTheClient(error) ? error : unfaithful(error);
      }
      await pause(text);
      if (!sameTree(intended, actual)) throw unfaithful(text);
      return text;
    },
  };
}

/** Cancelled, or too much. */
function isOfTheClient(error: unknown): boolean {
  return error instanceof SqlError && ['queryCanceled', 'statementTooComplex'].includes(error.condition);
}

/** Not the client's syntax is at fault but our printing of it: refused, and the log tells what was printed. */
function unfaithful(cause: unknown): SqlError {
  return new SqlError('featureNotSupported', 'statement uses syntax that cannot be rewritten faithfully', {
    hint: 'Quoted names with special characters and rare spellings can cause this; an alias usually helps.',
    cause,
  });
}

async function treeOf(json: string, text: string, bytesMax: number): Promise<SelectStatement> {
  if (json.length > bytesMax) throw new SqlError('statementTooComplex', 'statement is too complex');
  await pause(text);
  const answer = jsonOf(json);
  await pause(text);
  if (answer['error'] === true) throw parseErrorOf(answer, text);
  const statements = answer['statements'];
  assert(Array.isArray(statements), 'json_serialize_sql gave no statements');
  if (statements.length !== 1) throw new SqlError('syntaxError', 'exactly one statement is expected');
  const tree = checkAst(statements[0]);
  await pause(text);
  return tree;
}

function jsonOf(json: string): Readonly<Record<string, unknown>> {
  try {
    return parseJson(json) as Record<string, unknown>;
  } catch (error) {
    // 1e400 comes as `Infinity`, which is not JSON.
    throw new SqlError('numericOutOfRange', 'a numeric literal is out of range', { cause: error });
  }
}

function parseErrorOf(answer: Readonly<Record<string, unknown>>, text: string): SqlError {
  const message = String(answer['error_message']);
  if (answer['error_type'] === 'not implemented') {
    return new SqlError('featureNotSupported', 'this kind of statement is not supported', { cause: message });
  }
  const place = typeof answer['position'] === 'string' ? Number(answer['position']) : Number.NaN;
  const near = /at or near "(.*)"/s.exec(message)?.[1];
  const position = Number.isInteger(place) ? { position: characterAt(text, place) } : {};
  // The text is the client's own; DuckDB adds nothing but the token.
  return new SqlError(
    'syntaxError',
    near === undefined ? 'syntax error' : `syntax error at or near "${near}"`,
    position,
  );
}

/** DuckDB counts bytes; positions here count characters. */
function characterAt(text: string, byteOffset: number): number {
  return Buffer.from(text, 'utf8').subarray(0, byteOffset).toString('utf8').length;
}

/** One prepared text -> text function of DuckDB, calls made one after another. */
class TextFunction {
  readonly #statement: DuckDBPreparedStatement;
  #last: Promise<unknown> = Promise.resolve();

  constructor(statement: DuckDBPreparedStatement) {
    this.#statement = statement;
  }

  async call(argument: string): Promise<string> {
    if (argument.includes('\0')) throw new SqlError('syntaxError', 'a NUL character is not allowed in a statement');
    const result = this.#last.then(() => this.#run(argument));
    // The next caller waits for this one, whatever becomes of it.
    this.#last = result.then(undefined, () => undefined);
    return result;
  }

  async #run(argument: string): Promise<string> {
    try {
      this.#statement.bindVarchar(1, argument);
      const rows = await (await this.#statement.run()).getRows();
      const value = rows[0]?.[0];
      assert(typeof value === 'string', 'the codec got no text');
      return value;
    } catch (error) {
      throw sqlErrorOf(error);
    }
  }
}
