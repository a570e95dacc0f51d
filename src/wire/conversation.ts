// The state machine of one connection after authentication: a message in, bytes out. Knows the Session, no socket.
import { randomBytes } from 'node:crypto';
import { SqlError } from '../base/sql-error.ts';
import type { Outcome, Session } from '../session/door.ts';
import type { ResultColumn, SqlType } from '../sql/sql-type.ts';
import {
  bindComplete,
  closeComplete,
  commandComplete,
  copyResponse,
  emptyQueryResponse,
  errorResponse,
  noData,
  noticeResponse,
  parameterDescription,
  parameterStatus,
  parseComplete,
  portalSuspended,
  readyForQuery,
  rowDescription,
} from './backend.ts';
import { CopyFeed, type CopyIn, copyStep } from './copy-in.ts';
import { copyOut } from './copy-out.ts';
import { DataRowEncoder } from './data-rows.ts';
import type { Format, FrontendMessage } from './frontend.ts';
import { typeOfOid, wireTypeOf } from './types/oid.ts';
import { decodeParameter } from './types/parameters.ts';

type Message<K extends FrontendMessage['kind']> = Extract<FrontendMessage, { readonly kind: K }>;

/** After this the connection is closed. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed';
}

/** In place of bytes: the answer goes on when the client has said more. */
const nextMessage: unique symbol = Symbol('next message');
type Step = Buffer | typeof nextMessage;

export type ConversationLog = (error: unknown, errorId: string | undefined) => void;

export class Conversation {
  readonly #session: Session;
  readonly #log: ConversationLog;
  readonly #statementOids: Map<string, readonly number[]> = new Map();
  readonly #portalFormats: Map<string, readonly Format[]> = new Map();
  /** After an error of the extended protocol everything is skipped until Sync. */
  #skipping = false;

  /** What waits for the client's next message, which then is in `#message`. */
  #copying: AsyncGenerator<Step> | undefined;
  #message: FrontendMessage = { kind: 'flush' };

  constructor(session: Session, log: ConversationLog) {
    this.#session = session;
    this.#log = log;
  }

  /** Everything the server says before the first message. */
  *greeting(): Generator<Buffer> {
    yield* this.#parameters();
    yield readyForQuery(this.#session.transactionStatus);
  }

  /** @throws ConnectionClosed when the client said goodbye or after an error of ours */
  async *answer(message: FrontendMessage): AsyncGenerator<Buffer> {
    if (message.kind === 'terminate') throw new ConnectionClosed('terminated');
    const copying = this.#copying;
    if (copying !== undefined) {
      this.#copying = undefined;
      this.#message = message;
      yield* this.#until(copying);
    } else if (!this.#skipping || message.kind === 'sync') yield* this.#until(this.#steps(message));
  }

  /** The client has gone: what it was copying is not written. */
  async close(): Promise<void> {
    const copying = this.#copying;
    this.#copying = undefined;
    await copying?.return(undefined);
  }

  /** As far as it gets without another message. */
  async *#until(steps: AsyncGenerator<Step>): AsyncGenerator<Buffer> {
    let isOver = false;
    try {
      for (let step = await steps.next(); step.done !== true; step = await steps.next()) {
        if (step.value === nextMessage) {
          this.#copying = steps;
          isOver = true;
          return;
        }
        yield step.value;
      }
      isOver = true;
    } finally {
      if (!isOver) await steps.return(undefined);
    }
  }

  async *#steps(message: FrontendMessage): AsyncGenerator<Step> {
    try {
      yield* this.#dispatch(message);
    } catch (error) {
      yield* this.#failed(error, message);
    }
  }

