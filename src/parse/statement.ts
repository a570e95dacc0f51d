// What a client can say, as data. Built by the grammars (grammar/*.peggy) and by parse.ts; nothing here is resolved
// yet: names are as written.
import type { AlterStatement } from './alter-statement.ts';
import type { AccessTestStatement, AnswerStatement } from './answer-statement.ts';
import type { CopyStatement } from './copy-statement.ts';
import type { CursorStatement, SavepointStatement } from './cursor-statement.ts';
import type { TagStatement } from './tag-statement.ts';
import type { TokenStatement } from './token-statement.ts';
import type { WriteStatement } from './write-statement.ts';

/** A piece of the client's SQL, with backtick identifiers already turned into double-quoted ones. */
export interface Span {
  readonly text: string;
  /** 0-based character offset in the statement as the client sent it. */
  readonly offset: number;
}

/** A name of one to three parts, as written, with its place for error positions. */
export interface NameRef {
  readonly parts: readonly string[];
  readonly offset: number;
}

export type PrincipalKind = 'user' | 'group' | 'recipient';

export interface PrincipalRef {
  readonly name: string;
  /** Present when the statement said USER, GROUP or RECIPIENT. */
  readonly kind?: PrincipalKind;
  readonly offset: number;
}

export type SecurableKeyword = 'METASTORE' | 'CATALOG' | 'SCHEMA' | 'TABLE' | 'VIEW' | 'FUNCTION';

export interface SecurableRef {
  readonly type: SecurableKeyword;
  /** Absent for METASTORE, and for CATALOG meaning the current one. */
  readonly name?: NameRef;
}

export type DroppableKeyword = 'CATALOG' | 'SCHEMA' | 'TABLE' | 'VIEW' | 'FUNCTION' | 'USER' | 'GROUP';

/** An extra argument of a mask or an argument of a filter. */
export type PolicyArgumentRef =
  | { readonly kind: 'column'; readonly name: string; readonly offset: number }
  /** A literal: string, number, boolean, interval or NULL, as SQL. */
  | { readonly kind: 'constant'; readonly literal: Span };

export interface PolicyFunctionRef {
  readonly function: NameRef;
  readonly arguments: readonly PolicyArgumentRef[];
}

export interface ColumnDefinition {
  readonly name: string;
  readonly offset: number;
  /** The type as DuckDB spells it; STRING and the article's other spellings are already mapped. */
  readonly type: Span;
  readonly notNull: boolean;
  readonly primaryKey: boolean;
  readonly unique: boolean;
  readonly default?: Span;
  readonly check?: Span;
  readonly references?: { readonly table: NameRef; readonly columns: readonly string[] };
  readonly comment?: string;
  readonly mask?: PolicyFunctionRef;
}

export type TableConstraint =
  | { readonly kind: 'primaryKey'; readonly columns: readonly string[] }
  | { readonly kind: 'unique'; readonly columns: readonly string[] }
  | { readonly kind: 'check'; readonly expression: Span }
  | {
      readonly kind: 'foreignKey';
      readonly columns: readonly string[];
      readonly references: { readonly table: NameRef; readonly columns: readonly string[] };
    };

export interface FunctionParameter {
  readonly name: string;
  readonly type: Span;
  readonly default?: Span;
  readonly comment?: string;
}

export interface PrivilegeRef {
  /** Upper case, single spaces: `SELECT`, `USE CATALOG`, `ALL PRIVILEGES`. */
  readonly name: string;
  /** `SELECT (a, b)`: only these columns. */
  readonly columns?: readonly string[];
  readonly offset: number;
}

/** A moment of the catalog's past. */
export type AsOfRef =
  | ({ readonly kind: 'timestamp' } & Span)
  | { readonly kind: 'version'; readonly version: number; readonly offset: number };

export type ShowTarget = 'CATALOGS' | 'SCHEMAS' | 'TABLES' | 'VIEWS' | 'FUNCTIONS' | 'COLUMNS' | 'USERS' | 'GROUPS';

/** A statement that reads: one SELECT tree of DuckDB (SELECT, WITH, VALUES, FROM, TABLE, PIVOT). */
export interface QueryStatement {
  readonly kind: 'query';
  readonly query: Span;
  /** SUMMARIZE: what is answered are figures of each output, not the rows. */
  readonly summary?: true;
}

/** Statements whose shell is ours and whose spans go through the same tree path as a query. */
export type ShellStatement =
  | {
      readonly kind: 'createTable';
      readonly orReplace: boolean;
      readonly ifNotExists: boolean;
      readonly name: NameRef;
      readonly columns: readonly ColumnDefinition[];
      readonly constraints: readonly TableConstraint[];
      /** USING DELTA and the like: kept as a property, upper case. */
      readonly using?: string;
      readonly comment?: string;
      readonly properties: Readonly<Record<string, string>>;
      readonly rowFilter?: PolicyFunctionRef;
      readonly as?: Span;
    }
  | {
      readonly kind: 'createView';
      readonly orReplace: boolean;
      /** ALTER VIEW … AS: there is one to replace. */
      readonly mustExist?: boolean;
      readonly ifNotExists: boolean;
      readonly name: NameRef;
      readonly columns: readonly { readonly name: string; readonly comment?: string }[];
      readonly comment?: string;
      readonly as: Span;
    };

