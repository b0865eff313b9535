// The peers' messages against a golden table: bytes to message, message to bytes, every cut, every flipped bit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwarmtubeError } from '../../../shared/basics/errors.ts';
import { CONTROL_BYTES_MAX, DATA_BYTES_MAX } from '../../../shared/wire/limits.ts';
import { decodeWireMessage, encodeWireMessage } from '../../../shared/wire/wire-message.ts';
import { WIRE_TYPE } from '../../../shared/wire/wire-types.ts';
import { fc } from '../../support/properties.ts';
import { fromHex, GOLDEN_MESSAGES } from './wire-golden.ts';

test('a push is passed on as it came, and made anew where another head is wanted or none is there', () => {
  const { hex } = GOLDEN_MESSAGES.find(({ message }) => message.type === 'push') ?? assert.fail('no push');
  for (const isBacklog of [false, true]) {
    const came = fromHex(hex).slice();
    came[1] = isBacklog ? 1 : 0;
    const push = decodeWireMessage(came, 'data');
    assert.equal(push.type, 'push');
    if (push.type !== 'push') return;
    assert.equal(encodeWireMessage(push).buffer, came.buffer);
    const turned = encodeWireMessage({ ...push, isBacklog: !isBacklog });
    assert.notEqual(turned.buffer, came.buffer);
    assert.deepEqual(decodeWireMessage(turned, 'data'), { ...push, isBacklog: !isBacklog });
    assert.deepEqual(came[1], isBacklog ? 1 : 0);
    const bare = { ...push.packet, bytes: push.packet.bytes.slice() };
    assert.deepEqual(encodeWireMessage({ ...push, packet: bare }), came);
  }
});

test('every message type stands in the golden table', () => {
  const types = new Set(GOLDEN_MESSAGES.map((golden) => golden.message.type));
  assert.deepEqual([...types].sort(), Object.keys(WIRE_TYPE).sort());
});

test('a path leads through somebody', () => {
  for (const hex of ['08 04 00', '04 04 00 00 00 07 00']) {
    assert.throws(() => decodeWireMessage(fromHex(hex), 'control'), /path of 0 peers/);
  }
});

for (const { name, channel, hex, message } of GOLDEN_MESSAGES) {
  const bytes = fromHex(hex);

  test(`${name}: bytes decode to the message, the message encodes to the bytes`, () => {
    assert.deepEqual(decodeWireMessage(bytes, channel), message);
    assert.deepEqual(new Uint8Array(encodeWireMessage(message)), bytes);
  });

  test(`${name}: every cut and every byte too many is refused`, () => {
    for (let length = 0; length < bytes.byteLength; length++) {
      assert.throws(() => decodeWireMessage(bytes.subarray(0, length), channel), SwarmtubeError, `cut at ${length}`);
    }
    const longer = new Uint8Array(bytes.byteLength + 1);
    longer.set(bytes);
    assert.throws(() => decodeWireMessage(longer, channel), SwarmtubeError);
  });

  test(`${name}: any flipped bit gives a message that encodes to those bytes again, or is refused`, () => {
    for (let bit = 0; bit < bytes.byteLength * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      try {
        const decoded = decodeWireMessage(flipped, channel);
        if (decoded.type !== 'push' && decoded.type !== 'repair') {
          assert.deepEqual(new Uint8Array(encodeWireMessage(decoded)), flipped, `bit ${bit}`);
        }
      } catch (error) {
        assert.ok(error instanceof SwarmtubeError, `bit ${bit}: ${String(error)}`);
      }
    }
  });

  test(`${name}: refused on the other channel`, () => {
    assert.throws(() => decodeWireMessage(bytes, channel === 'control' ? 'data' : 'control'), SwarmtubeError);
  });
}

test('any bytes decode or are refused with a typed error', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom('control' as const, 'data' as const),
      (bytes, channel) => {
        try {
          decodeWireMessage(bytes, channel);
        } catch (error) {
          assert.ok(error instanceof SwarmtubeError);
        }
      },
    ),
    { seed: 1, numRuns: 2000 },
  );
});

test('a message over the bound of its channel is refused before it is read', () => {
  assert.throws(() => decodeWireMessage(new Uint8Array(CONTROL_BYTES_MAX + 1).fill(1), 'control'), /wire|bytes on/);
  assert.throws(() => decodeWireMessage(new Uint8Array(DATA_BYTES_MAX + 1).fill(32), 'data'), /bytes on/);
});
