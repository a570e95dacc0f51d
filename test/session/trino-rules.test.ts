// Every rule that Trino tests of column masks (methods of its TestColumnMask) has a conformance file of the same name here.
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const methods =
  `SimpleMask ConditionalMask MultipleMasksOnDifferentColumns ReferenceInUsingClause CoercibleType Subquery
  MaterializedView View ViewWithUppercaseColumnName TableReferenceInWithClause OtherSchema DifferentIdentity Recursion
  LimitedScope SqlInjection InvalidMasks ShowStats Join ColumnMaskingUsingRestrictedColumn InsertWithColumnMasking
  DeleteWithColumnMasking UpdateWithColumnMasking NotReferencedAndDeniedColumnMasking ColumnMaskWithHiddenColumns
  MultipleMasksUsingOtherMaskedColumns ColumnAliasing`.split(/\s+/);

function fileOf(method: string): string {
  const name = method.replaceAll(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  return `conformance/column-mask/${name}.slt`;
}

test.each(methods)('test%s has a file that says its rule and tests it', (method) => {
  const file = fileOf(method);
  expect(existsSync(file)).toBe(true);
  const text = readFileSync(file, 'utf8');
  expect(text.startsWith(`# ${file.slice('conformance/'.length)}  `)).toBe(true);
  expect(text).toMatch(/^(query|statements? error) /m);
});
