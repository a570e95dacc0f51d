// Records, maps and unions as JSON text.
import type { SqlType, SqlValue } from '../../sql/sql-type.ts';
import { dateText, microsOf, timestampJson } from './datetime.ts';
import { defaultSpelling, type Spelling } from './spelling.ts';

type TextWriter = (value: SqlValue) => string;

/** Writers of scalars: text.ts, which also uses this file. */
type WriterOf = (type: SqlType, spelling: Spelling) => TextWriter;

export interface JsonOptions {
  readonly spelling: Spelling;
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
        const name = key === null ? 'null' : scalarText(type.key, key, options);
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
  const text = scalarText(type, value, options);
  if (type.id === 'JSON') return text;
  // NaN and infinities are no JSON numbers.
  return numbers.has(type.id) && /^-?\d/.test(text) ? text : JSON.stringify(text);
}

/** Dates and times do not depend on DateStyle, as in PostgreSQL's own JSON. */
function scalarText(type: SqlType, value: SqlValue, { spelling, writerOf }: JsonOptions): string {
  switch (type.id) {
    case 'DATE':
      return dateText(Number(value), defaultSpelling.dateStyle);
    case 'TIMESTAMP':
    case 'TIMESTAMP_S':
    case 'TIMESTAMP_MS':
    case 'TIMESTAMP_NS':
      return timestampJson(microsOf(type, value as bigint), undefined);
    case 'TIMESTAMPTZ':
      return timestampJson(value as bigint, spelling.timeZone);
    default:
      return writerOf(type, spelling)(value);
  }
}
