// Packets out of a byte stream, however it was cut, and streams that are no packets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PACKET_PAYLOAD_BYTES_MAX, PacketError } from '../../../shared/packets/packet.ts';
import { PacketReader } from '../../../shared/packets/packet-reader.ts';
import { testPacket } from '../../support/packets.ts';
import { fc } from '../../support/properties.ts';

const PACKETS = [
  testPacket(0, {}, 0),
  testPacket(1, {}, 300),
  testPacket(2, {}, PACKET_PAYLOAD_BYTES_MAX),
  testPacket(3),
];
const STREAM = new Uint8Array(Buffer.concat(PACKETS.map(({ bytes }) => bytes)));

test('property: any split of the bytes gives the same packets', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1 }), (lengths) => {
      const reader = new PacketReader();
      const read = [];
      let at = 0;
      for (let turn = 0; at < STREAM.byteLength; turn++) {
        const length = Math.max(1, lengths[turn % lengths.length] as number);
        // A buffer that is reused, as networks do.
        const chunk = STREAM.slice(at, at + length);
        read.push(...reader.push(chunk));
        chunk.fill(0xff);
        at += length;
      }
      assert.deepEqual(read, PACKETS);
      assert.equal(reader.bytesBuffered, 0);
    }),
  );
});

test('a cut stream leaves its rest in the buffer', () => {
  const reader = new PacketReader();
  assert.equal(reader.push(STREAM.subarray(0, STREAM.byteLength - 1)).length, PACKETS.length - 1);
  assert.ok(reader.bytesBuffered > 0);
});

test('a stream that is no packets is refused at its first header', () => {
  assert.throws(() => new PacketReader().push(new TextEncoder().encode('<!doctype html>'.repeat(4))), PacketError);
  const tooLarge = (PACKETS[0] as (typeof PACKETS)[0]).bytes.slice();
  tooLarge.set([0xff, 0xff], 28);
  assert.throws(() => new PacketReader().push(tooLarge), /over 16272/);
});
