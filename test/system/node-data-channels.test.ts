// Real data channels between Node peers: node-datachannel and werift in every pairing, over the loopback interface
// and over whatever the machine has. What one side sends must come out whole at the other, in order on `control`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinkChannel } from '../../shared/swarm/engine-types.ts';
import { connectPair, type TestEnd } from '../support/connected-pair.ts';
import { IMPLEMENTATIONS, LOOPBACK, PAIRINGS, withConnectors } from '../support/with-connectors.ts';

const MESSAGE_BYTES = 16 * 1024;

for (const { offering, answering } of PAIRINGS) {
  const title = `${offering} offers to ${answering}`;

  test(`${title}: 16 KiB messages arrive whole both ways, in order on control`, async () => {
    await withConnectors(offering, answering, LOOPBACK, async (one, other) => {
      const { a, b } = connectPair(one, other);
      await Promise.all([a.opened, b.opened]);
      const count = 25;
      for (const end of [a, b]) {
        for (let number = 0; number < count; number++) {
          assert.ok(end.connection.send('control', message(number)));
          assert.ok(end.connection.send('data', message(number)));
        }
      }
      for (const end of [a, b]) {
        await end.until(() => end.received.length === 2 * count);
        const everyNumber = Array.from({ length: count }, (_, number) => number);
        assert.deepEqual(numbersOf(end, 'control'), everyNumber);
        assert.deepEqual(
          numbersOf(end, 'data').sort((left, right) => left - right),
          everyNumber,
        );
      }
    });
  });

  test(`${title}: what cannot leave at once is counted, and its leaving is told`, async () => {
    await withConnectors(offering, answering, LOOPBACK, async (one, other) => {
      const { a, b } = connectPair(one, other);
      await Promise.all([a.opened, b.opened]);
      let sent = 0;
      let bufferedMost = 0;
      while (a.connection.send('data', message(sent)) && sent < 100) {
        sent++;
        bufferedMost = Math.max(bufferedMost, a.connection.bufferedBytes());
      }
      assert.ok(bufferedMost > 256 * 1024, `only ${bufferedMost} bytes buffered`);
      assert.ok(bufferedMost < 2 * 1024 * 1024, `${bufferedMost} bytes buffered`);
      await a.until(() => a.drainedCount > 0);
      await b.until(() => b.received.length === sent);
      assert.ok(a.connection.bufferedBytes() <= 16 * 1024);
    });
  });

  test(`${title}: a side that closes is missed by the other, once, and neither calls back afterwards`, async () => {
    await withConnectors(offering, answering, LOOPBACK, async (one, other) => {
      const { a, b } = connectPair(one, other);
      await Promise.all([a.opened, b.opened]);
      a.connection.close();
      a.connection.close();
      assert.equal(await b.closed, 'closed-by-peer');
      assert.equal(a.connection.send('data', message(0)), false);
      assert.equal(b.connection.send('data', message(0)), false);
      assert.deepEqual([a.closedCount, b.closedCount], [0, 1]);
    });
  });

  test(`${title}: over the machine's own interfaces`, async () => {
    await withConnectors(offering, answering, undefined, async (one, other) => {
      const { a, b } = connectPair(one, other);
      await Promise.all([a.opened, b.opened]);
      a.connection.send('control', message(7));
      await b.until(() => b.received.length === 1);
      assert.deepEqual(numbersOf(b, 'control'), [7]);
    });
  });
}

for (const implementation of IMPLEMENTATIONS) {
  test(`${implementation}: a garbage description closes the link with the reason`, async () => {
    await withConnectors(implementation, implementation, LOOPBACK, async (one, other) => {
      const { a, b } = connectPair(one, other);
      a.onSignal = () => {};
      b.onSignal = () => {};
      b.connection.signal({ type: 'offer', sdp: 'v=0\r\nthis is no description' });
      assert.match(await b.closed, /^(bad-description|ice-failed)/);
      a.connection.signal({ type: 'answer', sdp: '' });
      assert.match(await a.closed, /^(bad-description|ice-failed)/);
    });
  });
}

/** Its number in front, and a pattern of it behind; a view into a larger buffer, as packets are. */
function message(number: number): Uint8Array {
  const buffer = new Uint8Array(MESSAGE_BYTES + 100).fill(0xee);
  const bytes = buffer.subarray(50, 50 + MESSAGE_BYTES);
  for (let at = 0; at < MESSAGE_BYTES; at++) bytes[at] = (number * 31 + at * 7) & 0xff;
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, number);
  return bytes;
}

function numbersOf(end: TestEnd, channel: LinkChannel): number[] {
  return end.received
    .filter((one) => one.channel === channel)
    .map(({ bytes }) => {
      const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
      assert.deepEqual(bytes, message(number));
      return number;
    });
}
