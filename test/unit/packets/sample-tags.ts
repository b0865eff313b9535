import type { ChannelName, Epoch, MediaMillis, Sequence, WallMillis } from '../../../shared/basics/units.ts';
import {
  encodeUnsignedPacket,
  type Packet,
  type PacketHeader,
  SIGNATURE_BYTES,
} from '../../../shared/packets/packet.ts';
import type { UnsignedPacket } from '../../../shared/packets/packetizer.ts';
import { attachSignature } from '../../../shared/packets/signature.ts';
import type { Tag, TagKind } from '../../../shared/tags/tag.ts';

/* Small tags and packets whose bytes say nothing but are shaped right, for tests of everything that groups and carries them. */

export const EPOCH = 0x5eed_cafe as Epoch;
export const CHANNEL = 'demo' as ChannelName;

export function tag(kind: TagKind, timestampMs: number, body: readonly number[] | Uint8Array): Tag {
  return { kind, timestampMs: timestampMs as MediaMillis, body: Uint8Array.from(body) };
}

/** AVCDecoderConfigurationRecord of a 640 x 360 High profile stream, `mark` changes one byte of its PPS. */
export function videoConfiguration(timestampMs: number, mark = 0): Tag {
  const sps = [0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x11];
  const pps = [0x68, 0xeb, 0xe3, mark];
  return tag('video', timestampMs, [
    ...[0x17, 0, 0, 0, 0, 1, 0x64, 0, 0x1e, 0xff, 0xe1, 0, sps.length],
    ...sps,
    ...[1, 0, pps.length],
    ...pps,
  ]);
}

/** AAC-LC, 44.1 kHz stereo; `mark` 1: 48 kHz. */
export function audioConfiguration(timestampMs: number, mark = 0): Tag {
  return tag('audio', timestampMs, [0xaf, 0, ...(mark === 0 ? [0x12, 0x10] : [0x11, 0x90])]);
}

export function keyframe(timestampMs: number, length = 20): Tag {
  return videoFrame(0x17, timestampMs, length);
}

export function interframe(timestampMs: number, length = 8): Tag {
  return videoFrame(0x27, timestampMs, length);
}

export function audioFrame(timestampMs: number, length = 6): Tag {
  return tag('audio', timestampMs, [0xaf, 1, ...filler(length, timestampMs)]);
}

/** A script tag `onCuePoint` with no value. */
export function scriptTag(timestampMs: number): Tag {
  return tag('data', timestampMs, [2, 0, 10, ...Array.from('onCuePoint', (letter) => letter.charCodeAt(0)), 5]);
}

/** Signed with zeroes: for tests that do not look at signatures. */
export function packetOf(unsigned: UnsignedPacket): Packet {
  return attachSignature(encodeUnsignedPacket(unsigned.header, unsigned.payload), new Uint8Array(SIGNATURE_BYTES));
}

export function packet(
  header: Partial<Record<keyof PacketHeader, number | boolean>>,
  payload: Uint8Array = new Uint8Array(0),
): Packet {
  const whole: PacketHeader = { ...PLAIN_HEADER, ...header } as PacketHeader;
  return packetOf({ header: whole, payload });
}

export const PLAIN_HEADER: PacketHeader = {
  variant: 0,
  epoch: EPOCH,
  sequence: 0 as Sequence,
  isDoor: false,
  hasConfiguration: false,
  isDiscontinuity: false,
  isEnd: false,
  isContinuation: false,
  isUnfinished: false,
  hasAudio: false,
  hasVideo: false,
  hasData: false,
  timestampMs: 0 as MediaMillis,
  durationMs: 0,
  captureMs: 1_700_000_000_000 as WallMillis,
  configurationLength: 0,
  part: 0,
};

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

function videoFrame(first: number, timestampMs: number, length: number): Tag {
  return tag('video', timestampMs, [first, 1, 0, 0, 0, ...filler(length, timestampMs)]);
}

function filler(length: number, seed: number): number[] {
  return Array.from({ length }, (_, index) => (index * 7 + seed) & 0xff);
}
