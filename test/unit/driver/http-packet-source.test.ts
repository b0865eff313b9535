// The HTTP packet source against a real server on port 0 that answers as each test says: whole packets come through,
// anything else ends in a named error, and nothing waits for ever. Time limits are short where a test waits for one.
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Millis, Sequence } from '../../../shared/basics/units.ts';
import { createHttpPacketSource, type HttpPacketSourceTimes } from '../../../shared/driver/http-packet-source.ts';
import type { PacketSource, PacketStreamRequest } from '../../../shared/driver/ports.ts';
import type { Packet } from '../../../shared/packets/packet.ts';
import { TEST_EPOCH, testPacket } from '../../support/packets.ts';

const DESCRIPTION = {
  channel: 'main',
  title: 'Main stage',
  live: true,
  epoch: TEST_EPOCH,
  firstSequence: 0,
  newestSequence: 90,
  doorSequence: 80,
  doorCaptureMs: 1_700_000_004_000,
  publicKey: 'A'.repeat(43),
  tracks: [],
  bitrate: 500_000,
  tracker: '/tracker',
  viewers: 3,
  serverTimeMs: 1_700_000_005_000,
};

test('a description is read, and the clock set by the middle of the shortest round trip', async () => {
  const clock = [1000, 1400, 2000, 2100];
  await withServer(
    (_request, response) => response.end(JSON.stringify(DESCRIPTION)),
    async (source) => {
      const first = await source.describe();
      assert.equal(first.description.title, 'Main stage');
      assert.equal(first.clockOffsetMs, DESCRIPTION.serverTimeMs + 200 - 1400);
      const second = await source.describe();
      assert.equal(second.clockOffsetMs, DESCRIPTION.serverTimeMs + 50 - 2100);
    },
    { nowMs: () => clock.shift() as Millis },
  );
});

for (const [title, body] of [
  ['HTML', '<!doctype html><title>Welcome</title>'],
  ['JSON of something else', '{"hello": 1}'],
  ['nothing', ''],
] as const) {
  test(`a server that answers the description with ${title} is told by name`, async () => {
    await withServer(
      (_request, response) => response.end(body),
      (source) => assert.rejects(source.describe(), { name: 'SwarmtubeError' }),
    );
  });
}

test('a packet is fetched by epoch and sequence, with the token, and its bytes are counted under the reason', async () => {
  const packet = testPacket(7);
  const urls: string[] = [];
  await withServer(
    (request, response) => {
      urls.push(request.url ?? '');
      response.end(packet.bytes);
    },
    async (source) => {
      const fetched = await source.fetchPacket('rescue', TEST_EPOCH, 7 as Sequence);
      assert.deepEqual(fetched.bytes, packet.bytes);
      await source.fetchPacket('start', TEST_EPOCH, 7 as Sequence);
      const path = `/live/main/packets/${TEST_EPOCH}/7`;
      assert.deepEqual(urls, [`${path}?token=a%2Bb`, `${path}?reason=start&token=a%2Bb`]);
      const { byteLength } = packet.bytes;
      assert.deepEqual(source.receivedBytes, { start: byteLength, rescue: byteLength, stream: 0 });
    },
    { token: 'a+b' },
  );
});

const BAD_ANSWERS: readonly [title: string, code: string, answer: (response: ServerResponse) => void][] = [
  ['is not there', 'http-404', (response) => response.writeHead(404).end()],
  ['is another one', 'wrong-packet', (response) => response.end(testPacket(8).bytes)],
  ['was cut and sent as if whole', 'packet-length', (response) => response.end(testPacket(7).bytes.subarray(0, 500))],
  ['is too long', 'http-too-large', (response) => response.end(new Uint8Array(20_000))],
  ['is garbage', 'packet-version', (response) => response.end('no packet at all, and long enough to have a header')],
  ['never comes', 'http-timeout', () => {}],
  ['stops half way', 'http-timeout', (response) => response.write(testPacket(7).bytes.subarray(0, 500))],
];
for (const [title, code, answer] of BAD_ANSWERS) {
  test(`a packet that ${title}: ${code}`, async () => {
    await withServer(
      (_request, response) => answer(response),
      (source) => assert.rejects(source.fetchPacket('start', TEST_EPOCH, 7 as Sequence), { code }),
      { times: { fetchTimeoutMs: 150 } },
    );
  });
}

for (const [title, body, message] of [
  [
    'says why',
    '{"error":{"code":"unknown-channel","message":"There is no channel here."}}',
    /^There is no channel here\.$/,
  ],
  ['says nothing', '', /answered with status 404/],
  ['says something else', '{"error":"no"}', /answered with status 404/],
  ['says far too much', `{"error":{"message":"${'long '.repeat(2_000)}"}}`, /answered with status 404/],
] as const) {
  test(`a server that refuses and ${title}`, async () => {
    await withServer(
      (_request, response) => response.writeHead(404).end(body),
      (source) => assert.rejects(source.describe(), { code: 'http-404', message }),
    );
  });
}

