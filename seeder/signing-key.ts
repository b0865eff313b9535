import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, SwarmtubeError } from '../shared/basics/errors.ts';
import { encodeBase64Url } from '../shared/bytes/base64url.ts';
import { fileReason } from './file-reason.ts';

/** The broadcaster's key: what viewers trust. One a server; every channel's name is inside what is signed. */
export type SigningKey = {
  /** 32 raw bytes. */
  readonly publicKey: Uint8Array;
  /** The same as base64url: what stands in `key="…"` of a page. */
  readonly publicKeyText: string;
  /** Ed25519, 64 bytes; takes about 75 us. */
  sign(bytes: Uint8Array): Uint8Array;
};

/**
 * Reads `DATA/keys/signing-key.pem`, or makes it on the first start. A file that is there but cannot be read is an error
 * and is never replaced: a new key would lock out every page that has the old one pinned.
 */
export async function loadOrCreateSigningKey(dataFolder: string): Promise<SigningKey> {
  const folder = join(dataFolder, 'keys');
  const path = join(folder, 'signing-key.pem');
  const existing = await readIfThere(path);
  if (existing !== undefined) return parseSigningKey(existing, path);
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeOnce(path, pem);
  } catch (thrown) {
    throw new SwarmtubeError(
      'signing-key-unwritable',
      `cannot write the signing key to ${path} (${fileReason(thrown)}); make the folder writable or choose another with --data`,
      { cause: thrown },
    );
  }
  // Read back: where two processes started at once, the file of the first is the key of both.
  return parseSigningKey(await readFile(path, 'utf8'), path);
}

/** A key that lives as long as the process: tests, and broadcasts that keep nothing. */
export function createSigningKey(): SigningKey {
  return signingKeyOf(generateKeyPairSync('ed25519').privateKey);
}

function parseSigningKey(pem: string, path: string): SigningKey {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (thrown) {
    throw new SwarmtubeError('signing-key-damaged', damagedSentence(path, errorText(thrown)), { cause: thrown });
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new SwarmtubeError(
      'signing-key-damaged',
      damagedSentence(path, `it holds a key of type ${key.asymmetricKeyType}`),
    );
  }
  return signingKeyOf(key);
}

function damagedSentence(path: string, reason: string): string {
  return (
    `the signing key ${path} is not a readable Ed25519 key (${reason}); put its copy back, ` +
    'or move it away to start with a new key, which every page that has the old one pinned must then be given'
  );
}

function signingKeyOf(privateKey: KeyObject): SigningKey {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const publicKey = new Uint8Array(spki.subarray(spki.byteLength - 32));
  return {
    publicKey,
    publicKeyText: encodeBase64Url(publicKey),
    sign: (bytes) => sign(null, bytes, privateKey),
  };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    // ENOTDIR: making the folder will say it better.
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new SwarmtubeError(
      'signing-key-unreadable',
      `cannot read the signing key ${path}: ${fileReason(thrown)}; give this user the right to read it`,
      { cause: thrown },
    );
  }
}

/** Writes the whole file or none of it, and never over one that is there: `link` refuses where `rename` would replace. */
async function writeOnce(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== 'EEXIST') throw thrown;
    });
  } finally {
    await unlink(draft).catch(() => {});
  }
}
