// Tags, and policies that hold for whatever carries them.
import type { PolicyArgument } from './policy.ts';
import type { ObjectId } from './securable.ts';

/** Keys and values compare exactly. A tag without a value has the empty one. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Tags of one object; those of columns by column id. */
export interface ObjectTags {
  readonly own: readonly Tag[];
  readonly columns: ReadonlyMap<string, readonly Tag[]>;
}

export type TagCondition =
  | { readonly kind: 'hasTag'; readonly key: string }
  | { readonly kind: 'hasTagValue'; readonly key: string; readonly value: string }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly TagCondition[] }
  | { readonly kind: 'not'; readonly operand: TagCondition };

/** Columns of a table whose own tags meet the condition. */
export interface ColumnMatch {
  readonly condition: TagCondition;
  readonly alias: string | undefined;
}

/** An argument of a policy's function: a matched column by its alias, or a literal as SQL text, checked when it was set. */
export type PolicyInput =
  | { readonly kind: 'alias'; readonly alias: string }
  | { readonly kind: 'constant'; readonly literal: string };

export interface TagPolicy {
  readonly name: string;
  /** The catalog, schema or table it is set on: it reaches every table in there. */
  readonly securableId: ObjectId;
  readonly comment: string | undefined;
  readonly functionId: ObjectId;
  /** The alias of the columns to mask, before the inputs; undefined: a row filter. */
  readonly onColumn: string | undefined;
  readonly inputs: readonly PolicyInput[];
  /** Principal ids. */
  readonly to: readonly ObjectId[];
  readonly except: readonly ObjectId[];
  /** Over the table's tags, inherited ones included; undefined: every table. */
  readonly when: TagCondition | undefined;
  /** Each must match at least one column. */
  readonly match: readonly ColumnMatch[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly createdBy: ObjectId;
}

/** What a policy comes to on one table: one call of its function. */
export interface PolicyApplication {
  readonly policy: TagPolicy;
  /** The masked column's id; undefined: a row filter. */
  readonly columnId: string | undefined;
  /** All of the function's arguments, the masked column first. */
  readonly arguments: readonly PolicyArgument[];
  /** Function and arguments as one word. */
  readonly callKey: string;
  /** Why it cannot be evaluated: the table is unreadable for whom the policy concerns. */
  readonly fault: string | undefined;
}

export interface TableApplications {
  readonly all: readonly PolicyApplication[];
  /** By each principal of TO. */
  readonly byPrincipal: ReadonlyMap<ObjectId, readonly PolicyApplication[]>;
}

/** Does the policy concern a principal that these groups hold? EXCEPT wins. */
export function concerns(policy: TagPolicy, principalId: ObjectId, groups: ReadonlySet<ObjectId>): boolean {
  const listed = (ids: readonly ObjectId[]): boolean => ids.some((id) => id === principalId || groups.has(id));
  return listed(policy.to) && !listed(policy.except);
}

export function meets(condition: TagCondition, tags: readonly Tag[]): boolean {
  switch (condition.kind) {
    case 'hasTag':
      return tags.some((tag) => tag.key === condition.key);
    case 'hasTagValue':
      return tags.some((tag) => tag.key === condition.key && tag.value === condition.value);
    case 'and':
      return condition.operands.every((operand) => meets(operand, tags));
    case 'or':
      return condition.operands.some((operand) => meets(operand, tags));
    case 'not':
      return !meets(condition.operand, tags);
  }
}

/** These tags with others on top: the same key takes the newer value. */
export function tagsWith(tags: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  return [...tags.filter((tag) => !added.some((each) => each.key === tag.key)), ...added];
}

/** The same function with the same arguments is the same protection, whoever demands it. */
export function callKey(functionId: ObjectId, list: readonly PolicyArgument[]): string {
  return JSON.stringify([functionId, list.map((each) => (each.kind === 'column' ? [each.columnId] : each.literal))]);
}
