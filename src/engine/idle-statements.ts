// Statements of one connection that are prepared and not in use, to be used again for the same text over the same data.
import type { DuckDBPreparedStatement } from '@duckdb/node-api';
import { limits } from '../base/limits.ts';
import type { DataStamp } from './data-versions.ts';

interface Idle {
  readonly statement: DuckDBPreparedStatement;
  readonly stamp: DataStamp;
}

export class IdleStatements {
  /** By text, the longest unused first. */
  readonly #idle: Map<string, Idle> = new Map();

  /** Physical names are ids that are never reused: the same text means the same tables for ever. */
  take(sql: string, stamp: DataStamp | undefined): DuckDBPreparedStatement | undefined {
    const idle = this.#idle.get(sql);
    if (idle === undefined) return undefined;
    this.#idle.delete(sql);
    if (idle.stamp === stamp) return idle.statement;
    // Planned for other data.
    idle.statement.destroySync();
    return undefined;
  }

  giveBack(sql: string, statement: DuckDBPreparedStatement, stamp: DataStamp): void {
    this.#idle.get(sql)?.statement.destroySync();
    this.#idle.delete(sql);
    if (sql.length > limits.idleSqlBytesMax) {
      statement.destroySync();
      return;
    }
    this.#idle.set(sql, { statement, stamp });
    if (this.#idle.size <= limits.idleStatementsMax) return;
    for (const [oldest, unused] of this.#idle) {
      this.#idle.delete(oldest);
      unused.statement.destroySync();
      return;
    }
  }

  clear(): void {
    for (const { statement } of this.#idle.values()) statement.destroySync();
    this.#idle.clear();
  }
}
