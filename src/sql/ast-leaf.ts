// Types and literal values inside the tree.
import type { LosslessNumber } from 'lossless-json';

export interface LogicalType {
  readonly id: string;
  readonly type_info: TypeInfo | null;
}

/** Extra facts of a type; checked key by key in node-specs.ts. */
export interface TypeInfo {
  readonly type: string;
  readonly [key: string]: unknown;
}
export interface ConstantValue {
  readonly type: LogicalType;
  readonly is_null: boolean;
  readonly value?: string | boolean | LosslessNumber | HugeInt | { readonly children: readonly [] };
}
export interface HugeInt {
  readonly upper: LosslessNumber;
  readonly lower: LosslessNumber;
}

/** TABLESAMPLE. */
export interface Sample {
  readonly sample_size: ConstantValue;
  readonly is_percentage: boolean;
  readonly method: string;
  readonly seed: LosslessNumber;
}
