/** The command line, or what it names, cannot be used; exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
