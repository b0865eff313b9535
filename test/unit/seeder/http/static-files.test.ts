/* Files of the build: what is served and how, and that nothing else is, by any spelling of a path. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { StaticFiles } from '../../../../seeder/http/static-files.ts';
import { type Ask, serveRouter } from './http-harness.ts';

const SCRIPT = `console.log(${JSON.stringify('swarm '.repeat(200))});`;

async function setUp(t: TestContext): Promise<{ ask: Ask; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmtube-static-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'dist/assets/deep'), { recursive: true });
  await writeFile(join(folder, 'dist/player.js'), SCRIPT);
  await writeFile(join(folder, 'dist/assets/deep/a-1b2c.css'), 'body{}');
  await writeFile(join(folder, 'dist/assets/image.png'), 'png');
  await writeFile(join(folder, 'secret.json'), '"secret"');
  await writeFile(join(folder, 'dist/assets/key.pem'), 'secret');
  await symlink(join(folder, 'secret.json'), join(folder, 'dist/assets/link.json'));
  const files = new StaticFiles(join(folder, 'dist'));
  const ask = await serveRouter(t, (router) =>
    router
      .get('/player.js', (exchange) => files.send(exchange, 'player.js', { 'Cache-Control': 'no-cache' }))
      .get('/assets/*', (exchange) => files.send(exchange, `assets/${exchange.params.file}`, {})),
  );
  return { ask, folder };
}

test('a script is served compressed where that is taken, with its type and nosniff', async (t) => {
  const { ask } = await setUp(t);
  const plain = await ask('/player.js');
  assert.equal(plain.body.toString(), SCRIPT);
  assert.equal(plain.headers['content-type'], 'text/javascript; charset=utf-8');
  assert.equal(plain.headers['x-content-type-options'], 'nosniff');
  assert.equal(plain.headers.vary, 'Accept-Encoding');
  const brotli = await ask('/player.js', { headers: { 'accept-encoding': 'gzip, deflate, br' } });
  assert.equal(brotli.headers['content-encoding'], 'br');
  assert.equal(brotliDecompressSync(brotli.body).toString(), SCRIPT);
  const gzip = await ask('/player.js', { headers: { 'accept-encoding': 'gzip;q=1.0, br;q=0' } });
  assert.equal(gzip.headers['content-encoding'], 'gzip');
  assert.equal(gunzipSync(gzip.body).toString(), SCRIPT);
});

test('who has it already is told so, whatever the encoding, and a change is seen', async (t) => {
  const { ask, folder } = await setUp(t);
  const first = await ask('/player.js', { headers: { 'accept-encoding': 'br' } });
  const etag = first.headers.etag as string;
  for (const header of [etag, `W/${etag}`, `"other", ${etag}`]) {
    const again = await ask('/player.js', { headers: { 'if-none-match': header, 'accept-encoding': 'br' } });
    assert.equal(again.status, 304);
    assert.equal(again.body.byteLength, 0);
  }
  await writeFile(join(folder, 'dist/player.js'), 'changed');
  const changed = await ask('/player.js', { headers: { 'if-none-match': etag } });
  assert.equal(changed.body.toString(), 'changed');
});

test('HEAD gives the headers alone', async (t) => {
  const { ask } = await setUp(t);
  const answer = await ask('/player.js', { method: 'HEAD' });
  assert.equal(answer.headers['content-length'], String(SCRIPT.length));
  assert.equal(answer.body.byteLength, 0);
});

test('folders below are served, other kinds of files are not', async (t) => {
  const { ask } = await setUp(t);
  assert.equal((await ask('/assets/deep/a-1b2c.css')).headers['content-type'], 'text/css; charset=utf-8');
  assert.equal((await ask('/assets/image.png')).status, 200);
  for (const path of ['/assets/key.pem', '/assets/link.json', '/assets/deep', '/assets/', '/assets/none.js']) {
    assert.equal((await ask(path)).status, 404, path);
  }
});

test('no path leads out of the folder', async (t) => {
  const { ask } = await setUp(t);
  const ups = ['..', '%2e%2e', '%2E.', '.%2e', '....', '..%00', '%252e%252e', '..\\', '..%5c', '%c0%ae%c0%ae', '.'];
  const slashes = ['/', '%2f', '%2F', '\\', '%5c', '//', '/./'];
  let asked = 0;
  for (const up of ups) {
    for (const slash of slashes) {
      for (const start of ['/assets/', '/assets/deep/']) {
        const path = `${start}${up}${slash}${up}${slash}secret.json`;
        const answer = await ask(path);
        assert.equal(answer.status, 404, path);
        assert.doesNotMatch(answer.body.toString(), /secret"/, path);
        asked++;
      }
    }
  }
  assert.ok(asked >= 150);
});
