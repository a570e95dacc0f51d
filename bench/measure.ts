// Two ways of doing the same work, timed in turns in one run: machines are noisy, ratios within a run are less so.

export interface Contender {
  readonly name: string;
  readonly run: () => Promise<void>;
}

export interface Comparison {
  /** Median of the ratios of neighbouring rounds, first over second. */
  readonly cpuRatio: number;
  readonly wallRatio: number;
  readonly lines: readonly string[];
}

interface Round {
  readonly cpuMs: number;
  readonly wallMs: number;
}

async function timed(contender: Contender): Promise<Round> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await contender.run();
  const wallMs = performance.now() - start;
  const used = process.cpuUsage(cpu);
  return { cpuMs: (used.user + used.system) / 1000, wallMs };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function line(name: string, unit: string, values: readonly number[]): string {
  const [min, mid, max] = [Math.min(...values), median(values), Math.max(...values)].map((value) => value.toFixed(2));
  return `${name.padEnd(34)} min ${String(min)}  median ${String(mid)}  max ${String(max)} ${unit}`;
}

/** @param rounds each runs both once, in changing order; the first is not counted */
export async function compare(a: Contender, b: Contender, rounds: number): Promise<Comparison> {
  const pairs: (readonly [Round, Round])[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const swapped = round % 2 === 1;
    const first = await timed(swapped ? b : a);
    const second = await timed(swapped ? a : b);
    if (round > 0) pairs.push(swapped ? [second, first] : [first, second]);
  }
  const cpu = pairs.map(([x, y]) => x.cpuMs / y.cpuMs);
  const wall = pairs.map(([x, y]) => x.wallMs / y.wallMs);
  return {
    cpuRatio: median(cpu),
    wallRatio: median(wall),
    lines: [
      line(`${a.name} wall`, 'ms', pairs.map(([x]) => x.wallMs)),
      line(`${b.name} wall`, 'ms', pairs.map(([, y]) => y.wallMs)),
      line(`${a.name} / ${b.name} wall`, '', wall),
      line(`${a.name} / ${b.name} CPU`, '', cpu),
    ],
  };
}
