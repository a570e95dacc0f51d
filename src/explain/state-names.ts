// Names in the statements of SHOW GOVERNANCE, and the files they belong in.
import { fold, quote } from '../base/identifier.ts';
import type { Securable } from '../catalog/securable.ts';
import type { GovernEnvironment } from '../govern/environment.ts';

/** A statement that makes one thing, and the one that undoes it. */
export type StateRow = readonly [file: string, statement: string, undo: string];

/** Words that the grammars read as something else. */
const reserved: ReadonlySet<string> = new Set(
  `select from where as on to not null and or in with using create table grant primary unique check default references
  foreign constraint user group recipient catalog schema view function metastore database until true false`.split(
    /\s+/,
  ),
);

/** A name that a grammar reads back as the same name. */
export function spelled(name: string): string {
  return /^[a-z_][a-z0-9_]*$/i.test(name) && !reserved.has(fold(name)) ? name : quote(name);
}

export function nameOf({ snapshot }: GovernEnvironment, object: Securable): string {
  return snapshot.nameOf(object.id).map(spelled).join('.');
}

export function principalOf({ snapshot }: GovernEnvironment, id: string): string {
  return spelled(snapshot.principal(id)?.name ?? '');
}

/** `catalog/schema/object.sql`. Names that a file system would take for a way elsewhere are written out. */
export function fileOf({ snapshot }: GovernEnvironment, object: Securable): string {
  const names = snapshot.nameOf(object.id).map(fileName);
  switch (object.kind) {
    case 'metastore':
      return 'metastore.sql';
    case 'catalog':
      return `${names.join('/')}/_catalog.sql`;
    case 'schema':
      return `${names.join('/')}/_schema.sql`;
    case 'function':
      return `${names.slice(0, -1).join('/')}/functions/${names.at(-1) ?? ''}.sql`;
    default:
      return `${names.join('/')}.sql`;
  }
}

function fileName(name: string): string {
  return encodeURIComponent(fold(name)).replaceAll(/[.*_~!'()]/g, (character) =>
    character === '_' ? character : `%${character.charCodeAt(0).toString(16)}`,
  );
}
