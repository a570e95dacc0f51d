// What keeps lineage, as sessions see it.
import type { ObjectId } from '../catalog/securable.ts';
import type { LineageReader, RecordedEvent, RecordedName } from '../system/recorded-lineage.ts';

export type NewEvent = Omit<RecordedEvent, 'id'>;

export interface LineageLog extends LineageReader {
  /** Durable when it returns. @throws SqlError diskFull */
  record(events: readonly NewEvent[], names: ReadonlyMap<ObjectId, RecordedName>): readonly number[];
  /** The statements did not commit after all. */
  forget(ids: readonly number[]): void;
  /** What objects are called that are about to go; those that nothing is recorded of are not kept. */
  rename(names: ReadonlyMap<ObjectId, RecordedName>): void;
  /** Written with the next group. */
  noteRead(event: NewEvent, names: ReadonlyMap<ObjectId, RecordedName>): void;
  close(): void;
}
