// The packet header against golden bytes, and every way in which bytes are no packet.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodePacket,
  encodeUnsignedPacket,
  PACKET_PAYLOAD_BYTES_MAX,
  PacketError,
  type PacketHeader,
  packetLength,
  SIGNATURE_BYTES,
} from '../../../shared/packets/packet.ts';
import { fc } from '../../support/properties.ts';
import { hex, PLAIN_HEADER, packet } from './sample-tags.ts';

type Golden = {
  readonly name: string;
  readonly header: Partial<Record<keyof PacketHeader, number | boolean>>;
  readonly payload: string;
  /** Without the signature. Spaces part the fields in the order of the header's table. */
  readonly bytes: string;
};

const GOLDEN: readonly Golden[] = [
  {
    name: 'an empty packet',
    header: {},
    payload: '',
    bytes: '01 00 00 00 5eedcafe 00000000 000000000000 0000 018bcfe56800 0000 0000 0000',
  },
  {
    name: 'the first part of a door, with configuration, after a discontinuity',
    header: {
      sequence: 5,
      isDoor: true,
      hasConfiguration: true,
      isDiscontinuity: true,
      isUnfinished: true,
      hasVideo: true,
      timestampMs: 1234,
      configurationLength: 2,
    },
    payload: 'aabbccdd',
    bytes: '01 27 00 02 5eedcafe 00000005 0000000004d2 0000 018bcfe56800 0002 0004 0000 aabbccdd',
  },
  {
    name: 'the last part of a tag',
    header: { sequence: 7, isContinuation: true, hasVideo: true, part: 2, timestampMs: 1234 },
    payload: 'ee',
    bytes: '01 10 00 02 5eedcafe 00000007 0000000004d2 0000 018bcfe56800 0000 0001 0002 ee',
  },
  {
    name: 'audio and data of a second quality',
    header: { variant: 1, sequence: 8, hasAudio: true, hasData: true, durationMs: 60 },
    payload: '08120000',
    bytes: '01 00 01 05 5eedcafe 00000008 000000000000 003c 018bcfe56800 0000 0004 0000 08120000',
  },
  {
    name: 'the end of a broadcast of years',
    header: {
      sequence: 0xffff_ffff,
      isEnd: true,
      timestampMs: 2 ** 48 - 1,
      durationMs: 65_535,
      captureMs: 2 ** 48 - 2,
    },
    payload: '',
    bytes: '01 08 00 00 5eedcafe ffffffff ffffffffffff ffff fffffffffffe 0000 0000 0000',
  },
];

for (const { name, header, payload, bytes } of GOLDEN) {
  test(`golden: ${name}`, () => {
    const whole = { ...PLAIN_HEADER, ...header } as PacketHeader;
    const body = Uint8Array.from(Buffer.from(payload, 'hex'));
    const unsigned = encodeUnsignedPacket(whole, body);
    assert.equal(hex(unsigned), bytes.replaceAll(' ', ''));
    const signed = new Uint8Array(unsigned.byteLength + SIGNATURE_BYTES);
    signed.set(unsigned);
    const decoded = decodePacket(signed);
    assert.deepEqual(decoded.header, whole);
    assert.deepEqual(decoded.payload, signed.subarray(32, 32 + body.byteLength));
    assert.equal(decoded.bytes, signed);
  });
}

const REFUSED: readonly [string, (bytes: Uint8Array) => Uint8Array, RegExp][] = [
  ['another version', (bytes) => changed(bytes, 0, 2), /version 2/],
  ['an unknown flag', (bytes) => changed(bytes, 1, 0x40), /flags/],
  ['unknown contents', (bytes) => changed(bytes, 3, 8), /flags/],
  ['epoch 0', (bytes) => changed(changed(changed(changed(bytes, 4, 0), 5, 0), 6, 0), 7, 0), /epoch 0/],
  ['a payload over the limit', (bytes) => changed(bytes, 28, 0xff), /over 16272/],
  ['a configuration longer than the payload', (bytes) => changed(bytes, 27, 11), /configuration/],
  ['a byte missing', (bytes) => bytes.subarray(0, -1), /105 bytes where the header says 106/],
  ['a byte too many', (bytes) => new Uint8Array([...bytes, 0]), /107 bytes/],
  ['half a header', (bytes) => bytes.subarray(0, 20), /more/],
  ['nothing', () => new Uint8Array(0), /more/],
];

for (const [name, change, reason] of REFUSED) {
  test(`refused: ${name}`, () => {
    const good = packet({}, new Uint8Array(10)).bytes.slice();
    assert.throws(
      () => decodePacket(change(good)),
      (thrown) => thrown instanceof PacketError && reason.test(thrown.message),
    );
  });
}

test('every cut of a packet is refused', () => {
  const { bytes } = packet({ hasAudio: true }, new Uint8Array(10));
  for (let length = 0; length < bytes.byteLength; length++) {
    assert.throws(() => decodePacket(bytes.subarray(0, length)), PacketError);
  }
});

test('the length is told as soon as the header is there', () => {
  const { bytes } = packet({}, new Uint8Array(PACKET_PAYLOAD_BYTES_MAX));
  assert.equal(packetLength(bytes.subarray(0, 31)), undefined);
  assert.equal(packetLength(bytes.subarray(0, 32)), bytes.byteLength);
});

test('property: bytes by chance are a packet or a PacketError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, isVersionRight) => {
      if (isVersionRight && bytes.byteLength > 30) bytes.set([1, 0, 0, 0], 0);
      try {
        decodePacket(bytes);
      } catch (thrown) {
        assert.ok(thrown instanceof PacketError);
      }
    }),
  );
});

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}
