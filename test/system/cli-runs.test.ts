/*
 * Commands that run: what they print, what they serve, and that they end by themselves when they are told to. The real
 * process, on free ports.
 */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ChannelDescription } from '../../shared/wire/channel-description.ts';
import { liveChannel } from '../support/channel-facts.ts';
import { runCommand, startCommand } from '../support/command-run.ts';
import { startServer } from '../support/server-process.ts';
import { waitFor } from '../support/wait.ts';

const DEMO = fileURLToPath(new URL('../../seeder/demo/demo.flv', import.meta.url));

test('without a command the demo is on, and Ctrl-C ends it with success', async (t) => {
  const server = await startServer(t);
  const demo = await liveChannel(server.url, 'demo');
  assert.match(server.output, /http:\/\/localhost:\d+\/watch\/demo/);
  assert.deepEqual(
    demo.tracks.map(({ type, codec }) => `${type} ${codec}`),
    ['video h264', 'audio aac'],
  );
  await server.stop();
});

test('SIGTERM ends it as well, with readers of every kind connected', async (t) => {
  const server = await startServer(t);
  await liveChannel(server.url, 'demo');
  const readers = ['/live/demo.flv', '/live/demo/packets?from=live', '/live/demo.json'].map((path) =>
    fetch(server.url + path),
  );
  const responses = await Promise.all(readers);
  process.kill(server.pid, 'SIGTERM');
  const bodies = responses.map((response) => response.arrayBuffer().catch(() => undefined));
  await Promise.all(bodies);
  // A second signal before it has ended would mean: at once.
  await waitFor(() => !isRunning(server.pid), { text: 'the server ends' });
  await server.stop();
});

test('seed broadcasts one file under the name and title that it is given', async (t) => {
  const server = await startServer(t, { args: ['seed', DEMO, '--channel', 'a-1', '--title', 'A <b> & c', '--loop'] });
  const { title, channel } = await liveChannel(server.url, 'a-1');
  assert.deepEqual({ title, channel }, { title: 'A <b> & c', channel: 'a-1' });
  const page = await (await fetch(`${server.url}/`)).text();
  assert.match(page, /A &#60;b&#62; &#38; c/);
});

test('serve runs the channels of a config file; one that fails disturbs no other', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'swarmtube-serve-'));
  t.after(() => rm(folder, { recursive: true }));
  const config = join(folder, 'swarmtube.json');
  const channels = { good: { source: DEMO, loop: true }, bad: { source: 'nowhere.flv' } };
  await writeFile(config, JSON.stringify({ channels, logLevel: 'error' }));
  const server = await startServer(t, { args: ['serve', '--config', config] });
  await liveChannel(server.url, 'good');
  const response = await fetch(`${server.url}/live/bad.json`);
  const bad = (await response.json()) as ChannelDescription;
  assert.deepEqual(
    { live: bad.live, epoch: bad.epoch, bitrate: bad.bitrate },
    { live: false, epoch: null, bitrate: 0 },
  );
  assert.equal((await fetch(`${server.url}/live/bad.flv`)).status, 503);
});

test('the signing key survives a restart', async (t) => {
  const server = await startServer(t);
  const before = await liveChannel(server.url, 'demo');
  await server.stop();
  await server.start();
  const after = await liveChannel(server.url, 'demo');
  assert.equal(after.publicKey, before.publicKey);
  assert.notEqual(after.epoch, before.epoch);
});

test('a STUN port that is in use is told, and another one taken', async (t) => {
  const other = createSocket('udp4');
  await new Promise<void>((resolve) => other.bind(0, '127.0.0.1', resolve));
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  const folder = await mkdtemp(join(tmpdir(), 'swarmtube-stun-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const args = ['--port', '0', '--stun-port', String(port), '--data', folder];
  await startCommand(
    t,
    args,
    /STUN listens on another UDP port.*\/watch\/demo|\/watch\/demo.*STUN listens on another/s,
  );
});

test('a server whose standard output nobody reads serves on', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'swarmtube-unread-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const args = ['seed', DEMO, '--channel', 'a', '--port', String(port), '--stun-port', 'off', '--data', folder];
  await startCommand(t, args, /Live from file/, false);
  const url = `http://127.0.0.1:${port}`;
  // Its address was written before: channels are read from the next turn on.
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  assert.equal((await fetch(`${url}/live/a.json`)).status, 200);
});

test('the tracker alone answers for its health and has no pages', async (t) => {
  const args = ['tracker', '--port', '0', '--stun-port', '0'];
  const [, port] = await startCommand(t, args, /http:\/\/localhost:(\d+)\/tracker/);
  const url = `http://127.0.0.1:${port}`;
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  assert.match(await (await fetch(`${url}/metrics`)).text(), /swarmtube_tracker_sockets 0/);
  assert.equal((await fetch(`${url}/`)).status, 404);
});

test('inspect tells what is in the demo, for people and for programs', async () => {
  const people = await runCommand(['inspect', DEMO]);
  assert.equal(people.code, 0);
  assert.match(people.stdout, /video h264, 640x360.*12 keyframes/);
  assert.match(people.stdout, /audio aac, 48000 Hz, mono/);
  const programs = await runCommand(['inspect', DEMO, '--json']);
  const { container, tracks, faults } = JSON.parse(programs.stdout);
  assert.equal(container, 'flv');
  assert.deepEqual(
    tracks.map((track: { frames: number }) => track.frames),
    [600, 1125],
  );
  assert.deepEqual(faults, []);
});

test('inspect reads a live stream over HTTP for as long as it takes to tell', async (t) => {
  const server = await startServer(t);
  await liveChannel(server.url, 'demo');
  const end = await runCommand(['inspect', `${server.url}/live/none.flv`]);
  assert.equal(end.code, 1);
  assert.match(end.stderr, /404/);
});

test('the demo clip is small enough for the package', async () => {
  assert.ok((await stat(DEMO)).size <= 2_000_000);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
