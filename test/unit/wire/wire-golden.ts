import type { Epoch, MediaMillis, PeerId, Sequence, WallMillis } from '../../../shared/basics/units.ts';
import { decodePacket, encodeUnsignedPacket, type Packet, SIGNATURE_BYTES } from '../../../shared/packets/packet.ts';
import type { WireMessage } from '../../../shared/wire/wire-message.ts';

/** Every wire message beside its bytes, written by hand from docs/PROTOCOL.md: one table feeds decode, encode and fuzz. */
export type GoldenMessage = {
  readonly name: string;
  readonly channel: 'control' | 'data';
  readonly hex: string;
  readonly message: WireMessage;
};

const EPOCH = 0x01020304 as Epoch;
/** 12 bytes 00 … 0b. */
const PEER = 'AAECAwQFBgcICQoL' as PeerId;
const PEER_HEX = '000102030405060708090a0b';

function goldenPacket(): Packet {
  const unsigned = encodeUnsignedPacket(
    {
      variant: 0,
      epoch: EPOCH,
      sequence: 7 as Sequence,
      isDoor: true,
      hasConfiguration: false,
      isDiscontinuity: false,
      isEnd: false,
      isContinuation: false,
      isUnfinished: false,
      hasAudio: true,
      hasVideo: false,
      hasData: false,
      timestampMs: 1000 as MediaMillis,
      durationMs: 60,
      captureMs: 0x0190_0000_0001 as WallMillis,
      configurationLength: 0,
      part: 0,
    },
    Uint8Array.of(0xaa, 0xbb),
  );
  const bytes = new Uint8Array(unsigned.byteLength + SIGNATURE_BYTES).fill(0x5a);
  bytes.set(unsigned);
  return decodePacket(bytes);
}

const PACKET = goldenPacket();
const PACKET_HEX = `01010001${'01020304'}${'00000007'}${'0000000003e8'}003c${'019000000001'}000000020000aabb${'5a'.repeat(64)}`;

export const GOLDEN_MESSAGES: readonly GoldenMessage[] = [
  {
    name: 'hello',
    channel: 'control',
    hex: '01 01 08 07 deadbeef 01020304 00000010',
    message: {
      type: 'hello',
      protocolVersion: 1,
      substreams: 8,
      slots: 7,
      node: 0xdeadbeef,
      epoch: EPOCH,
      playSequence: 16 as Sequence,
    },
  },
  {
    name: 'hello before the epoch is known',
    channel: 'control',
    hex: '01 01 08 00 00000001 00000000 00000000',
    message: {
      type: 'hello',
      protocolVersion: 1,
      substreams: 8,
      slots: 0,
      node: 1,
      epoch: undefined,
      playSequence: 0 as Sequence,
    },
  },
  {
    name: 'have',
    channel: 'control',
    hex: `02 02 01020304 00000100 80${'00'.repeat(14)}01 0002 05 0005b8d8 0064 03 02 ffff ff 00`,
    message: {
      type: 'have',
      epoch: EPOCH,
      base: 256 as Sequence,
      map: Uint8Array.of(0x80, ...new Array<number>(14).fill(0), 1),
      openSubstreams: 2,
      slotsFree: 5,
      uplinkBytesPerSecond: 375_000,
      substreams: [
        { lagMs: 100, weakestStrength: 3, children: 2 },
        { lagMs: undefined, weakestStrength: 255, children: 0 },
      ],
    },
  },
  {
    name: 'subscribe',
    channel: 'control',
    hex: `03 05 01020304 00000015 06 01 02 01${PEER_HEX}`,
    message: {
      type: 'subscribe',
      substream: 5,
      epoch: EPOCH,
      from: 21 as Sequence,
      strength: 6,
      isPeaceful: true,
      depth: 2,
      parent: PEER,
    },
  },
  {
    name: 'subscribe without a parent',
    channel: 'control',
    hex: '03 00 01020304 00000000 00 00 00 00',
    message: {
      type: 'subscribe',
      substream: 0,
      epoch: EPOCH,
      from: 0 as Sequence,
      strength: 0,
      isPeaceful: false,
      depth: 0,
      parent: undefined,
    },
  },
  {
    name: 'accept',
    channel: 'control',
    hex: '04 03 01020304 02 00000001 ffffffff',
    message: { type: 'accept', substream: 3, epoch: EPOCH, path: [1, 0xffff_ffff] },
  },
  {
    name: 'refuse with a hint',
    channel: 'control',
    hex: `05 03 02 01${PEER_HEX}`,
    message: { type: 'refuse', substream: 3, reason: 'loop', hint: PEER },
  },
  {
    name: 'refuse',
    channel: 'control',
    hex: '05 03 00 00',
    message: { type: 'refuse', substream: 3, reason: 'full', hint: undefined },
  },
  { name: 'unsubscribe', channel: 'control', hex: '06 04', message: { type: 'unsubscribe', substream: 4 } },
  {
    name: 'evict',
    channel: 'control',
    hex: `07 04 01 01${PEER_HEX}`,
    message: { type: 'evict', substream: 4, hasGrace: true, goTo: PEER },
  },
  { name: 'path', channel: 'control', hex: '08 04 01 0000002a', message: { type: 'path', substream: 4, path: [42] } },
  {
    name: 'request',
    channel: 'control',
    hex: '09 02 01020304 00000001 00000009',
    message: { type: 'request', epoch: EPOCH, sequences: [1 as Sequence, 9 as Sequence] },
  },
  {
    name: 'missing',
    channel: 'control',
    hex: '0a 01020304 00000009',
    message: { type: 'missing', epoch: EPOCH, sequence: 9 as Sequence },
  },
  { name: 'ping', channel: 'control', hex: '0b 00000101', message: { type: 'ping', token: 257 } },
  { name: 'pong', channel: 'control', hex: '0c ffffffff', message: { type: 'pong', token: 0xffff_ffff } },
  { name: 'bye', channel: 'control', hex: '0d 03', message: { type: 'bye', reason: 'flood' } },
  {
    name: 'push',
    channel: 'data',
    hex: `20 01 ${PACKET_HEX}`,
    message: { type: 'push', isBacklog: true, packet: PACKET },
  },
  { name: 'repair', channel: 'data', hex: `21 00 ${PACKET_HEX}`, message: { type: 'repair', packet: PACKET } },
];

export function fromHex(hex: string): Uint8Array {
  const digits = hex.replaceAll(' ', '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) =>
    Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16),
  );
}
