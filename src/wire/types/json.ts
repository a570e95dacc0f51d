// Records, maps and unions as JSON text.
import type { SqlType, SqlValue } from '../../sql/sql-type.ts';
import type { TextOptions, TextWriter } from './text.ts';

/** Writers of scalars: text.ts, which also uses this file. */
type WriterOf = (type: SqlType, options: JsonOptions) => TextWriter;

export interface JsonOptions extends TextOptions {
  readonly writerOf: WriterOf;
}

export function jsonText(type: SqlType, value: SqlValue, options: JsonOptions): string {
  if (value === null) return 'null';
  switch (type.id) {
    case 'STRUCT': {
      const fields = value as readonly SqlValue[];
      const parts = type.fields.map(({ name, type: field }, index) => {
        return `${JSON.stringify(name)}:${jsonText(field, fields[index] ?? null, options)}`;
      });
      return `{${parts.join(',')}}`;
    }
    case 'MAP': {
      const entries = value as readonly (readonly [SqlValue, SqlValue])[];
      const parts = entries.map(([key, item]) => {
        const name = key === null ? 'null' : options.writerOf(type.key, options)(key);
        return `${JSON.stringify(name)}:${jsonText(type.value, item, options)}`;
      });
      return `{${parts.join(',')}}`;
    }
    case 'UNION': {
      const { tag, value: inner } = value as { readonly tag: string; readonly value: SqlValue };
      const member = type.members.find((each) => each.tag === tag);
      return member === undefined ? 'null' : `{${JSON.stringify(tag)}:${jsonText(member.type, inner, options)}}`;
    }
    case 'LIST':
    case 'ARRAY':
      return `[${(value as readonly SqlValue[]).map((item) => jsonText(type.child, item, options)).join(',')}]`;
    default:
      return scalarJson(type, value, options);
  }
}

const numbers: ReadonlySet<string> = new Set(
  'TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT BIGNUM FLOAT DOUBLE DECIMAL'.split(
    ' ',
  ),
);

function scalarJson(type: SqlType, value: SqlValue, options: JsonOptions): string {
  if (type.id === 'BOOLEAN') return value === true ? 'true' : 'false';
  const text = options.writerOf(type, options)(value);
  if (type.id === 'JSON') return text;
  // NaN and infinities are no JSON numbers.
  return numbers.has(type.id) && /^-?\d/.test(text) ? text : JSON.stringify(text);
}
