// Queries of PostgreSQL's catalogs, as clients send them around the user's own: answered by an embedded PostgreSQL that holds what
// the asker may know and nothing else (clients/). Which statements go there is no matter of safety: neither engine has anything
// that the asker may not see, and one that reads data there is refused by PostgreSQL's own plan.
import { fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { type Condition, sqlStates } from '../base/sql-state.ts';
import type { CatalogAnswer, CatalogRefusal } from '../clients/catalog-protocol.ts';
import { type Token, tokensOf } from '../parse/tokens.ts';
import type { ResultColumn, RowChunk, SqlValue } from '../sql/sql-type.ts';
import type { ParameterValue } from './door.ts';
import { schemaFor } from './known-schemas.ts';
import type { SessionState } from './session-state.ts';

/** What our own engine says of what only PostgreSQL has. */
const ofAnotherWorld: ReadonlySet<Condition> = new Set([
  'syntaxError',
  'featureNotSupported',
  'undefinedTable',
  'undefinedColumn',
  'undefinedFunction',
  'undefinedObject',
  'undefinedSchema',
]);

const catalogWords: ReadonlySet<string> = new Set(
  `information_schema regclass regtype regproc regprocedure regnamespace regrole regoper regoperator regconfig current_setting set_config
  format_type obj_description col_description shobj_description has_table_privilege has_any_column_privilege
  has_column_privilege has_schema_privilege has_database_privilege has_function_privilege has_sequence_privilege
  to_regclass to_regtype to_regproc to_regnamespace to_regrole quote_ident txid_current inet_server_addr
  inet_server_port inet_client_addr inet_client_port`.split(/\s+/),
);

/** May a statement that our engine cannot plan be one about PostgreSQL's catalogs? */
export function asksForCatalogs(error: SqlError, text: string): boolean {
  if (!ofAnotherWorld.has(error.condition)) return false;
  return tokensOf(text).some((token) => {
    const word = wordOf(token);
    return word !== undefined && (word.startsWith('pg_') || catalogWords.has(word));
  });
}

function wordOf({ kind, text }: Token): string | undefined {
  if (kind === 'word') return fold(text);
  return kind === 'name' ? fold(text.slice(1, -1)) : undefined;
}

/** Columns that the embedded version calls otherwise than the one that clients are told. */
const renamed: ReadonlyMap<string, string> = new Map([
  ['daticulocale', 'datlocale'],
  ['colliculocale', 'colllocale'],
]);

function respelled(text: string): string {
  return tokensOf(text)
    .map((token) => (token.kind === 'word' ? (renamed.get(fold(token.text)) ?? token.text) : token.text))
    .join('');
}

export interface CatalogQuery {
  readonly text: string;
  /** Undefined: only described. */
  readonly parameters: readonly ParameterValue[] | undefined;
  /** What our own engine said: told if PostgreSQL cannot say it better. */
  readonly error: SqlError;
}

/** @throws SqlError PostgreSQL's own, or the one given */
export async function askCatalogs(
  state: SessionState,
  { text, parameters, error }: CatalogQuery,
): Promise<CatalogAnswer> {
  const { services } = state;
  const snapshot = state.snapshot();
  const identity = state.identity(snapshot);
  const schema = schemaFor({ snapshot, identity, catalog: state.currentCatalog, now: services.clock.now() });
  const reply = await services.catalogs.ask(
    schema,
    {
      user: identity.user.name,
      // Where PostgreSQL's clients look for names that say no schema.
      searchPath: [state.currentSchema ?? 'public'],
      text: respelled(text),
      parameterOids: [],
      parameters: parameters?.map(({ value }) => given(value)),
    },
    state.signal,
  );
  if ('readsData' in reply) throw mixed();
  if ('refusal' in reply && reply.refusal.sqlState === sqlStates.internalError) {
    services.log.error({ message: reply.refusal.message }, 'the embedded PostgreSQL failed');
  }
  if ('refusal' in reply) throw refused(reply.refusal, error);
  return reply.answer;
}

function mixed(): SqlError {
  return new SqlError('featureNotSupported', 'a query of the catalogs and of data at once is not supported', {
    hint: 'Ask for them in two queries, or read system.information_schema beside the data.',
  });
}

const conditions: ReadonlyMap<string, Condition> = new Map(
  Object.entries(sqlStates).map(([condition, state]) => [state, condition as Condition]),
);

function refused({ sqlState, message, hint, position }: CatalogRefusal, error: SqlError): SqlError {
  const condition = conditions.get(sqlState);
  if (condition === undefined || condition === 'internalError' || condition === 'featureNotSupported') return error;
  return new SqlError(condition, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(position === undefined ? {} : { position: position - 1 }),
  });
}

function given(value: SqlValue): string | Uint8Array | null {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (typeof value === 'number' || typeof value === 'bigint') return value.toString();
  if (typeof value === 'object' && 'binary' in value) return value.binary;
  throw new SqlError('featureNotSupported', 'a parameter of this type is not supported in a query of the catalogs', {
    hint: 'Give it in text format.',
  });
}

export function catalogColumns({ columns }: CatalogAnswer): readonly ResultColumn[] | undefined {
  return columns?.map(({ name, oid, length, modifier }) => ({ name, type: { id: 'POSTGRES', oid, length, modifier } }));
}

export function catalogRows({ columns, text, binary }: CatalogAnswer): RowChunk {
  const width = columns?.length ?? 0;
  return {
    rowCount: text.length,
    columns: Array.from({ length: width }, (_, column) =>
      text.map((row, index): SqlValue => {
        const spelled = row[column] ?? null;
        return spelled === null ? null : { text: spelled, binary: binary[index]?.[column] ?? spelled };
      }),
    ),
  };
}
