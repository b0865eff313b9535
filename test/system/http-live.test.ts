/*
 * `/live/…` of a running server: the description, packets one by one and as a stream, HTTP-FLV. Packets are checked
 * against the public key that the description gives, as a player would.
 */
import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { decodeBase64Url } from '../../shared/bytes/base64url.ts';
import { createPacketVerifier } from '../../shared/driver/packet-verifier.ts';
import { decodePacket, type Packet } from '../../shared/packets/packet.ts';
import { PacketReader } from '../../shared/packets/packet-reader.ts';
import { FlvTagReader } from '../../shared/tags/flv-tag-reader.ts';
import type { ChannelDescription } from '../../shared/wire/channel-description.ts';
import { channelBytes, liveChannel } from '../support/channel-facts.ts';
import { ServerProcess } from '../support/server-process.ts';

let server: ServerProcess;
let demo: ChannelDescription;

before(async () => {
  server = new ServerProcess({}, await mkdtemp(join(tmpdir(), 'swarmtube-http-')));
  await server.start();
  demo = await liveChannel(server.url, 'demo');
});
after(() => server.dispose());

const at = (path: string): string => `${server.url}/live/demo${path}`;

/** Reads a response that does not end until `isEnough`. */
async function readUntil(response: Response, isEnough: (bytes: Uint8Array) => boolean): Promise<void> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    assert.ok(!done, 'the response goes on');
    if (isEnough(value)) break;
  }
  await reader.cancel();
}

async function readPackets(query: string, count: number): Promise<Packet[]> {
  const response = await fetch(at(`/packets${query}`));
  assert.equal(response.status, 200);
  const packetReader = new PacketReader();
  const packets: Packet[] = [];
  await readUntil(response, (bytes) => packets.push(...packetReader.push(bytes.slice())) >= count);
  return packets;
}

test('the description has all that a player needs, and is never cached', async () => {
  const response = await fetch(at('.json'));
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  const description = (await response.json()) as ChannelDescription;
  const { channel, title, live, tracker, viewers } = description;
  assert.deepEqual(
    { channel, title, live, tracker, viewers },
    { channel: 'demo', title: 'Demo', live: true, tracker: '/tracker', viewers: 0 },
  );
  assert.ok((description.newestSequence as number) >= (description.doorSequence as number));
  assert.ok(Math.abs(description.serverTimeMs - Date.now()) < 60_000);
  assert.equal(decodeBase64Url(description.publicKey)?.byteLength, 32);
});

test('a packet is the same bytes for ever, signed by the key of the description', async () => {
  const response = await fetch(at(`/packets/${demo.epoch}/${demo.doorSequence}`));
  assert.equal(response.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  const packet = decodePacket(new Uint8Array(await response.arrayBuffer()));
  assert.equal(packet.header.sequence, demo.doorSequence);
  assert.ok(packet.header.isDoor);
  const verify = await createPacketVerifier(demo.channel, decodeBase64Url(demo.publicKey) as Uint8Array);
  assert.equal(await verify(packet), true);
  const head = await fetch(at(`/packets/${demo.epoch}/${demo.doorSequence}`), { method: 'HEAD' });
  assert.equal(head.headers.get('content-length'), String(packet.bytes.byteLength));
});

test('the stream from live begins at a door and leaves nothing out', async () => {
  const packets = await readPackets('?from=live', 40);
  const first = packets[0] as Packet;
  assert.ok(first.header.isDoor);
  for (const [index, { header }] of packets.entries()) assert.equal(header.sequence, first.header.sequence + index);
});

test('the stream from a number begins there; with sub-streams it is those alone', async () => {
  const from = (demo.firstSequence as number) + 5;
  const [first] = await readPackets(`?from=${from}&epoch=${demo.epoch}`, 1);
  assert.equal(first?.header.sequence, from);
  const leased = await readPackets(`?from=${from}&substreams=1,6`, 8);
  assert.ok(leased.every(({ header }) => [1, 6].includes(header.sequence % 8)));
});

test('HTTP-FLV begins with the configuration and a keyframe, without a fault', async () => {
  const response = await fetch(at('.flv'));
  assert.equal(response.headers.get('content-type'), 'video/x-flv');
  const reader = new FlvTagReader();
  const kinds: string[] = [];
  await readUntil(response, (bytes) => {
    for (const tag of reader.push(bytes.slice())) kinds.push(`${tag.kind} ${tag.body[0]?.toString(16)} ${tag.body[1]}`);
    return kinds.length > 100;
  });
  assert.deepEqual(reader.faults, []);
  const media = kinds.filter((kind) => !kind.startsWith('data'));
  assert.deepEqual(media.slice(0, 3), ['video 17 0', 'audio af 0', 'video 17 1']);
});

test('what left is counted by its way', async () => {
  const { origin, stream } = await channelBytes(server.url, 'demo');
  assert.ok(stream > 0);
  for (const path of ['rescue', 'start', 'lease', 'flv']) assert.ok((origin.get(path) ?? 0) > 0, path);
  assert.equal(origin.get('hls'), 0);
});

const REFUSALS: readonly (readonly [path: string, status: number, code: string])[] = [
  ['/packets/1/0', 404, 'packet-gone'],
  ['/packets/x/0', 400, 'bad-epoch'],
  ['/packets/4294967296/0', 400, 'bad-epoch'],
  ['/packets/1/-1', 400, 'bad-sequence'],
  ['/packets?from=soon', 400, 'bad-from'],
  ['/packets?from=4000000000', 404, 'packet-ahead'],
  ['/packets?from=live&epoch=1', 404, 'epoch-gone'],
  ['/packets?from=live&substreams=8', 400, 'bad-substreams'],
  ['/packets?from=live&substreams=', 400, 'bad-substreams'],
  ['/packets?from=live&substreams=0,1,2,3,4,5,6,7,0', 400, 'bad-substreams'],
  ['.m3u9', 404, 'not-found'],
];

for (const [path, status, code] of REFUSALS) {
  test(`/live/demo${path} is answered with ${status} ${code}`, async () => {
    const response = await fetch(at(path));
    assert.equal(response.status, status);
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    assert.equal(error.code, code);
    assert.ok(error.message.length > 10);
  });
}

test('a channel that is not there is told on every path', async () => {
  for (const path of ['.json', '.flv', '/packets', '/packets/1/1']) {
    const response = await fetch(`${server.url}/live/nobody${path}`);
    assert.equal(response.status, 404);
    const { error } = (await response.json()) as { error: { code: string } };
    assert.equal(error.code, 'unknown-channel');
  }
});