export type GovernanceStatement =
  /** DESCRIBE of a query: its outputs and their types. */
  | { readonly kind: 'describeQuery'; readonly query: Span }
  | AccessTestStatement
  | TokenStatement
  | { readonly kind: 'createCatalog'; readonly ifNotExists: boolean; readonly name: NameRef; readonly comment?: string }
  | { readonly kind: 'createSchema'; readonly ifNotExists: boolean; readonly name: NameRef; readonly comment?: string }
  | {
      readonly kind: 'createFunction';
      readonly orReplace: boolean;
      readonly ifNotExists: boolean;
      readonly name: NameRef;
      readonly parameters: readonly FunctionParameter[];
      /** Absent when RETURNS was left out: taken from the body. */
      readonly returns?: Span;
      /** RETURNS TABLE (…); empty when its columns were left out: taken from the query. */
      readonly returnsTable?: readonly { readonly name: string; readonly type: Span; readonly comment?: string }[];
      readonly comment?: string;
      /** The expression after RETURN, parentheses of `RETURN (SELECT …)` included; of a table function its query. */
      readonly body: Span;
    }
  | {
      readonly kind: 'createUser';
      readonly ifNotExists: boolean;
      readonly name: PrincipalRef;
      readonly password?: string;
      readonly attributes: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'alterUser';
      readonly name: PrincipalRef;
      readonly password?: string;
      /** Replaces these keys, keeps others. */
      readonly attributes?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'createGroup'; readonly ifNotExists: boolean; readonly name: PrincipalRef }
  | {
      readonly kind: 'alterGroup';
      readonly name: PrincipalRef;
      readonly action: 'add' | 'drop';
      readonly members: readonly PrincipalRef[];
    }
  | {
      readonly kind: 'drop';
      readonly objectType: DroppableKeyword;
      readonly ifExists: boolean;
      readonly name: NameRef;
      readonly cascade: boolean;
    }
  | {
      readonly kind: 'alterOwner';
      readonly object: SecurableRef;
      readonly owner: PrincipalRef;
    }
  | {
      readonly kind: 'setMask';
      readonly table: NameRef;
      readonly column: string;
      readonly columnOffset: number;
      /** `arguments` are those of USING COLUMNS; the masked column itself is not among them. */
      readonly mask: PolicyFunctionRef;
    }
  | { readonly kind: 'dropMask'; readonly table: NameRef; readonly column: string; readonly columnOffset: number }
  | AlterStatement
  | TagStatement
  | {
      readonly kind: 'comment';
      readonly object: SecurableRef;
      /** COMMENT ON COLUMN t.c: `object` is the table. */
      readonly column?: string;
      /** Absent for IS NULL. */
      readonly comment?: string;
    }
  | {
      readonly kind: 'grant' | 'revoke';
      readonly privileges: readonly PrivilegeRef[];
      readonly object: SecurableRef;
      readonly principals: readonly PrincipalRef[];
      /** Of a grant that ends. */
      readonly until?: Span;
    }
  | { readonly kind: 'reassignOwned'; readonly from: PrincipalRef; readonly to: PrincipalRef }
  | {
      readonly kind: 'showGrants';
      readonly principal?: PrincipalRef;
      readonly object?: SecurableRef;
      readonly asOf?: AsOfRef;
    }
  | {
      readonly kind: 'show';
      readonly target: ShowTarget;
      /** IN/FROM: a catalog for SCHEMAS, a schema for TABLES …, a table for COLUMNS. */
      readonly in?: NameRef;
      readonly like?: string;
    }
  | {
      readonly kind: 'describe';
      /** The name of METASTORE has no parts. */
      readonly object: { readonly type: DroppableKeyword | 'METASTORE'; readonly name: NameRef };
      readonly extended: boolean;
    };

/** Statements about the session itself; they touch no securable but the names USE mentions. */
export type SessionStatement =
  | { readonly kind: 'useCatalog'; readonly catalog: string; readonly offset: number }
  | { readonly kind: 'useSchema'; readonly name: NameRef }
  /** `USE a` or `USE a.b`: a catalog if one has the name, else a schema of the current catalog. */
  | { readonly kind: 'use'; readonly name: NameRef }
  | { readonly kind: 'setCurrentUser'; readonly user: PrincipalRef }
  | { readonly kind: 'resetCurrentUser' }
  | {
      readonly kind: 'set';
      /** Lower case, e.g. `search_path`, `time zone` becomes `timezone`. */
      readonly name: string;
      /** Absent for DEFAULT. Several for lists. */
      readonly values?: readonly string[];
      readonly local: boolean;
      readonly offset: number;
    }
  | { readonly kind: 'showSetting'; readonly name: string; readonly offset: number }
  | { readonly kind: 'resetSetting'; readonly name: string; readonly offset: number }
  | { readonly kind: 'deallocate'; readonly name?: string }
  /** Absent: the modes say nothing of it. Isolation levels are accepted: the one there is holds more than each promises. */
  | { readonly kind: 'setTransaction'; readonly readOnly?: boolean; readonly ofSession: boolean }
  | { readonly kind: 'discard'; readonly what: 'ALL' | 'PLANS' | 'SEQUENCES' | 'TEMP' };

export type TransactionStatement =
  | { readonly kind: 'begin'; readonly readOnly: boolean }
  | { readonly kind: 'commit' }
  | { readonly kind: 'rollback' };

export type Statement =
  | QueryStatement
  | WriteStatement
  | ShellStatement
  | GovernanceStatement
  | AnswerStatement
  | SessionStatement
  | TransactionStatement
  | SavepointStatement
  | CursorStatement
  | CopyStatement
  /** Nothing but white space and comments. */
  | { readonly kind: 'empty' };

/** The statement as one value: what it says, and where its text is. */
export interface ParsedStatement {
  readonly statement: Statement;
  /** The client's own text of this statement, without the closing semicolon. */
  readonly text: string;
  /** 0-based character offset of `text` in the whole message. */
  readonly offset: number;
}
