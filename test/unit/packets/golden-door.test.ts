// The first packets of a real recording (x264 and FFmpeg's AAC, 16x16 pixels), to the byte, as docs/PROTOCOL.md shows them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WallMillis } from '../../../shared/basics/units.ts';
import { Depacketizer } from '../../../shared/packets/depacketizer.ts';
import { encodeUnsignedPacket } from '../../../shared/packets/packet.ts';
import { Packetizer } from '../../../shared/packets/packetizer.ts';
import type { TagKind } from '../../../shared/tags/tag.ts';
import { EPOCH, hex, packetOf, tag } from './sample-tags.ts';

const RECORDING: readonly (readonly [TagKind, number, string])[] = [
  ['video', 0, '17000000000142c00affe100156742c00ada7b011000000300100000030320f1226a01000468ce0fc8'],
  ['audio', 0, 'af00120856e500'],
  ['audio', 0, 'af01de02004c61766335392e33372e313030000230400e'],
  ['video', 23, '1701000000000000136588843a118a00023171c00043ca38000805e0'],
  ['audio', 23, 'af0101182007'],
  ['audio', 46, 'af0101182007'],
  ['video', 63, '270100000000000005419a202694'],
  ['audio', 69, 'af0101182007'],
  ['audio', 92, 'af0101182007'],
];

/** Header of 32 bytes, then tags; without the signature. */
const PACKETS = [
  // Before the first picture: configurations and audio. Audio and video (3), sequence 0, time 0, 23 ms long.
  `01 00 00 03 5eedcafe 00000000 000000000000 0017 018bcfe56800 0000 0074 0000
   09 000029 000000 00 000000 17000000000142c00affe100156742c00ada7b011000000300100000030320f1226a01000468ce0fc8 00000034
   08 000007 000000 00 000000 af00120856e500 00000012
   08 000017 000000 00 000000 af01de02004c61766335392e33372e313030000230400e 00000022`,
  // A door (1) with configuration (2): 78 bytes (0x4e) of it, with the door's time, then the keyframe.
  `01 03 00 03 5eedcafe 00000001 000000000017 0045 018bcfe56817 004e 00d5 0000
   09 000029 000017 00 000000 17000000000142c00affe100156742c00ada7b011000000300100000030320f1226a01000468ce0fc8 00000034
   08 000007 000017 00 000000 af00120856e500 00000012
   09 00001c 000017 00 000000 1701000000000000136588843a118a00023171c00043ca38000805e0 00000027
   08 000006 000017 00 000000 af0101182007 00000011
   08 000006 00002e 00 000000 af0101182007 00000011
   09 00000e 00003f 00 000000 270100000000000005419a202694 00000019
   08 000006 000045 00 000000 af0101182007 00000011`,
].map((text) => text.replace(/\s/g, ''));

test('golden: the first door of a recording', () => {
  const packetizer = new Packetizer({ epoch: EPOCH });
  const tags = RECORDING.map(([kind, timeMs, body]) => tag(kind, timeMs, Buffer.from(body, 'hex')));
  const unsigned = tags.flatMap((each) =>
    packetizer.push(each, false, (1_700_000_000_000 + each.timestampMs) as WallMillis),
  );
  assert.deepEqual(
    unsigned.map(({ header, payload }) => hex(encodeUnsignedPacket(header, payload))),
    PACKETS,
  );
  const depacketizer = new Depacketizer();
  const [first, door] = unsigned.map((each) => depacketizer.push(packetOf(each)).tags);
  assert.deepEqual(first, [], 'before the first door nobody begins');
  const configurations = tags.slice(0, 2).map((each) => ({ ...each, timestampMs: 23 }));
  assert.deepEqual(door, [...configurations, ...tags.slice(3, 8)]);
});
