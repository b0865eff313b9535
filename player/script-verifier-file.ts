import { hashes, verify as verifyInScript } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';

// Noble's own default needs the WebCrypto that is missing here. The cast: its hash never returns shared memory.
hashes.sha512 = (message) => sha512(message) as Uint8Array<ArrayBuffer>;

/** What `script-verifier.ts` loads where a browser has no Ed25519 of its own. */
export async function verify(...checked: Parameters<typeof verifyInScript>): Promise<boolean> {
  return verifyInScript(...checked);
}
