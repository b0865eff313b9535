import { hashes, verify as verifyInScript } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';

// Noble's own default needs the WebCrypto that is missing here. The cast: its hash never returns shared memory.
hashes.sha512 = (message) => sha512(message) as Uint8Array<ArrayBuffer>;

/**
 * What `script-verifier.ts` loads where a browser has no Ed25519 of its own. Noble's options are set here and not taken
 * over: the embed script's properties have other names than this file's. zip215 off: RFC 8032's strict reading, which
 * WebCrypto follows too.
 */
export async function verify(signature: Uint8Array, bytes: Uint8Array, publicKey: Uint8Array): Promise<boolean> {
  return verifyInScript(signature, bytes, publicKey, { zip215: false });
}
