// Everything that can happen to the catalog, as plain data: stored in the log and applied by apply-change.ts.
import type { ColumnMask, RowFilter } from './policy.ts';
import type { Group, User } from './principal.ts';
import type { Grant, Privilege } from './privilege.ts';
import type { Catalog, ObjectId, Schema, SqlFunction, Table, View } from './securable.ts';
import type { Tag, TagPolicy } from './tag-policy.ts';

export type Change =
  | { readonly kind: 'createCatalog'; readonly catalog: Catalog }
  | { readonly kind: 'createSchema'; readonly schema: Schema }
  | { readonly kind: 'createTable'; readonly table: Table }
  /** Owner, grants and comment stay; policies stay with columns that keep name and type. */
  | { readonly kind: 'replaceTable'; readonly replacedId: ObjectId; readonly table: Table }
  | { readonly kind: 'createView' | 'replaceView'; readonly view: View }
  | { readonly kind: 'createFunction' | 'replaceFunction'; readonly function: SqlFunction }
  | { readonly kind: 'dropObject'; readonly objectId: ObjectId; readonly cascade: boolean }
  | { readonly kind: 'setOwner'; readonly objectId: ObjectId; readonly owner: ObjectId }
  | {
      readonly kind: 'setComment';
      readonly objectId: ObjectId;
      readonly columnId: string | undefined;
      readonly comment: string | undefined;
    }
  | { readonly kind: 'setMask'; readonly tableId: ObjectId; readonly columnId: string; readonly mask: ColumnMask }
  | { readonly kind: 'dropMask'; readonly tableId: ObjectId; readonly columnId: string }
  | { readonly kind: 'setRowFilters'; readonly tableId: ObjectId; readonly rowFilters: readonly RowFilter[] }
  | {
      readonly kind: 'setTags';
      readonly objectId: ObjectId;
      readonly columnId: string | undefined;
      readonly tags: readonly Tag[];
    }
  | {
      readonly kind: 'unsetTags';
      readonly objectId: ObjectId;
      readonly columnId: string | undefined;
      readonly keys: readonly string[];
    }
  | { readonly kind: 'createPolicy' | 'replacePolicy'; readonly policy: TagPolicy }
  | { readonly kind: 'dropPolicy'; readonly securableId: ObjectId; readonly name: string }
  | { readonly kind: 'createUser'; readonly user: User }
  | {
      readonly kind: 'alterUser';
      readonly userId: ObjectId;
      readonly scramVerifier?: string;
      readonly attributes?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'createGroup'; readonly group: Group }
  | { readonly kind: 'addMember' | 'removeMember'; readonly groupId: ObjectId; readonly memberId: ObjectId }
  | { readonly kind: 'dropPrincipal'; readonly principalId: ObjectId }
  | { readonly kind: 'grant'; readonly grant: Grant }
  | {
      readonly kind: 'revoke';
      readonly securableId: ObjectId;
      readonly principalId: ObjectId;
      readonly privilege: Privilege;
      readonly columns: readonly string[] | undefined;
    }
  | { readonly kind: 'setMetastoreOwner'; readonly owner: ObjectId };
