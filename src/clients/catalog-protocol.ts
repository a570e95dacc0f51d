// What the server and the worker that holds the embedded PostgreSQL say to each other.
import type { ShadowSchema } from './shadow-schema.ts';

/** One statement of one user over one class's catalog. */
export interface CatalogQuestion {
  readonly id: number;
  readonly schemaKey: string;
  /** Only when the worker has said that it does not know it. */
  readonly schema?: ShadowSchema;
  /** current_user there. */
  readonly user: string;
  readonly searchPath: readonly string[];
  readonly text: string;
  /** Given by the client; 0: left open. */
  readonly parameterOids: readonly number[];
  /** A text, or bytes in binary format; undefined: the statement is only described. */
  readonly parameters: readonly (string | Uint8Array | null)[] | undefined;
}

export interface CatalogColumn {
  readonly name: string;
  readonly oid: number;
  readonly length: number;
  readonly modifier: number;
}

export interface CatalogAnswer {
  readonly parameterOids: readonly number[];
  /** Undefined: the statement has no rows. */
  readonly columns: readonly CatalogColumn[] | undefined;
  /** Row by row, in both formats; empty when only described. */
  readonly text: readonly (readonly (Uint8Array | null)[])[];
  readonly binary: readonly (readonly (Uint8Array | null)[])[];
}

/** What PostgreSQL said. Nothing in its catalog is hidden from the asker, so nothing in its words is. */
export interface CatalogRefusal {
  readonly sqlState: string;
  readonly message: string;
  readonly hint: string | undefined;
  /** In characters, from 1. */
  readonly position: number | undefined;
}

export type CatalogReply =
  | { readonly id: number; readonly answer: CatalogAnswer }
  | { readonly id: number; readonly refusal: CatalogRefusal }
  | { readonly id: number; readonly unknownSchema: true }
  /** Its relations are not all PostgreSQL's own. */
  | { readonly id: number; readonly readsData: true };
