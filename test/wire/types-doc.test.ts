// docs/types.md tells what the wire does.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { SqlType } from '../../src/sql/sql-type.ts';
import { wireTypeOf } from '../../src/wire/types/oid.ts';

const integer: SqlType = { id: 'INTEGER' };
const record: SqlType = { id: 'STRUCT', fields: [{ name: 'a', type: integer }] };

/** The table's rows with parts. */
const composite: Readonly<Record<string, SqlType>> = {
  'DECIMAL(9,2)': { id: 'DECIMAL', width: 9, scale: 2 },
  "ENUM('a', 'b')": { id: 'ENUM', values: ['a', 'b'] },
  'INTEGER[]': { id: 'LIST', child: integer },
  'INTEGER[3]': { id: 'ARRAY', child: integer, length: 3 },
  'STRUCT(a INTEGER)': record,
  'MAP(VARCHAR, INTEGER)': { id: 'MAP', key: { id: 'VARCHAR' }, value: integer },
  'UNION(a INTEGER)': { id: 'UNION', members: [{ tag: 'a', type: integer }] },
  'STRUCT(a INTEGER)[]': { id: 'LIST', child: record },
};

const rows = readFileSync('docs/types.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !line.startsWith('| DuckDB'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

test('the table has all types', () => {
  expect(rows).toHaveLength(38);
});

test.each(rows.map(([, name = '', , oid = '', arrayOid = '']) => [name, oid, arrayOid] as const))(
  '%s has the OID %s, and its array %s',
  (name, oid, arrayOid) => {
    const type = composite[name] ?? ({ id: name } as SqlType);
    const wire = wireTypeOf(type);
    expect(String(wire.oid)).toBe(oid);
    if (arrayOid !== '') expect(String(wireTypeOf({ id: 'LIST', child: type }).oid)).toBe(arrayOid);
  },
);
