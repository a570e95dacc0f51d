// Who may ask about others: their access, and tests that run as them.
import type { ObjectRead } from '../analyze/objects-read.ts';
import type { Schema, Securable } from '../catalog/securable.ts';
import type { Access } from './access.ts';
import { demandAdmin } from './administration.ts';
import { demandManage, deny, nameOf } from './rules.ts';

/** What another user's statement would be told is told to those who manage everything it mentions, and to nobody for nothing. */
export function explainForOther(access: Access, mentioned: readonly ObjectRead[]): void {
  if (access.identity.isMetastoreAdmin) return;
  if (mentioned.length === 0) demandAdmin(access, 'explain the access of another user');
  manageAllRead(access, mentioned);
}

/** A test runs as somebody else: whoever makes one must manage all that it reads, and so could see it anyway. */
export function createAccessTest(access: Access, schema: Schema, read: readonly ObjectRead[]): void {
  manageAccessTests(access, schema);
  manageAllRead(access, read);
}

export function manageAccessTests(access: Access, schema: Schema): void {
  demandManage(access, schema);
}

export function whoCan(access: Access, securable: Securable): void {
  demandManage(access, securable);
}

/** What a query of somebody else reads; hidden objects do not exist for its analysis, and inner names are not told. */
function manageAllRead(access: Access, read: readonly ObjectRead[]): void {
  for (const { object, mention, through } of read) {
    if (through === undefined) {
      demandManage(access, object, mention);
      if (!access.answersFor(object))
        deny(access, object, { lacking: 'MANAGE where the policies by tags that reach it are set' });
    } else if (!access.answersFor(object)) {
      deny(access, through, { lacking: `MANAGE on everything that ${nameOf(access, through)} reads` });
    }
  }
}
