// One connected principal, as the doors see it: prepared statements, portals and the transactions around them.

import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ParsedStatement } from '../parse/statement.ts';
import type { ResultColumn, SqlType } from '../sql/sql-type.ts';
import { describeStatement } from './describe-statement.ts';
import type {
  IdleLimit,
  Notice,
  Outcome,
  ParameterValue,
  Session,
  Spelling,
  StatementDescription,
  TransactionStatus,
} from './door.ts';
import { bytesOfParameters, bytesOfText, HeldBytes, HeldMap } from './held-bytes.ts';
import { idleLimitOf } from './idle-limit.ts';
import type { RowCursor } from './row-cursor.ts';
import { parsedOrAudited, runStatement } from './run-statement.ts';
import type { SessionState } from './session-state.ts';
import { commitTransaction, rollbackTransaction } from './transaction-control.ts';

interface Prepared {
  readonly parsed: ParsedStatement;
  readonly clientTypes: readonly (SqlType | undefined)[];
  description: StatementDescription | undefined;
}

interface Portal {
  readonly prepared: Prepared;
  readonly parameters: readonly ParameterValue[];
  cursor: RowCursor | undefined;
  /** The tag without its row count. */
  done: boolean;
}

const emptyStatement: ParsedStatement = { statement: { kind: 'empty' }, text: '', offset: 0 };

export class ClientSession implements Session {
  readonly #state: SessionState;
  readonly #prepared: HeldMap<Prepared>;
  readonly #portals: HeldMap<Portal>;
  #closed = false;

  constructor(state: SessionState) {
    this.#state = state;
    const held = new HeldBytes(limits.sessionHeldBytesMax, state.services.held);
    this.#prepared = new HeldMap(held);
    this.#portals = new HeldMap(held);
  }

  get transactionStatus(): TransactionStatus {
    return this.#state.transaction.status;
  }

  get spelling(): Spelling {
    const { settings } = this.#state;
    return {
      timeZone: settings.get('TimeZone'),
      dateStyle: settings.get('DateStyle'),
      intervalStyle: settings.get('IntervalStyle'),
      byteaOutput: settings.get('bytea_output'),
      extraFloatDigits: Number(settings.get('extra_float_digits')),
    };
  }

