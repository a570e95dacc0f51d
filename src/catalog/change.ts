// Everything that can happen to the catalog, as plain data: stored in the log and applied by apply-change.ts.
import type { AccessTest } from './access-test.ts';
import type { AccessToken } from './access-token.ts';
import type { ColumnMask, RowFilter } from './policy.ts';
import type { Group, User } from './principal.ts';
import type { Grant, Privilege } from './privilege.ts';
import type { Catalog, Column, ObjectId, Schema, SqlFunction, Table, View } from './securable.ts';
import type { Tag, TagPolicy } from './tag-policy.ts';

/** Of one table: its columns and what is attached to it. */
export type TableChange = { readonly tableId: ObjectId } & (
  | { readonly kind: 'setMask'; readonly columnId: string; readonly mask: ColumnMask }
  | { readonly kind: 'dropMask'; readonly columnId: string }
  /** A mask that a replacement lost is answered for: by name, since its column may be gone. */
  | { readonly kind: 'settleLostMask'; readonly column: string }
  | { readonly kind: 'setRowFilters'; readonly rowFilters: readonly RowFilter[] }
  /** Not a new list: two sessions that each add one must not lose the other's. */
  | { readonly kind: 'addRowFilter'; readonly rowFilter: RowFilter }
  | { readonly kind: 'dropRowFilter'; readonly functionId: ObjectId }
  | { readonly kind: 'addColumn'; readonly column: Column }
  | {
      readonly kind: 'alterColumn';
      readonly columnId: string;
      /** What is absent stays; a default of null is dropped. */
      readonly to: { readonly name?: string; readonly nullable?: boolean; readonly default?: string | null };
    }
  /** `column` is the old one with another id and type. */
  | { readonly kind: 'retypeColumn'; readonly columnId: string; readonly column: Column }
  | { readonly kind: 'dropColumn'; readonly columnId: string }
  | { readonly kind: 'setProperties'; readonly properties: Readonly<Record<string, string>> }
);

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
  | TableChange
  | { readonly kind: 'renameObject'; readonly objectId: ObjectId; readonly name: string }
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
  | { readonly kind: 'setAccessTest'; readonly test: AccessTest }
  | { readonly kind: 'dropAccessTest'; readonly schemaId: ObjectId; readonly name: string }
  | { readonly kind: 'createToken'; readonly token: AccessToken }
  | { readonly kind: 'dropToken'; readonly tokenId: ObjectId }
  | { readonly kind: 'setMetastoreOwner'; readonly owner: ObjectId };
