// Sizes of memory and disk as people write them.
import { totalmem } from 'node:os';

const units: Readonly<Record<string, number>> = {
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** `4GB`, `512 MiB` -> bytes; undefined for anything else. */
export function bytesOf(size: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([KMGT]i?B)$/i.exec(size) ?? [];
  const factor = units[unit.toLowerCase()];
  return number === undefined || factor === undefined ? undefined : Math.floor(Number(number) * factor);
}

/** What the container, else the machine, has. */
export function availableMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  // Without a limit some kernels tell an absurd one.
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}
