// Statements about tags and the policies that follow them.
import type { NameRef, PolicyArgumentRef, PrincipalRef } from './statement.ts';

/** A catalog, schema, table or view with tags. */
export interface TaggedRef {
  readonly type: 'CATALOG' | 'SCHEMA' | 'TABLE' | 'VIEW';
  readonly name: NameRef;
}

export interface PolicyTargetRef {
  readonly type: 'CATALOG' | 'SCHEMA' | 'TABLE';
  readonly name: NameRef;
}

/** A name of one part. */
export interface SimpleName {
  readonly name: string;
  readonly offset: number;
}

/** A condition over tags, word by word (parse/tag-condition.ts makes it a tree). */
export type ConditionTerm =
  | { readonly kind: '(' | ')' | 'and' | 'or' | 'not'; readonly offset: number }
  | { readonly kind: 'hasTag'; readonly key: string; readonly offset: number }
  | { readonly kind: 'hasTagValue'; readonly key: string; readonly value: string; readonly offset: number };

export interface ColumnMatchRef {
  readonly condition: readonly ConditionTerm[];
  readonly alias?: SimpleName;
}

export type TagStatement =
  | {
      readonly kind: 'setTags';
      readonly object: TaggedRef;
      readonly column?: SimpleName;
      readonly tags: readonly { readonly key: string; readonly value: string }[];
    }
  | {
      readonly kind: 'unsetTags';
      readonly object: TaggedRef;
      readonly column?: SimpleName;
      readonly keys: readonly string[];
    }
  | {
      readonly kind: 'createPolicy';
      readonly orReplace: boolean;
      readonly ifNotExists: boolean;
      readonly name: SimpleName;
      readonly object: PolicyTargetRef;
      readonly comment?: string;
      readonly effect: 'rowFilter' | 'columnMask';
      readonly function: NameRef;
      readonly to: readonly PrincipalRef[];
      readonly except: readonly PrincipalRef[];
      readonly when?: readonly ConditionTerm[];
      readonly match: readonly ColumnMatchRef[];
      readonly onColumn?: SimpleName;
      /** Column names here are aliases of MATCH COLUMNS. */
      readonly using: readonly PolicyArgumentRef[];
    }
  | {
      readonly kind: 'dropPolicy';
      readonly ifExists: boolean;
      readonly name: SimpleName;
      readonly object: PolicyTargetRef;
    }
  | { readonly kind: 'showPolicies'; readonly effective: boolean; readonly object: PolicyTargetRef }
  | { readonly kind: 'describePolicy'; readonly name: SimpleName; readonly object: PolicyTargetRef };
