// Programming errors of ours, never a client's: they become XX000 at the edge and close the session.

/** A broken assumption of Portcullis itself. Its message goes to the log, never to a client. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** @throws AssertionError when `condition` does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (condition !== true && !condition) throw new AssertionError(message);
}

/** Marks a branch the type checker has proved impossible. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
