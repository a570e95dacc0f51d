// DuckDB's errors are plain Errors told apart by the prefix of their message. This is the one place that reads it. What the
// client gets is a constant text per condition: the original may hold values of hidden rows, policy text and internal names,
// and goes to the log alone.

import { randomBytes } from 'node:crypto';
import { SqlError } from '../base/sql-error.ts';
import type { Condition } from '../base/sql-state.ts';

interface Rule {
  readonly pattern: RegExp;
  readonly condition: Condition;
  readonly message: string;
}

// First match wins. Texts follow PostgreSQL's.
const rules: readonly Rule[] = [
  {
    pattern: /portcullis: argument too long/,
    condition: 'limitExceeded',
    message: 'an argument of a function is too long',
  },
  {
    pattern: /portcullis: new row violates row filter/,
    condition: 'withCheckOption',
    message: 'new row violates the row filter of the table',
  },
  {
    pattern: /portcullis: row affected twice/,
    condition: 'cardinalityViolation',
    message: 'the statement cannot affect a row a second time',
  },
  { pattern: /^INTERRUPT Error/i, condition: 'queryCanceled', message: 'canceling statement due to user request' },
  { pattern: /^Out of Memory Error/i, condition: 'outOfMemory', message: 'out of memory' },
  {
    pattern: /^Conversion Error: .*(date|time) field value out of range/is,
    condition: 'datetimeOverflow',
    message: 'date/time field value out of range',
  },
  {
    pattern: /^Conversion Error: .*(timestamp|date|time|interval)/is,
    condition: 'invalidDatetime',
    message: 'invalid input for a date or time type',
  },
  {
    pattern: /^Conversion Error: (Type \w+ with value|Casting value|Could not cast value|.*(out of range|overflow))/is,
    condition: 'numericOutOfRange',
    message: 'value out of range',
  },
  {
    pattern: /^Conversion Error/i,
    condition: 'invalidTextRepresentation',
    message: 'invalid input for the target type',
  },
  { pattern: /^Mismatch Type Error/i, condition: 'datatypeMismatch', message: 'types do not match' },
  { pattern: /^Out of Range Error/i, condition: 'numericOutOfRange', message: 'value out of range' },
  {
    pattern: /^(Constraint Error): .*(Duplicate key|PRIMARY KEY or UNIQUE|unique constraint)/is,
    condition: 'uniqueViolation',
    message: 'duplicate key value violates unique constraint',
  },
  {
    pattern: /^Constraint Error: .*NOT NULL/is,
    condition: 'notNullViolation',
    message: 'null value violates not-null constraint',
  },
  {
    pattern: /^Constraint Error: .*foreign key/is,
    condition: 'foreignKeyViolation',
    message: 'foreign key constraint is violated',
  },
  { pattern: /^Constraint Error: .*CHECK/is, condition: 'checkViolation', message: 'check constraint is violated' },
  {
    pattern: /^TransactionContext Error: Cannot create index with outstanding updates/,
    condition: 'objectNotInPrerequisiteState',
    message: 'a table with updated rows cannot be altered in the same transaction',
  },
  { pattern: /^Dependency Error/, condition: 'dependentObjects', message: 'other tables depend on this one' },
  {
    pattern: /^(Catalog Error: Cannot drop|Binder Error: Cannot change the type of) (this |a )?column/,
    condition: 'dependentObjects',
    message: 'a key or constraint depends on the column',
  },
  {
    pattern: /^TransactionContext Error: .*[Cc]onflict/s,
    condition: 'serializationFailure',
    message: 'could not serialize access due to concurrent update',
  },
  {
    pattern: /^TransactionContext Error: Failed to commit: (PRIMARY KEY|UNIQUE)/,
    condition: 'serializationFailure',
    message: 'could not serialize access due to concurrent update',
  },
  {
    pattern: /^TransactionContext Error/i,
    condition: 'inFailedTransaction',
    message: 'current transaction is aborted, commands ignored until end of transaction block',
  },
  {
    pattern: /^Serialization Error/i,
    condition: 'serializationFailure',
    message: 'could not serialize access due to concurrent update',
  },
  { pattern: /^IO Error: .*(No space left|disk)/is, condition: 'diskFull', message: 'disk full' },
  {
    pattern: /^Binder Error: (The specified columns as conflict target|There are no UNIQUE\/PRIMARY KEY constraints)/,
    condition: 'invalidColumnReference',
    message: 'there is no unique constraint matching the ON CONFLICT specification',
  },
  { pattern: /^Binder Error: Referenced column/i, condition: 'undefinedColumn', message: 'column does not exist' },
  {
    pattern: /^Binder Error: (Referenced table|Values list|Table) .*(not found|does not have a column)/is,
    condition: 'undefinedColumn',
    message: 'column or table alias does not exist',
  },
  {
    pattern: /^Binder Error: Ambiguous reference/i,
    condition: 'ambiguousColumn',
    message: 'column reference is ambiguous',
  },
  {
    pattern: /^Binder Error: No function matches|^Binder Error: Could not choose a best candidate/i,
    condition: 'undefinedFunction',
    message: 'no function matches the given name and argument types',
  },
  {
    pattern: /^Binder Error: .*(must appear in the GROUP BY clause|aggregate|window functions? (is|are) not allowed)/is,
    condition: 'groupingError',
    message: 'column must appear in the GROUP BY clause or be used in an aggregate function',
  },
  {
    pattern: /^Binder Error: Cannot (compare|mix|combine)|^Binder Error: .*cast/is,
    condition: 'datatypeMismatch',
    message: 'types do not match; an explicit cast may be needed',
  },
  {
    pattern: /^Binder Error: .*parameter/is,
    condition: 'undefinedParameter',
    message: 'a parameter is missing or its type cannot be told',
  },
  {
    pattern: /^Binder Error/i,
    condition: 'syntaxError',
    message: 'statement cannot be bound to its tables and columns',
  },
  {
    pattern: /^Catalog Error/i,
    condition: 'undefinedObject',
    message: 'an object that the statement needs does not exist',
  },
  { pattern: /^Parser Error/i, condition: 'syntaxError', message: 'syntax error' },
  { pattern: /^Not implemented Error/i, condition: 'featureNotSupported', message: 'not supported by the engine' },
  {
    pattern: /^Invalid Input Error: More than one row returned by a subquery/,
    condition: 'cardinalityViolation',
    message: 'more than one row returned by a subquery used as an expression',
  },
  {
    pattern: /^Invalid Input Error: .*(division|divide|modulo) by zero/is,
    condition: 'divisionByZero',
    message: 'division by zero',
  },
  {
    pattern: /^Invalid Input Error|^Invalid Error/i,
    condition: 'invalidParameterValue',
    message: 'invalid value for a function or parameter',
  },
  { pattern: /^Syntax Error/i, condition: 'invalidParameterValue', message: 'invalid pattern or escape string' },
  { pattern: /^Permission Error/i, condition: 'insufficientPrivilege', message: 'permission denied' },
  {
    pattern: /^Parameter Not Allowed Error/i,
    condition: 'featureNotSupported',
    message: 'a parameter is not allowed here',
  },
  {
    pattern: /^Parameter Not Resolved Error/i,
    condition: 'undefinedParameter',
    message: 'could not determine the type of a parameter',
  },
  { pattern: /^Sequence Error/i, condition: 'objectNotInPrerequisiteState', message: 'sequence error' },
];

