// What a drawn world is made of.

export type CellType = 'int' | 'text' | 'date' | 'dec' | 'bool' | 'code';

export interface WorldColumn {
  readonly name: string;
  readonly type: CellType;
}

export const users = ['ann', 'bob', 'cyd'] as const;
export type User = (typeof users)[number];

export const sqlTypes: Readonly<Record<CellType, string>> = {
  int: 'INTEGER',
  text: 'VARCHAR',
  date: 'DATE',
  dec: 'DECIMAL(8,2)',
  bool: 'BOOLEAN',
  // Digits, but for a poisoned row: a cast of it fails.
  code: 'VARCHAR',
};

/** What stands between the readers and a table. */
export interface Route {
  /** Columns that are granted, each by its name; undefined: the whole table or view. */
  readonly granted?: readonly WorldColumn[];
  readonly view?: ViewRoute;
}

export interface ViewRoute {
  readonly body: (from: string) => string;
  /** Fails on some rows: then the copy is read through a view as well. */
  readonly mayFail?: true;
  readonly over: 'table' | 'view' | 'function';
}

/** A policy as the product is told of it, and its value for one user by hand. */
export interface Policy {
  /** CREATE FUNCTION … after the name. */
  readonly definition: string;
  readonly arguments: readonly string[];
  readonly byHand: (user: User) => string;
  /** Set on tags instead of the table: where, and whom it concerns. */
  readonly byTags?: { readonly place: 'CATALOG' | 'SCHEMA' | 'TABLE'; readonly to: string; readonly except: string };
}

export interface WorldTable {
  readonly name: string;
  readonly columns: readonly WorldColumn[];
  /** VALUES rows. */
  readonly rows: readonly string[];
  readonly filters: readonly Policy[];
  readonly masks: ReadonlyMap<string, Policy>;
  readonly route: Route;
}
