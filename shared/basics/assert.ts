/** Our own bug. Nothing catches it: the process or page is in a state nobody thought of. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** States what must be true if our own code is right. Never for input from outside: that is a `SwarmtubeError`. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Marks the branch of a `switch` over a union that no member reaches. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${String(value)}`);
}