/** Names that DuckDB's messages quote, by condition: told to a client only when its own statement says them. */
const namePatterns: Readonly<Partial<Record<Condition, RegExp>>> = {
  undefinedColumn: /^Binder Error: (?:Referenced column|Table .* does not have a column named) "([^"]+)"/,
  ambiguousColumn: /^Binder Error: Ambiguous reference to column name "([^"]+)"/,
};

/**
 * The client's error for one of DuckDB's; the original is its `cause`.
 * @param statement the client's own text: a name that stands in it may be repeated
 */
export function sqlErrorOf(error: unknown, statement = ''): SqlError {
  if (error instanceof SqlError) return retold(error, statement);
  const text = error instanceof Error ? error.message : String(error);
  const kind = kindOf(text);
  const rule = rules.find(({ pattern }) => pattern.test(kind));
  const id = randomBytes(6).toString('hex');
  if (rule === undefined) return new SqlError('internalError', 'internal error', { id, cause: error });
  const name = namePatterns[rule.condition]?.exec(text)?.[1];
  const said = name !== undefined && statement.toLowerCase().includes(name.toLowerCase());
  const message = said
    ? rule.message.replace(/^column( reference)?( or table alias)?/, `column "${name}"`)
    : rule.message;
  return new SqlError(rule.condition, message, { id, cause: error });
}

/**
 * What of a message may decide: DuckDB's own words. Values, names and the statement that it repeats may not, since then the
 * SQLSTATE would tell of data or of a policy's text. Errors of data are cut at the first quote; in those of names, which stand
 * in the statement, quoted parts are left out.
 */
function kindOf(text: string): string {
  const [firstLine = ''] = text.split('\n', 1);
  if (!/^(Binder|Catalog|Parser) Error/.test(firstLine)) return firstLine.replace(/['"].*$/s, '');
  return firstLine.replaceAll(/"[^"]*"|'[^']*'/g, '""');
}

/** An error mapped where the statement was not at hand gets its name here. */
function retold(error: SqlError, statement: string): SqlError {
  const fromEngine = statement !== '' && namePatterns[error.condition] !== undefined && error.cause instanceof Error;
  return fromEngine && !(error.cause instanceof SqlError) ? sqlErrorOf(error.cause, statement) : error;
}

/** An internal error of DuckDB's: it may have closed the whole instance to protect the data. */
export function isEngineFailure(error: unknown): boolean {
  const original = error instanceof SqlError ? error.cause : error;
  return original instanceof Error && /^(FATAL|INTERNAL) Error/.test(original.message);
}

/** Runs something of DuckDB's, with its errors mapped. */
export async function mapped<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw sqlErrorOf(error);
  }
}
