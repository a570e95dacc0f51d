// What was checked on the way to a decision, written down by the very code that decides. EXPLAIN ACCESS and WHO CAN show it.
import type { ColumnsRead } from '../analyze/column-reads.ts';
import type { TableUse, ViewUse } from '../analyze/resolved-query.ts';
import type { SqlError } from '../base/sql-error.ts';
import type { Grant, Privilege } from '../catalog/privilege.ts';
import type { ObjectId, Securable, SqlFunction } from '../catalog/securable.ts';
import type { TableGuard } from './authorization.ts';

/** Why a check said yes. */
export type Ground =
  | { readonly kind: 'owner'; readonly principalId: ObjectId }
  | { readonly kind: 'grant'; readonly grant: Grant };

export interface AccessCheck {
  readonly privilege: Privilege;
  readonly securable: Securable;
  /** Column ids that are granted one by one; undefined: the whole object was asked for. */
  readonly columns: readonly string[] | undefined;
  /** Undefined: nothing gives it. */
  readonly ground: Ground | undefined;
}

export type RecordSubject =
  | { readonly kind: 'query' }
  | { readonly kind: 'relation'; readonly use: TableUse | ViewUse }
  | { readonly kind: 'function'; readonly function: SqlFunction };

/** One node of the tree: the query, or one use of a relation or function, with what is in its body below it. */
export class AccessRecord {
  readonly subject: RecordSubject;
  readonly checks: AccessCheck[] = [];
  readonly denials: SqlError[] = [];
  readonly children: AccessRecord[] = [];
  guard: TableGuard | undefined;
  /** Of a relation, what is read of it. */
  columns: ColumnsRead | undefined;

  constructor(subject: RecordSubject) {
    this.subject = subject;
  }

  child(subject: RecordSubject): AccessRecord {
    const child = new AccessRecord(subject);
    this.children.push(child);
    return child;
  }

  check(check: AccessCheck): void {
    const before = this.checks.at(-1);
    const narrows = check.columns !== undefined && before?.ground === undefined;
    // Columns of a table are asked for when the whole is not granted: the answer to the narrower question counts.
    if (narrows && before?.securable.id === check.securable.id && check.ground !== undefined) this.checks.pop();
    this.checks.push(check);
  }

  /** The denials of this node and all below, in the order in which the statement would have met them. */
  allDenials(): readonly SqlError[] {
    return [...this.denials, ...this.children.flatMap((child) => child.allDenials())];
  }
}
