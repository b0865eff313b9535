import { SwarmtubeError } from '../basics/errors.ts';
import type { Epoch, MediaMillis, Sequence, WallMillis } from '../basics/units.ts';
import { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';

/*
 * A packet, big-endian (docs/PROTOCOL.md):
 *
 *  0  u8   version (1)
 *  1  u8   flags: 1 door · 2 configuration · 4 discontinuity · 8 end · 16 continuation · 32 unfinished
 *  2  u8   variant (0: the only quality)
 *  3  u8   contents: 1 audio · 2 video · 4 data
 *  4  u32  epoch
 *  8  u32  sequence
 * 12  u48  media timestamp of the first tag, ms
 * 18  u16  duration covered, ms
 * 20  u48  capture wall clock, ms since 1970
 * 26  u16  configuration length: bytes at the front of the payload that only repeat the codec configuration
 * 28  u16  payload length
 * 30  u16  part: 0, or the number of this part of a unit that is carried over several packets
 * 32  …    payload: FLV tags, each with its 11-byte header and PreviousTagSize
 *     64   Ed25519 signature over "swarmtube/1", the channel name, and all bytes before it
 */
export const PACKET_VERSION = 1;
export const PACKET_HEADER_BYTES = 32;
export const SIGNATURE_BYTES = 64;
/** 16 KiB less room for the head of the wire message that carries it: one SCTP message that every stack takes. */
export const PACKET_BYTES_MAX = 16 * 1024 - 16;
export const PACKET_PAYLOAD_BYTES_MAX = PACKET_BYTES_MAX - PACKET_HEADER_BYTES - SIGNATURE_BYTES;

export type PacketHeader = {
  readonly variant: number;
  readonly epoch: Epoch;
  readonly sequence: Sequence;
  /** Playback can start here: the payload begins with the configuration, then a keyframe (or audio where there is no video). */
  readonly isDoor: boolean;
  /** The payload begins with `configurationLength` bytes of codec configuration that a continuing reader may skip. */
  readonly hasConfiguration: boolean;
  /** Times jumped or a codec configuration changed at this packet. */
  readonly isDiscontinuity: boolean;
  /** Nothing follows in this epoch: the broadcast is over. */
  readonly isEnd: boolean;
  /** The payload continues the unit of the packet before. */
  readonly isContinuation: boolean;
  /** The unit goes on in the next packet. */
  readonly isUnfinished: boolean;
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  readonly hasData: boolean;
  readonly timestampMs: MediaMillis;
  readonly durationMs: number;
  readonly captureMs: WallMillis;
  readonly configurationLength: number;
  readonly part: number;
};

/** A whole packet. `bytes` is header, payload and signature, and is never changed by anyone: all readers share it. */
export type Packet = {
  readonly header: PacketHeader;
  readonly payload: Uint8Array;
  readonly bytes: Uint8Array;
};

/** The bytes are not a packet. Whoever sent them broke the protocol. */
export class PacketError extends SwarmtubeError {
  override readonly name = 'PacketError';
}

const FLAG = { door: 1, configuration: 2, discontinuity: 4, end: 8, continuation: 16, unfinished: 32 } as const;
const CONTENTS = { audio: 1, video: 2, data: 4 } as const;
const KNOWN_FLAGS = 63;
const KNOWN_CONTENTS = 7;

/** Header and payload as they are signed: everything of the packet but its signature. */
export function encodeUnsignedPacket(header: PacketHeader, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const flags =
    (header.isDoor ? FLAG.door : 0) |
    (header.hasConfiguration ? FLAG.configuration : 0) |
    (header.isDiscontinuity ? FLAG.discontinuity : 0) |
    (header.isEnd ? FLAG.end : 0) |
    (header.isContinuation ? FLAG.continuation : 0) |
    (header.isUnfinished ? FLAG.unfinished : 0);
  const contents =
    (header.hasAudio ? CONTENTS.audio : 0) |
    (header.hasVideo ? CONTENTS.video : 0) |
    (header.hasData ? CONTENTS.data : 0);
  return new ByteWriter(PACKET_HEADER_BYTES + payload.byteLength)
    .u8(PACKET_VERSION)
    .u8(flags)
    .u8(header.variant)
    .u8(contents)
    .u32(header.epoch)
    .u32(header.sequence)
    .u48(header.timestampMs)
    .u16(header.durationMs)
    .u48(header.captureMs)
    .u16(header.configurationLength)
    .u16(payload.byteLength)
    .u16(header.part)
    .bytes(payload)
    .finish();
}

/** Length in bytes of the packet that begins here, or undefined until enough of it is there to tell. Throws `PacketError`. */
export function packetLength(bytes: Uint8Array): number | undefined {
  if (bytes.byteLength < PACKET_HEADER_BYTES) return undefined;
  if (bytes[0] !== PACKET_VERSION) throw new PacketError('packet-version', `packet version ${bytes[0]} is not 1`);
  const payloadLength = ((bytes[28] as number) << 8) | (bytes[29] as number);
  if (payloadLength > PACKET_PAYLOAD_BYTES_MAX) {
    throw new PacketError('packet-too-large', `payload of ${payloadLength} bytes is over ${PACKET_PAYLOAD_BYTES_MAX}`);
  }
  return PACKET_HEADER_BYTES + payloadLength + SIGNATURE_BYTES;
}

/** Reads exactly one packet. The result refers to `bytes`: pass a copy of a buffer that will be reused. Throws `PacketError`. */
export function decodePacket(bytes: Uint8Array): Packet {
  const length = packetLength(bytes);
  if (length !== bytes.byteLength) {
    throw new PacketError('packet-length', `${bytes.byteLength} bytes where the header says ${length ?? 'more'}`);
  }
  const reader = new ByteReader(bytes);
  reader.skip(1);
  const flags = reader.u8();
  const variant = reader.u8();
  const contents = reader.u8();
  if ((flags & ~KNOWN_FLAGS) !== 0 || (contents & ~KNOWN_CONTENTS) !== 0) {
    throw new PacketError('packet-flags', 'flags that version 1 does not know');
  }
  const epoch = reader.u32();
  if (epoch === 0) throw new PacketError('packet-epoch', 'epoch 0 does not exist');
  const header: PacketHeader = {
    variant,
    epoch: epoch as Epoch,
    sequence: reader.u32() as Sequence,
    isDoor: (flags & FLAG.door) !== 0,
    hasConfiguration: (flags & FLAG.configuration) !== 0,
    isDiscontinuity: (flags & FLAG.discontinuity) !== 0,
    isEnd: (flags & FLAG.end) !== 0,
    isContinuation: (flags & FLAG.continuation) !== 0,
    isUnfinished: (flags & FLAG.unfinished) !== 0,
    hasAudio: (contents & CONTENTS.audio) !== 0,
    hasVideo: (contents & CONTENTS.video) !== 0,
    hasData: (contents & CONTENTS.data) !== 0,
    timestampMs: reader.u48() as MediaMillis,
    durationMs: reader.u16(),
    captureMs: reader.u48() as WallMillis,
    configurationLength: reader.u16(),
    part: readPart(reader),
  };
  const payload = bytes.subarray(PACKET_HEADER_BYTES, length - SIGNATURE_BYTES);
  if (header.configurationLength > payload.byteLength) {
    throw new PacketError('packet-configuration', 'configuration longer than the payload');
  }
  return { header, payload, bytes };
}

function readPart(reader: ByteReader): number {
  reader.skip(2); // the payload length: packetLength has read it
  return reader.u16();
}
