/**
 * Bad data or bad luck from outside: a feed, a peer, a viewer, the disk, the network.
 * `code` is for programs (kebab-case, stable), `message` is one sentence for a person that says what to do.
 * Each is caught in exactly one place, which drops the peer, feed or request it came from.
 */
export class SwarmtubeError extends Error {
  override readonly name: string = 'SwarmtubeError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The text of anything that was thrown. */
export function errorText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Why no socket can listen at this host, by the system's code; undefined: it is not for the host. */
export function hostError(code: string | undefined, host: string): SwarmtubeError | undefined {
  if (code !== 'ENOTFOUND' && code !== 'EADDRNOTAVAIL') return undefined;
  return new SwarmtubeError(
    'no-such-address',
    `this machine has no address ${host}: choose one that it has with --host`,
  );
}