  get idleLimit(): IdleLimit | undefined {
    return idleLimitOf(this.#state);
  }

  onTerminated(listener: (error: SqlError) => void): void {
    this.#state.onTerminated = listener;
  }

  takeParameterChanges(): readonly (readonly [string, string])[] {
    return this.#state.settings.takeChanges();
  }

  takeNotices(): readonly Notice[] {
    return this.#state.notices.splice(0);
  }

  async *simpleQuery(text: string): AsyncGenerator<Outcome> {
    const statements = await parsedOrAudited(this.#state, text);
    if (statements.length === 0) {
      yield { kind: 'empty' };
      return;
    }
    // Several statements of one message are one transaction, unless they say otherwise.
    const implicit = statements.length > 1;
    for (const parsed of statements) {
      if (implicit && this.#state.transaction.kind === 'none')
        this.#state.transaction.begin('implicit', this.#state.readsOnly);
      yield await this.#run(parsed, { parameters: [], maxRows: 0 });
    }
    await this.sync();
  }

  async parse(name: string, text: string, parameterTypes: readonly (SqlType | undefined)[]): Promise<void> {
    const statements = await parsedOrAudited(this.#state, text);
    if (statements.length > 1) {
      throw new SqlError('syntaxError', 'cannot insert multiple commands into a prepared statement');
    }
    if (name !== '' && this.#prepared.has(name)) {
      throw new SqlError('duplicateStatement', `prepared statement "${name}" already exists`);
    }
    if (this.#prepared.size >= limits.preparedStatementsMax) {
      throw new SqlError('limitExceeded', 'too many prepared statements');
    }
    const prepared = { parsed: statements[0] ?? emptyStatement, clientTypes: parameterTypes, description: undefined };
    // What cannot be planned is an error of Parse, as in PostgreSQL.
    await this.#describe(prepared);
    this.#prepared.set(name, prepared, bytesOfText(text));
  }

  async describeStatement(name: string): Promise<StatementDescription> {
    return this.#describe(this.#preparedOf(name));
  }

  async parameterTypes(statement: string): Promise<readonly (SqlType | undefined)[]> {
    return (await this.#describe(this.#preparedOf(statement))).parameterTypes;
  }

  async bind(portal: string, statement: string, parameters: readonly ParameterValue[]): Promise<void> {
    const prepared = this.#preparedOf(statement);
    if (portal !== '' && this.#portals.has(portal)) {
      throw new SqlError('duplicateCursor', `portal "${portal}" already exists`);
    }
    if (this.#portals.size >= limits.portalsMax) throw new SqlError('limitExceeded', 'too many portals');
    await this.closePortal(portal);
    const bound = { prepared, parameters, cursor: undefined, done: false };
    this.#portals.set(portal, bound, bytesOfText('') + bytesOfParameters(parameters));
  }

  /** Cursors of DECLARE are portals too. */
  async describePortal(name: string): Promise<readonly ResultColumn[] | undefined> {
    if (!this.#portals.has(name) && this.#state.cursors.has(name)) return this.#state.cursors.of(name).columns;
    const portal = this.#portalOf(name);
    return portal.cursor?.columns ?? (await this.#describe(portal.prepared)).columns;
  }

  async execute(name: string, maxRows: number): Promise<Outcome> {
    const portal = this.#portalOf(name);
    if (portal.cursor !== undefined) return this.#more(portal, portal.cursor, maxRows);
    if (portal.done) return { kind: 'done', tag: 'SELECT 0' };
    if (this.#state.transaction.kind === 'none') this.#state.transaction.begin('implicit', this.#state.readsOnly);
    portal.done = true;
    const outcome = await this.#run(portal.prepared.parsed, {
      parameters: portal.parameters,
      maxRows,
      onCursor: (cursor) => {
        portal.cursor = cursor;
      },
    });
    this.#checkColumns(portal.prepared, outcome);
    return outcome;
  }

  async closeStatement(name: string): Promise<void> {
    await Promise.resolve();
    this.#prepared.delete(name);
  }

  async closePortal(name: string): Promise<void> {
    await Promise.resolve();
    this.#portals.get(name)?.cursor?.close();
    this.#portals.delete(name);
  }

  async sync(): Promise<void> {
    const { transaction } = this.#state;
    if (transaction.kind !== 'implicit') return;
    this.#closePortals();
    await (transaction.broken ? rollbackTransaction(this.#state) : commitTransaction(this.#state));
  }

  failed(error: SqlError): void {
    this.#state.transaction.broken ||= this.#state.transaction.kind !== 'none';
    this.#state.log.info({ sqlState: error.sqlState, errorId: error.id, err: error.cause }, 'statement failed');
  }

  cancel(): void {
    this.#state.cancel('canceling statement due to user request');
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.cancel();
    this.#closePortals();
    this.#prepared.clear();
    await rollbackTransaction(this.#state);
    await this.#state.close();
  }

  /** Ends what a DEALLOCATE or DISCARD statement named; undefined: all. */
  deallocate(name: string | undefined): void {
    if (name === undefined) {
      this.#prepared.clear();
      return;
    }
    if (!this.#prepared.delete(name)) {
      throw new SqlError('invalidStatementName', `prepared statement "${name}" does not exist`);
    }
  }

  async #run(
    parsed: ParsedStatement,
    request: {
      readonly parameters: readonly ParameterValue[];
      readonly maxRows: number;
      readonly onCursor?: (cursor: RowCursor) => void;
    },
  ): Promise<Outcome> {
    const { transaction } = this.#state;
    const wasOpen = transaction.kind === 'explicit';
    try {
      return await runStatement(this.#state, {
        parsed,
        parameters: request.parameters,
        maxRows: request.maxRows,
        onCursor: request.onCursor ?? (() => undefined),
        deallocate: (name) => {
          this.deallocate(name);
        },
      });
    } finally {
      // Portals end with their transaction (PostgreSQL's protocol, "Extended Query").
      if (wasOpen && transaction.status === 'I') this.#closePortals();
    }
  }

  #more(portal: Portal, cursor: RowCursor, maxRows: number): Outcome {
    const before = cursor.rowsSent;
    return {
      kind: 'rows',
      columns: cursor.columns,
      chunks: cursor.chunks(maxRows),
      tag: () => {
        if (!cursor.exhausted) return undefined;
        portal.cursor = undefined;
        return cursor.tagOf(cursor.rowsSent - before);
      },
    };
  }

  /** The client decodes rows by what Describe told: a plan with other columns must not be sent (PostgreSQL: 0A000). */
  #checkColumns(prepared: Prepared, outcome: Outcome): void {
    const described = prepared.description?.columns;
    if (described === undefined || outcome.kind !== 'rows') return;
    if (JSON.stringify(described) === JSON.stringify(outcome.columns)) return;
    prepared.description = undefined;
    throw new SqlError('featureNotSupported', 'cached plan must not change result type', {
      hint: 'Prepare the statement again.',
    });
  }

  async #describe(prepared: Prepared): Promise<StatementDescription> {
    prepared.description ??= await describeStatement(this.#state, prepared.parsed, prepared.clientTypes);
    return prepared.description;
  }

  #preparedOf(name: string): Prepared {
    const prepared = this.#prepared.get(name);
    if (prepared !== undefined) return prepared;
    throw new SqlError('invalidStatementName', `prepared statement "${name}" does not exist`);
  }

  #portalOf(name: string): Portal {
    const portal = this.#portals.get(name);
    if (portal === undefined) throw new SqlError('invalidCursorName', `portal "${name}" does not exist`);
    return portal;
  }

  #closePortals(): void {
    for (const portal of this.#portals.values()) portal.cursor?.close();
    this.#portals.clear();
  }
}
