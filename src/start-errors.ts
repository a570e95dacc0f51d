// Failures that whoever runs the command can mend: told in a line, with what to do, and without a stack.
import { DataDirectoryInUse } from './data-lock.ts';
import { UsageError } from './usage-error.ts';

type Texts = (facts: NodeJS.ErrnoException & { readonly address?: string; readonly port?: number }) => string;

const ofListening: Readonly<Record<string, Texts>> = {
  EADDRINUSE: ({ address = '', port }) =>
    `port ${String(port)} of ${address} is in use: choose another with --pg-port or --http-port (0 for a free one)`,
  EADDRNOTAVAIL: ({ address = '' }) => `${address} is no address of this machine: choose one with --host`,
  EACCES: ({ address = '', port }) =>
    `port ${String(port)} of ${address} is not allowed: choose another with --pg-port or --http-port`,
};

/** @returns undefined for what nobody expected */
export function plainText(error: unknown): string | undefined {
  if (error instanceof UsageError) return error.message;
  if (error instanceof DataDirectoryInUse) {
    return `${error.message}: stop it, or choose another directory with --data`;
  }
  if (!(error instanceof Error)) return undefined;
  const { code, syscall, path }: NodeJS.ErrnoException = error;
  if (syscall === 'listen') return ofListening[code ?? '']?.(error);
  if (syscall === 'getaddrinfo') return `${error.message}: name an address of this machine with --host`;
  if (syscall === 'mkdir') return `${error.message}: a directory cannot be made there; choose another place`;
  return path === undefined || syscall === undefined ? undefined : error.message;
}
