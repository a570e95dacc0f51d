// Who may be granted something. Grants name principals by id: a dropped and recreated name inherits nothing.
import type { ObjectId } from './securable.ts';

export interface User {
  readonly kind: 'user';
  readonly id: ObjectId;
  readonly name: string;
  /** PostgreSQL's stored SCRAM form; undefined: cannot log in by password. */
  readonly scramVerifier: string | undefined;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Group {
  readonly kind: 'group';
  readonly id: ObjectId;
  readonly name: string;
  /** Ids of users and groups. */
  readonly members: readonly ObjectId[];
}

export type Principal = User | Group;

/** The implicit group everybody belongs to. */
export const accountUsersId: ObjectId = '1';
export const accountUsersName = 'account users';
export const accountUsers: Group = { kind: 'group', id: accountUsersId, name: accountUsersName, members: [] };
