/*
 * HTTPS with a certificate of one's own, made out for another name: pages, media and tracker come over TLS, and the
 * seeder of the same process still finds its tracker. The key in test/fixtures/tls protects nothing.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startCommand } from '../support/command-run.ts';
import { waitFor } from '../support/wait.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));

test('everything is served over TLS, and the seeder joins its swarm', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'swarmtube-tls-'));
  t.after(() => rm(data, { recursive: true, force: true }));
  const certificate = ['--tls-cert', fixture('cert.pem'), '--tls-key', fixture('key.pem')];
  const args = [...certificate, '--port', '0', '--stun-port', 'off', '--data', data, '--log-level', 'info'];
  const [, port] = await startCommand(
    t,
    args,
    /https:\/\/localhost:(\d+)\/watch\/demo.*seeding the swarm|seeding the swarm.*https:\/\/localhost:(\d+)\/watch\/demo/s,
  ).then((match) => match.filter((group) => group !== undefined));
  const ca = await readFile(fixture('cert.pem'), 'utf8');
  const ask = (path: string): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path, ca, servername: 'swarmtube.test', agent: false };
      get(options, async (response) => {
        let text = '';
        for await (const piece of response.setEncoding('utf8')) text += piece;
        resolve({ status: response.statusCode ?? 0, text });
      }).on('error', reject);
    });
  await waitFor(async () => JSON.parse((await ask('/live/demo.json')).text).live === true, {
    text: 'the demo is live',
  });
  assert.equal((await ask('/watch/demo')).status, 200);
  assert.match((await ask('/metrics')).text, /swarmtube_tracker_sockets 1\n/);
});
