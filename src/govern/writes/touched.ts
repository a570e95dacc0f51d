// What a write touched, for its audit event: the table that is written, and everything that is read for it.
import type { TouchedObject } from '../../audit/event.ts';
import type { Authorization } from '../../authorize/authorization.ts';
import type { Column, Table } from '../../catalog/securable.ts';
import type { GuardEffect } from '../../rewrite/rewrite-context.ts';
import type { GovernEnvironment } from '../environment.ts';
import { touched } from '../find.ts';
import { readsOf } from '../query-parts.ts';

interface Found {
  readonly authorization: Authorization;
  readonly effects: readonly GuardEffect[];
}

export interface Written {
  readonly table: Table;
  readonly action: 'INSERT' | 'UPDATE' | 'DELETE' | 'MERGE';
  readonly columns: readonly Column[];
}

export function touchedByWrite(
  environment: GovernEnvironment,
  found: readonly Found[],
  { table, action, columns }: Written,
): readonly TouchedObject[] {
  const written = { ...touched(environment, table, action), columns: columns.map(({ name }) => name) };
  const own = found.flatMap(({ effects }) => effects).find((effect) => effect.use.table.id === table.id);
  return [
    own === undefined ? written : { ...written, masked: own.masked, filtered: own.filtered },
    ...found.flatMap(({ authorization, effects }) => readsOf(authorization, effects)),
  ].filter((object) => object.action !== 'SELECT' || object.columns.length > 0 || object.id !== table.id);
}
