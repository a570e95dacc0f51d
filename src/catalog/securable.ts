// The things that can be owned and granted on. Ids are immutable, never reused, and are the physical names in DuckDB;
// names are labels that may change.
import type { ColumnMask, RowFilter } from './policy.ts';

/** A number as text, unique in the metastore over all kinds and all time. */
export type ObjectId = string;

/** The root: owns catalogs and principals. Its owner's members are the metastore administrators. */
export const metastoreId: ObjectId = '0';

export interface Metastore {
  readonly kind: 'metastore';
  readonly id: ObjectId;
  readonly owner: ObjectId;
}

interface Named {
  readonly id: ObjectId;
  readonly name: string;
  /** Principal id. */
  readonly owner: ObjectId;
  readonly comment: string | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly createdBy: ObjectId;
}

export interface Catalog extends Named {
  readonly kind: 'catalog';
}

export interface Schema extends Named {
  readonly kind: 'schema';
  readonly catalogId: ObjectId;
}

export interface Column {
  /** Physical name in DuckDB: `k1`, `k2`, …; never reused within the table, so renames and drops touch our catalog alone. */
  readonly id: string;
  readonly name: string;
  /** DuckDB's canonical spelling: `BIGINT`, `DECIMAL(12,2)`, `VARCHAR`. */
  readonly type: string;
  readonly nullable: boolean;
  readonly comment: string | undefined;
  readonly mask: ColumnMask | undefined;
  /** As printed for DuckDB, over nothing but constants and functions. */
  readonly default?: string;
}

/** What DuckDB holds every row to; column ids. */
export type TableConstraint =
  | { readonly kind: 'unique' | 'check'; readonly columns: readonly string[] }
  | {
      readonly kind: 'foreignKey';
      readonly columns: readonly string[];
      readonly table: ObjectId;
      readonly references: readonly string[];
    };

/** A mask whose column a replacement of the table took away or retyped. */
export interface LostMask {
  /** Name of the column at that time. */
  readonly column: string;
  readonly functionId: ObjectId;
}

export interface Table extends Named {
  readonly kind: 'table';
  readonly schemaId: ObjectId;
  readonly columns: readonly Column[];
  /** The number the next added column's id takes. */
  readonly nextColumn: number;
  /** All must hold. */
  readonly rowFilters: readonly RowFilter[];
  /** Column ids of the primary key, in order; empty without one. */
  readonly primaryKey: readonly string[];
  /** Absent for tables made before they were kept. */
  readonly constraints?: readonly TableConstraint[];
  /** While there is one the table cannot be read: nobody has said what protects those data now. */
  readonly lostMasks?: readonly LostMask[];
  readonly properties: Readonly<Record<string, string>>;
}

/** Where unqualified names in a stored body resolve: the object's own schema first, then this. */
export interface ResolutionContext {
  readonly catalog: string;
  readonly schema: string | undefined;
}

/**
 * The relations and functions that the names in a stored body meant when it was made. Names are resolved anew for each use; in
 * a policy they must still mean these, or the policy cannot be evaluated.
 */
export type Dependencies = readonly ObjectId[];

export interface View extends Named {
  readonly kind: 'view';
  readonly schemaId: ObjectId;
  /** Output columns as of creation; names in order are the view's contract. */
  readonly columns: readonly { readonly name: string; readonly type: string; readonly comment: string | undefined }[];
  /** The query as its creator wrote it. */
  readonly query: string;
  readonly dependencies?: Dependencies;
  /** Their full names then, folded: an object made anew under one of them is meant too, outside of policies. */
  readonly dependencyNames?: readonly string[];
  readonly context: ResolutionContext;
}

export interface SqlFunction extends Named {
  readonly kind: 'function';
  readonly schemaId: ObjectId;
  readonly parameters: readonly {
    readonly name: string;
    readonly type: string;
    readonly default: string | undefined;
  }[];
  /** Of a scalar function its type; TABLE of one whose result are rows. */
  readonly returns: string;
  /** Columns of a table function; absent for a scalar one. */
  readonly returnsTable?: readonly { readonly name: string; readonly type: string; readonly comment?: string }[];
  /** The expression or, of a table function, the query as its creator wrote it. */
  readonly body: string;
  readonly dependencies?: Dependencies;
  /** As of a view. */
  readonly dependencyNames?: readonly string[];
  readonly context: ResolutionContext;
}

/** What grants and comments name a column by. A view's columns have no ids: their names are its contract. */
export function columnIdOf(column: Column | View['columns'][number]): string {
  return 'id' in column ? column.id : column.name;
}

export type SchemaObject = Table | View | SqlFunction;
export type Securable = Metastore | Catalog | Schema | SchemaObject;
export type SecurableKind = Securable['kind'];
