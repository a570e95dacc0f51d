// A statement that no client can have: the secret of a catalog's keyed masks.
import type { ExecutableQuery } from '../../src/rewrite/executable-query.ts';
import { sealQuery } from '../../src/rewrite/executable-query.ts';
import { maskKey } from '../../src/rewrite/mask-key.ts';
import { select, statementOf } from '../../src/sql/build.ts';
import type { SqlCodec } from '../../src/sql/sql-codec.ts';

export async function sealedMaskKey(catalogId: string, codec: SqlCodec): Promise<ExecutableQuery> {
  const sql = await codec.print(statementOf(select({ select_list: [maskKey(catalogId, 'k')] })));
  return sealQuery({ sql, writes: undefined });
}
