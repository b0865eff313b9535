// The key pair: made once, kept with care, never replaced without a word.
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadOrCreateSigningKey } from '../../../seeder/signing-key.ts';
import { SwarmtubeError } from '../../../shared/basics/errors.ts';
import { decodeBase64Url } from '../../../shared/bytes/base64url.ts';

async function dataFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmtube-key-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'data');
}

const pathOf = (data: string): string => join(data, 'keys', 'signing-key.pem');

test('makes a key on the first start and finds it on the next', async (context) => {
  const data = await dataFolder(context);
  const first = await loadOrCreateSigningKey(data);
  const second = await loadOrCreateSigningKey(data);
  assert.deepEqual(second.publicKey, first.publicKey);
  assert.deepEqual(decodeBase64Url(first.publicKeyText), first.publicKey);
  assert.equal(first.publicKey.byteLength, 32);
  assert.equal((await stat(pathOf(data))).mode & 0o777, 0o600);
  assert.equal((await stat(join(data, 'keys'))).mode & 0o777, 0o700);
  assert.deepEqual(await readdir(join(data, 'keys')), ['signing-key.pem']);
});

test('signs what its public key verifies', async (context) => {
  const key = await loadOrCreateSigningKey(await dataFolder(context));
  const message = Buffer.from('a packet');
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: key.publicKeyText };
  assert.ok(verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), key.sign(message)));
});

test('processes that start at once end up with one key', async (context) => {
  const data = await dataFolder(context);
  const keys = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateSigningKey(data)));
  assert.equal(new Set(keys.map(({ publicKeyText }) => publicKeyText)).size, 1);
});

const RSA = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
const DAMAGED: readonly [string, string][] = [
  ['empty', ''],
  ['cut', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2'],
  ['no PEM', 'hello'],
  ['a key of another kind', RSA.toString()],
];

for (const [name, text] of DAMAGED) {
  test(`a key file that is ${name} is told, and left as it is`, async (context) => {
    const data = await dataFolder(context);
    await mkdir(join(data, 'keys'), { recursive: true });
    await writeFile(pathOf(data), text);
    await assert.rejects(loadOrCreateSigningKey(data), (thrown) => {
      assert.ok(thrown instanceof SwarmtubeError);
      assert.equal(thrown.code, 'signing-key-damaged');
      assert.match(thrown.message, /put its copy back/);
      return true;
    });
    assert.equal(await readFile(pathOf(data), 'utf8'), text);
  });
}

test('a folder that cannot be written is told', async (context) => {
  const data = await dataFolder(context);
  await writeFile(data, 'a file where the folder should be');
  await assert.rejects(loadOrCreateSigningKey(data), /cannot write the signing key .*--data/);
});

test('a key that cannot be read is told', {
  skip: process.getuid?.() === 0 ? 'root reads everything' : false,
}, async (context) => {
  const data = await dataFolder(context);
  await loadOrCreateSigningKey(data);
  await chmod(pathOf(data), 0);
  await assert.rejects(loadOrCreateSigningKey(data), /give this user the right/);
});
