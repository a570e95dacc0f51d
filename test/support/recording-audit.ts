// An audit log that only remembers: for tests of what is recorded. There is none like it in src: no audit, no data.
import type { AuditEvent, AuditLog } from '../../src/audit/event.ts';
import { SqlError } from '../../src/base/sql-error.ts';

export class RecordingAudit implements AuditLog {
  readonly events: AuditEvent[] = [];
  /** While set, every append is rejected as on a full disk. */
  isFull = false;
  isClosed = false;

  append(event: AuditEvent): Promise<number> {
    if (this.isFull) return Promise.reject(new SqlError('diskFull', 'audit log cannot be written'));
    this.events.push(event);
    return Promise.resolve(this.events.length);
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  /** The recorded events of one kind. */
  of<K extends AuditEvent['kind']>(kind: K): readonly Extract<AuditEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<AuditEvent, { kind: K }> => event.kind === kind);
  }
}
