// Keys of the snapshot's index of names.
import { fold } from '../base/identifier.ts';
import type { ObjectId } from './securable.ts';

export type NameSpace = 'catalog' | 'schema' | 'relation' | 'function';

export function nameKey(parentId: ObjectId, space: NameSpace, name: string): string {
  return `${parentId}/${space}/${fold(name)}`;
}
