// A door to a tiny made-up database: the wire is tested against it without catalog, engine or policies.
import { ReadableStream } from 'node:stream/web';
import { type ScramVerifier, scramVerifierOf } from '../../src/base/scram-verifier.ts';
import { SqlError } from '../../src/base/sql-error.ts';
import type {
  Door,
  IdleLimit,
  LoginChallenge,
  LoginProof,
  LoginRequest,
  Notice,
  Outcome,
  ParameterValue,
  Session,
  Spelling,
  StatementDescription,
  TransactionStatus,
} from '../../src/session/door.ts';
import type { ResultColumn, RowChunk, SqlType, SqlValue } from '../../src/sql/sql-type.ts';
import { defaultSpelling } from '../../src/wire/types/spelling.ts';

/** Knows `alice` with the password `secret`. */
export class FakeDoor implements Door {
  readonly sessions: FakeSession[] = [];
  readonly logins: LoginRequest[] = [];
  readonly failures: string[] = [];
  readonly #verifier: ScramVerifier;

  private constructor(verifier: ScramVerifier) {
    this.#verifier = verifier;
  }

  static async open(): Promise<FakeDoor> {
    return new FakeDoor(await scramVerifierOf('secret'));
  }

  userOfToken(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  challenge(request: LoginRequest): Promise<LoginChallenge> {
    if (request.settings.get('secret') === 'yes') return Promise.resolve({ kind: 'secret' });
    return Promise.resolve({ kind: 'scram', verifier: this.#verifier, isKnown: request.user === 'alice' });
  }

  login(request: LoginRequest, proof: LoginProof): Promise<Session> {
    if (proof.kind === 'scram' ? !proof.holds : proof.secret !== 'secret') {
      this.failures.push(request.user);
      const message = `password authentication failed for user "${request.user}"`;
      return Promise.reject(new SqlError('invalidPassword', message));
    }
    this.logins.push(request);
    if (request.database === 'nowhere') return Promise.reject(new SqlError('undefinedCatalog', 'no such catalog'));
    const session = new FakeSession();
    this.sessions.push(session);
    return Promise.resolve(session);
  }
}

const text: SqlType = { id: 'VARCHAR' };

function rows(name: string, values: readonly SqlValue[], type: SqlType = text): Outcome {
  return {
    kind: 'rows',
    columns: [{ name, type }],
    chunks: ReadableStream.from<RowChunk>([{ rowCount: values.length, columns: [values] }]),
    tag: () => `SELECT ${String(values.length)}`,
  };
}

/**
 * `echo x` gives x, `parameter` its first parameter, `count n` the numbers up to n, `stream n` n chunks of 64 KiB, `notice x` a notice, `fail` an error,
 * `break` an error that is no SqlError, `wait` nothing until it is cancelled.
 */
export class FakeSession implements Session {
  readonly spelling: Spelling = defaultSpelling;
  idleLimit: IdleLimit | undefined;
  terminate: (error: SqlError) => void = () => undefined;
  /** Every call, in order. */
  readonly calls: string[] = [];
  closed = false;
  cancels = 0;
  /** Of `stream`. */
  chunksGiven = 0;
  transactionStatus: TransactionStatus = 'I';
  #parameters: (readonly [string, string])[] = [['server_version', '16.0']];
  #notices: Notice[] = [];
  #cancelled: ((error: SqlError) => void) | undefined;
  readonly #statements = new Map<string, string>();
  readonly #portals = new Map<string, { readonly sql: string; readonly values: readonly ParameterValue[] }>();

  onTerminated(listener: (error: SqlError) => void): void {
    this.terminate = listener;
  }

  takeParameterChanges(): readonly (readonly [string, string])[] {
    return this.#parameters.splice(0);
  }

  takeNotices(): readonly Notice[] {
    return this.#notices.splice(0);
  }

  async *simpleQuery(sql: string): AsyncIterable<Outcome> {
    this.calls.push(`query ${sql}`);
    if (sql.trim() === '') yield { kind: 'empty' };
    else for (const each of sql.split(';')) yield await this.#run(each.trim(), []);
  }

  parse(name: string, sql: string): Promise<void> {
    this.calls.push(`parse ${name}`);
    if (sql === 'unparsable') return Promise.reject(new SqlError('syntaxError', 'syntax error', { position: 3 }));
    this.#statements.set(name, sql);
    return Promise.resolve();
  }

  async describeStatement(name: string): Promise<StatementDescription> {
    return { parameterTypes: await this.parameterTypes(name), columns: columnsOf(this.#statement(name)) };
  }

  parameterTypes(name: string): Promise<readonly (SqlType | undefined)[]> {
    return Promise.resolve(this.#statement(name) === 'parameter' ? [text] : []);
  }

  bind(portal: string, statement: string, values: readonly ParameterValue[]): Promise<void> {
    this.calls.push(`bind ${portal}`);
    this.#portals.set(portal, { sql: this.#statement(statement), values });
    return Promise.resolve();
  }

  describePortal(name: string): Promise<readonly ResultColumn[] | undefined> {
    return Promise.resolve(columnsOf(this.#portals.get(name)?.sql ?? ''));
  }

  execute(portal: string): Promise<Outcome> {
    this.calls.push(`execute ${portal}`);
    const bound = this.#portals.get(portal);
    if (bound === undefined) return Promise.reject(new SqlError('invalidCursorName', 'no such portal'));
    return this.#run(bound.sql, bound.values);
  }

  closeStatement(name: string): Promise<void> {
    this.#statements.delete(name);
    return Promise.resolve();
  }

  closePortal(name: string): Promise<void> {
    this.#portals.delete(name);
    return Promise.resolve();
  }

  sync(): Promise<void> {
    this.calls.push('sync');
    return Promise.resolve();
  }

  failed(error: SqlError): void {
    this.calls.push(`failed ${error.sqlState}`);
  }

  cancel(): void {
    this.cancels += 1;
    this.#cancelled?.(new SqlError('queryCanceled', 'canceling statement due to user request'));
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  #statement(name: string): string {
    const sql = this.#statements.get(name);
    if (sql === undefined) throw new SqlError('invalidStatementName', 'no such statement');
    return sql;
  }

  #stream(chunks: number): Outcome {
    const given = (): void => {
      this.chunksGiven += 1;
    };
    async function* all(): AsyncGenerator<RowChunk> {
      for (let count = 0; count < chunks; count += 1) {
        given();
        yield await Promise.resolve({ rowCount: 1, columns: [['x'.repeat(65_536)]] });
      }
    }
    return { kind: 'rows', columns: [{ name: 's', type: text }], chunks: all(), tag: () => `SELECT ${String(chunks)}` };
  }

  #run(sql: string, values: readonly ParameterValue[]): Promise<Outcome> {
    const [verb = '', argument = ''] = sql.split(' ');
    switch (verb) {
      case 'echo':
        return Promise.resolve(rows('echo', [argument]));
      case 'parameter':
        return Promise.resolve(rows('parameter', [values[0]?.value ?? null]));
      case 'count':
        return Promise.resolve(
          rows(
            'n',
            Array.from({ length: Number(argument) }, (_, n) => n),
            { id: 'INTEGER' },
          ),
        );
      case 'stream':
        return Promise.resolve(this.#stream(Number(argument)));
      case 'notice':
        this.#notices.push({ severity: 'NOTICE', sqlState: '00000', message: argument });
        return Promise.resolve({ kind: 'done', tag: 'NOTICE' });
      case 'fail':
        return Promise.reject(
          new SqlError('undefinedTable', 'no such table', { position: 2, hint: 'Look.', detail: 'D.' }),
        );
      case 'break':
        return Promise.reject(new Error('a secret of ours'));
      case 'wait':
        return new Promise((_, reject) => {
          this.#cancelled = reject;
        });
      default:
        return Promise.resolve({ kind: 'done', tag: verb.toUpperCase() });
    }
  }
}

function columnsOf(sql: string): readonly ResultColumn[] | undefined {
  const [verb = ''] = sql.split(' ');
  if (verb === 'count') return [{ name: 'n', type: { id: 'INTEGER' } }];
  return verb === 'echo' || verb === 'parameter' ? [{ name: verb, type: text }] : undefined;
}
