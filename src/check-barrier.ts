// Before anything is served: does this version of DuckDB keep expressions above the barrier?
import { SqlError } from './base/sql-error.ts';
import type { DuckDbEngine } from './engine/duckdb-engine.ts';
import { type BarrierProbe, barrierProbes } from './rewrite/barrier-probes.ts';

/** @throws SqlError internalError when a probe sees a hidden row: this server must not start */
export async function checkBarrier(
  engine: DuckDbEngine,
  probesOf: (codec: DuckDbEngine['codec']) => Promise<readonly BarrierProbe[]> = (codec) => barrierProbes(codec),
): Promise<void> {
  await engine.openCanary();
  const connection = await engine.connect();
  try {
    for (const probe of await probesOf(engine.codec)) {
      const prepared = await connection.prepare(probe.query);
      try {
        const stream = await prepared.execute([]);
        while ((await stream.next()) !== undefined);
      } catch (cause) {
        throw new SqlError(
          'internalError',
          'this version of DuckDB evaluates expressions on rows that a filter hides',
          {
            detail: `The start-up check failed at: ${probe.template}`,
            hint: 'Use the DuckDB version that Portcullis was released with.',
            cause,
          },
        );
      } finally {
        prepared.close();
      }
    }
  } finally {
    await connection.close();
    await engine.closeCanary();
  }
}