test('a connection that breaks once is tried again, one that breaks twice is an error', async () => {
  let requests = 0;
  await withServer(
    (request, response) => {
      requests++;
      if (requests === 2) response.end(testPacket(7).bytes);
      else request.socket.destroy();
    },
    async (source) => {
      const packet = await source.fetchPacket('rescue', TEST_EPOCH, 7 as Sequence);
      assert.equal(packet.header.sequence, 7);
      await assert.rejects(source.fetchPacket('rescue', TEST_EPOCH, 7 as Sequence), { code: 'http-unreachable' });
      assert.equal(requests, 4);
    },
  );
});

test('at most four packets are fetched at a time', async () => {
  let atOnce = 0;
  let mostAtOnce = 0;
  await withServer(
    (request, response) => {
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      setTimeout(() => {
        atOnce--;
        response.end(testPacket(Number(request.url?.split('/').at(-1))).bytes);
      }, 5);
    },
    async (source) => {
      const sequences = Array.from({ length: 12 }, (_, sequence) => sequence as Sequence);
      const packets = await Promise.all(
        sequences.map((sequence) => source.fetchPacket('rescue', TEST_EPOCH, sequence)),
      );
      assert.deepEqual(
        packets.map(({ header }) => header.sequence),
        sequences,
      );
      assert.equal(mostAtOnce, 4);
    },
  );
});

test('a stream gives whole packets however the network cuts them, and tells when it ended', async () => {
  const packets = [testPacket(80), testPacket(83), testPacket(88)];
  const all = Buffer.concat(packets.map(({ bytes }) => bytes));
  let url = '';
  await withServer(
    (request, response) => {
      url = request.url ?? '';
      for (let at = 0; at < all.length; at += 333) response.write(all.subarray(at, at + 333));
      response.end();
    },
    async (source) => {
      const { received, closed } = read(source, { epoch: TEST_EPOCH, from: 80 as Sequence, substreams: [0, 3] });
      assert.equal(await closed, 'ended');
      assert.deepEqual(
        received.map(({ bytes }) => bytes),
        packets.map(({ bytes }) => bytes),
      );
      assert.equal(url, `/live/main/packets?from=80&epoch=${TEST_EPOCH}&substreams=0,3`);
      assert.equal(source.receivedBytes.stream, all.length);
    },
  );
});

const BAD_STREAMS: readonly [title: string, reason: RegExp, answer: (response: ServerResponse) => void][] = [
  ['ends within a packet', /^cut$/, (response) => response.end(testPacket(80).bytes.subarray(0, 700))],
  ['is refused', /503/, (response) => response.writeHead(503).end()],
  [
    'is garbage',
    /version/,
    (response) => response.end('<html>not packets, but long enough to look like a header</html>'),
  ],
  ['stops giving', /nothing for too long/, (response) => response.write(testPacket(80).bytes.subarray(0, 700))],
  ['never begins', /nothing for too long/, () => {}],
];
for (const [title, reason, answer] of BAD_STREAMS) {
  test(`a stream that ${title} is closed with the reason and gives no packet`, async () => {
    await withServer(
      (_request, response) => answer(response),
      async (source) => {
        const { received, closed } = read(source, { epoch: TEST_EPOCH, from: 'live' });
        assert.match(await closed, reason);
        assert.equal(received.length, 0);
      },
      { times: { stallTimeoutMs: 150 } },
    );
  });
}

test('a stream that was closed calls back no more, and the server sees it go', async () => {
  let gone: () => void = () => {};
  const serverSawItGo = new Promise<void>((resolve) => {
    gone = resolve;
  });
  await withServer(
    (_request, response) => {
      response.on('close', gone);
      response.write(testPacket(80).bytes);
    },
    async (source) => {
      let calls = 0;
      await new Promise<void>((resolve) => {
        const stream = source.openStream(
          { epoch: TEST_EPOCH, from: 'live' },
          {
            onPacket: () => {
              calls++;
              stream.close();
              resolve();
            },
            onClosed: () => calls++,
          },
        );
      });
      await serverSawItGo;
      assert.equal(calls, 1);
    },
  );
});

test('closing the source ends what is under way and what waits', async () => {
  let requests = 0;
  await withServer(
    () => void requests++,
    async (source) => {
      const all = Array.from({ length: 10 }, (_, sequence) =>
        source.fetchPacket('start', TEST_EPOCH, sequence as Sequence),
      );
      const settled = Promise.allSettled(all);
      source.close();
      assert.ok((await settled).every(({ status }) => status === 'rejected'));
      await assert.rejects(source.fetchPacket('start', TEST_EPOCH, 1 as Sequence), { code: 'closed' });
      assert.ok(requests <= 4);
    },
  );
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
type SourceOptions = { nowMs?: () => Millis; token?: string; times?: Partial<HttpPacketSourceTimes> };

async function withServer(
  answer: Answer,
  run: (source: PacketSource) => Promise<void>,
  options: SourceOptions = {},
): Promise<void> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const source = createHttpPacketSource(`http://127.0.0.1:${port}/live/main`, {
    nowMs: () => performance.now() as Millis,
    ...options,
  });
  try {
    await run(source);
  } finally {
    source.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function read(source: PacketSource, request: PacketStreamRequest): { received: Packet[]; closed: Promise<string> } {
  const received: Packet[] = [];
  const closed = new Promise<string>((resolve) => {
    source.openStream(request, { onPacket: (packet) => received.push(packet), onClosed: resolve });
  });
  return { received, closed };
}
