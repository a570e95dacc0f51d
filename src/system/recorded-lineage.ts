// What is recorded of reads and writes, as those who tell of it ask for it.
import type { ObjectId } from '../catalog/securable.ts';

/** How a source has to do with a target: its value went there, it decided about it, or it was read without a target. */
export type EdgeKind =
  | 'direct'
  | 'derived'
  | 'aggregated'
  | 'filter'
  | 'join'
  | 'group'
  | 'order'
  | 'window'
  | 'rowFilter'
  | 'read';

export const valueKinds: ReadonlySet<EdgeKind> = new Set(['direct', 'derived', 'aggregated']);

export interface RecordedEdge {
  readonly source: ObjectId;
  /** A table's column id or a view's column name, folded; undefined: some columns, nobody can tell which. */
  readonly sourceColumn: string | undefined;
  /** Undefined: the rows as a whole. */
  readonly targetColumn: string | undefined;
  readonly kind: EdgeKind;
  /** The function that masked the value on its way. */
  readonly mask: ObjectId | undefined;
  /** Reached through a view that is a source too. */
  readonly throughView: boolean;
  /** One of several columns that could not be told apart. */
  readonly coarse: boolean;
}

/** One statement: into one target, or a read. */
export interface RecordedEvent {
  readonly id: number;
  readonly statementId: string;
  readonly command: string;
  /** Who logged in, and whose rights held: ids. */
  readonly principal: ObjectId;
  readonly runAs: ObjectId;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly target: ObjectId | undefined;
  readonly edges: readonly RecordedEdge[];
}

/** What an object was called when it was last recorded: for those that are gone. */
export interface RecordedName {
  readonly kind: 'table' | 'view';
  readonly parts: readonly string[];
  /** Names of columns by id. */
  readonly columns: Readonly<Record<string, string>>;
}

export interface LineageReader {
  /** The newest first. */
  events(): Iterable<RecordedEvent>;
  /** Of each combination of target and edges the newest, that made a row or column of one of these or came from it. */
  latestOf(objects: readonly ObjectId[], side: 'source' | 'target'): readonly RecordedEvent[];
  nameOf(id: ObjectId): RecordedName | undefined;
}