  async *#dispatch(message: FrontendMessage): AsyncGenerator<Step> {
    switch (message.kind) {
      case 'query':
        yield* this.#query(message);
        return;
      case 'parse':
        yield* this.#parse(message);
        return;
      case 'bind':
        yield* this.#bind(message);
        return;
      case 'describe':
        yield* this.#describe(message);
        return;
      case 'execute':
        yield* this.#execute(message);
        return;
      case 'close':
        yield* this.#close(message);
        return;
      case 'sync':
        this.#skipping = false;
        await this.#session.sync();
        yield* this.#ready();
        return;
      case 'flush':
        return;
      // What a client had already sent when its COPY failed: PostgreSQL ignores it too.
      case 'copyData':
      case 'copyDone':
      case 'copyFail':
        return;
      case 'functionCall':
        throw new SqlError('featureNotSupported', 'function call messages are not supported');
      default:
        throw new SqlError('protocolViolation', 'unexpected message');
    }
  }

  async *#query({ text }: Message<'query'>): AsyncGenerator<Step> {
    for await (const outcome of this.#session.simpleQuery(text)) yield* this.#outcome(outcome, [], true);
    yield* this.#ready();
  }

  async *#parse({ name, text, typeOids }: Message<'parse'>): AsyncGenerator<Step> {
    await this.#session.parse(name, text, typeOids.map(typeOfOid));
    this.#statementOids.set(name, typeOids);
    yield parseComplete;
  }

  async *#bind(message: Message<'bind'>): AsyncGenerator<Step> {
    const types = await this.#session.parameterTypes(message.statement);
    if (message.parameters.length < types.length) {
      const counts = `${String(message.parameters.length)} parameters, but it needs ${String(types.length)}`;
      throw new SqlError('protocolViolation', `bind message supplies ${counts}`);
    }
    const oids = this.#statementOids.get(message.statement) ?? [];
    const values = message.parameters.map((raw, index) => decodeParameter(raw, types[index], oids[index]));
    await this.#session.bind(message.portal, message.statement, values);
    this.#portalFormats.set(message.portal, message.resultFormats);
    yield bindComplete;
  }

  async *#describe({ what, name }: Message<'describe'>): AsyncGenerator<Step> {
    if (what === 'portal') {
      yield describedColumns(await this.#session.describePortal(name), this.#portalFormats.get(name) ?? []);
      return;
    }
    const { parameterTypes, columns } = await this.#session.describeStatement(name);
    const given = this.#statementOids.get(name) ?? [];
    yield parameterDescription(parameterTypes.map((type, index) => oidOf(type, given[index])));
    yield describedColumns(columns, []);
  }

  async *#execute({ portal, maxRows }: Message<'execute'>): AsyncGenerator<Step> {
    const outcome = await this.#session.execute(portal, maxRows);
    yield* this.#outcome(outcome, this.#portalFormats.get(portal) ?? [], false);
  }

  async *#close({ what, name }: Message<'close'>): AsyncGenerator<Step> {
    if (what === 'statement') {
      await this.#session.closeStatement(name);
      this.#statementOids.delete(name);
    } else {
      await this.#session.closePortal(name);
      this.#portalFormats.delete(name);
    }
    yield closeComplete;
  }

  async *#outcome(outcome: Outcome, formats: readonly Format[], described: boolean): AsyncGenerator<Step> {
    switch (outcome.kind) {
      case 'empty':
        yield emptyQueryResponse;
        return;
      case 'done':
        yield* this.#parameters();
        yield* this.#notices();
        yield commandComplete(outcome.tag);
        return;
      case 'rows': {
        if (described) yield rowDescription(outcome.columns, formats);
        const encoder = new DataRowEncoder(outcome.columns, formats, this.#session.spelling);
        for await (const chunk of outcome.chunks) yield* encoder.encode(chunk);
        const tag = outcome.tag();
        yield encoder.flush();
        yield* this.#notices();
        yield tag === undefined ? portalSuspended : commandComplete(tag);
        return;
      }
      case 'copyOut':
        yield* copyOut(outcome, this.#session.spelling);
        yield* this.#notices();
        yield commandComplete(outcome.tag());
        return;
      case 'copyIn':
        yield* this.#copyIn(outcome);
    }
  }

  async *#copyIn(copy: CopyIn): AsyncGenerator<Step> {
    const { columns, format, sink } = copy;
    let isOpen = true;
    try {
      yield copyResponse('G', format.kind === 'binary' ? 'binary' : 'text', columns.length);
      const feed = new CopyFeed(copy);
      let tag: string | undefined;
      while (tag === undefined) {
        yield nextMessage;
        tag = await copyStep(feed, this.#message);
      }
      isOpen = false;
      yield* this.#notices();
      yield commandComplete(tag);
    } catch (error) {
      if (!isOpen) throw error;
      isOpen = false;
      throw await sink.fail(error);
    } finally {
      // The client has gone.
      if (isOpen) await sink.fail(new SqlError('queryCanceled', 'the client has gone'));
    }
  }

  *#ready(): Generator<Buffer> {
    yield* this.#parameters();
    yield* this.#notices();
    yield readyForQuery(this.#session.transactionStatus);
  }

  *#parameters(): Generator<Buffer> {
    for (const [name, value] of this.#session.takeParameterChanges()) yield parameterStatus(name, value);
  }

  *#notices(): Generator<Buffer> {
    for (const notice of this.#session.takeNotices()) yield noticeResponse(notice);
  }

  async *#failed(error: unknown, message: FrontendMessage): AsyncGenerator<Step> {
    if (error instanceof ConnectionClosed) throw error;
    const told = error instanceof SqlError ? error : internalError(error);
    if (!(error instanceof SqlError)) this.#log(error, told.id);
    this.#session.failed(told);
    const closing = !(error instanceof SqlError);
    const statement = message.kind === 'query' || message.kind === 'parse' ? message.text : undefined;
    yield* this.#notices();
    yield errorResponse(told, {
      severity: closing ? 'FATAL' : 'ERROR',
      ...(statement === undefined ? {} : { statement }),
    });
    if (closing) throw new ConnectionClosed('error');
    if (message.kind === 'query' || message.kind === 'sync') {
      await this.#session.sync();
      yield* this.#ready();
    } else this.#skipping = true;
  }
}

/** Something of ours broke: the client learns that, and nothing else. */
function internalError(cause: unknown): SqlError {
  return new SqlError('internalError', 'internal error', { id: randomBytes(6).toString('hex'), cause });
}

function describedColumns(columns: readonly ResultColumn[] | undefined, formats: readonly Format[]): Buffer {
  return columns === undefined ? noData : rowDescription(columns, formats);
}

/** The client's own OID if it gave one; text where nobody knows. */
function oidOf(type: SqlType | undefined, given: number | undefined): number {
  if (given !== undefined && given !== 0 && given !== 705) return given;
  return type === undefined ? 25 : wireTypeOf(type).oid;
}
