// Statements about who may see what, as data.
import type { NameRef, ParsedStatement, PrincipalRef, PrivilegeRef, SecurableRef, Span } from './statement.ts';

/** What a test expects its query to give when its user runs it. */
type AccessExpectation =
  | { readonly kind: 'rows'; readonly count: string }
  | { readonly kind: 'noAccess' }
  | { readonly kind: 'masked' | 'visible'; readonly columns: readonly string[] };

/** Catalog objects of our own that need no grant: kept with their schema. */
export type AccessTestStatement =
  | {
      readonly kind: 'createAccessTest';
      readonly orReplace: boolean;
      readonly name: NameRef;
      readonly user: PrincipalRef;
      readonly expectation: AccessExpectation;
      readonly query: Span;
    }
  | { readonly kind: 'dropAccessTest'; readonly ifExists: boolean; readonly name: NameRef }
  | { readonly kind: 'showAccessTests'; readonly in?: NameRef };

/** Questions about who may see what, and changes tried before they are made. */
export type AnswerStatement =
  /** The client's own operators, not those of the engine. */
  | {
      readonly kind: 'explain';
      readonly options: readonly { readonly name: string; readonly value?: string; readonly offset: number }[];
      readonly query: Span;
    }
  | { readonly kind: 'explainAccess'; readonly user?: PrincipalRef; readonly query: Span }
  | {
      readonly kind: 'whoCan';
      readonly privilege: PrivilegeRef;
      readonly object: SecurableRef;
      readonly column?: { readonly name: string; readonly offset: number };
    }
  /** Statements that are tried on a catalog that is never published. */
  | { readonly kind: 'plan'; readonly statements: readonly ParsedStatement[] }
  | { readonly kind: 'applyPlan'; readonly hash: string }
  | { readonly kind: 'runAccessTests'; readonly in?: NameRef }
  /** The grants, policies and groups that the asker may know, as SQL. */
  | { readonly kind: 'showGovernance'; readonly in?: NameRef }
  /** Of a table, view or column: one part more than its table's name. */
  | {
      readonly kind: 'showLineage';
      /** Both when absent. */
      readonly direction?: 'upstream' | 'downstream';
      readonly object: NameRef;
      readonly depth?: number;
    }
  | { readonly kind: 'whatDependsOn'; readonly object: NameRef };
