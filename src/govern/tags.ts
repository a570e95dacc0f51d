// SET TAGS, UNSET TAGS, and tags in DESCRIBE EXTENDED.
import { applyTag } from '../authorize/tag-rules.ts';
import { display, displayName, fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import { inheritedTags } from '../catalog/match-policies.ts';
import type { Catalog, Column, Schema, Securable, Table, View } from '../catalog/securable.ts';
import type { Tag } from '../catalog/tag-policy.ts';
import type { SimpleName, TaggedRef, TagStatement } from '../parse/tag-statement.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import { catalogNamed, relationNamed, schemaNamed, touched, viewNamed } from './find.ts';

type SetTags = Extract<TagStatement, { kind: 'setTags' }>;
type UnsetTags = Extract<TagStatement, { kind: 'unsetTags' }>;

export function setTags(environment: GovernEnvironment, statement: SetTags): Governed {
  const { object, columnId } = taggable(environment, statement);
  const { tags } = statement;
  for (const tag of tags) checkTag(tag);
  if (new Set(tags.map((tag) => tag.key)).size < tags.length) {
    throw new SqlError('invalidParameterValue', 'a tag is given twice');
  }
  return {
    tag: `ALTER ${statement.object.type}`,
    changes: [{ kind: 'setTags', objectId: object.id, columnId, tags }],
    touched: [touched(environment, object, 'SET TAGS')],
  };
}

/** A tag that is not there is no error: it is gone either way. */
export function unsetTags(environment: GovernEnvironment, statement: UnsetTags): Governed {
  const { object, columnId } = taggable(environment, statement);
  return {
    tag: `ALTER ${statement.object.type}`,
    changes: [{ kind: 'unsetTags', objectId: object.id, columnId, keys: statement.keys }],
    touched: [touched(environment, object, 'UNSET TAGS')],
  };
}

interface Taggable {
  readonly object: Catalog | Schema | Table | View;
  readonly columnId: string | undefined;
}

function taggable(
  environment: GovernEnvironment,
  { object: ref, column }: { readonly object: TaggedRef; readonly column?: SimpleName },
): Taggable {
  const object = objectNamed(environment, ref);
  applyTag(environment.access, object);
  return { object, columnId: column === undefined ? undefined : columnOf(object, column).id };
}

function objectNamed(environment: GovernEnvironment, { type, name }: TaggedRef): Taggable['object'] {
  switch (type) {
    case 'CATALOG':
      return catalogNamed(environment, name);
    case 'SCHEMA':
      return schemaNamed(environment, name);
    case 'TABLE':
      return relationNamed(environment, name);
    case 'VIEW':
      return viewNamed(environment, name);
  }
}

function columnOf(object: Taggable['object'], { name, offset }: SimpleName): Column {
  if (object.kind !== 'table') {
    throw new SqlError('wrongObjectType', `${displayName([object.name])} is not a table`, {
      position: offset,
      hint: 'Tag the columns of the tables that a view reads.',
    });
  }
  const column = object.columns.find((each) => fold(each.name) === fold(name));
  if (column !== undefined) return column;
  throw new SqlError('undefinedColumn', `column ${displayName([name])} does not exist`, { position: offset });
}

function checkTag({ key, value }: Tag): void {
  if (key === '' || key.trim() !== key)
    throw new SqlError('invalidParameterValue', 'a tag needs a key without spaces around it');
  if (key.length > limits.tagKeyCharactersMax || value.length > limits.tagValueCharactersMax) {
    throw new SqlError('limitExceeded', `tag ${display(key.slice(0, 40))} is too long`);
  }
}

/** For everybody who may know the object. A table shows what it inherits too, with the tags of its columns. */
export function tagRows(environment: GovernEnvironment, object: Securable): readonly (readonly [string, string])[] {
  const { snapshot } = environment;
  if (object.kind !== 'table') return rowOf('tags', snapshot.tagsOf(object.id));
  const columns = object.columns.flatMap((column) =>
    rowOf(`tags of ${column.name}`, snapshot.columnTagsOf(object.id, column.id)),
  );
  return [...rowOf('tags', inheritedTags(snapshot, object)), ...columns];
}

function rowOf(name: string, tags: readonly Tag[]): readonly (readonly [string, string])[] {
  if (tags.length === 0) return [];
  const shown = tags.map(({ key, value }) => (value === '' ? key : `${key} = ${value}`)).toSorted();
  return [[name, shown.join(', ')]];
}
