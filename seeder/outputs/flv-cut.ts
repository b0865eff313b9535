import { concatenate } from '../../shared/bytes/concatenate.ts';
import type { Packet } from '../../shared/packets/packet.ts';
import { FLV_TAG_HEAD_BYTES, flvTagType, PREVIOUS_TAG_SIZE_BYTES } from '../../shared/tags/flv-tag-head.ts';

const NOTHING = new Uint8Array(0);
const VIDEO = flvTagType('video');
const DATA = flvTagType('data');

/** What a reader that goes on needs of this packet: without the configuration that only those who begin here lack. */
export function withoutRepeatedConfiguration(packet: Packet): Uint8Array {
  return packet.payload.subarray(packet.header.configurationLength);
}

/**
 * What a reader that begins here needs: all of it, with the repeated script data at time 0. Metadata belongs to the whole
 * stream; ffmpeg takes one with a time for a track of subtitles. Made once for all who begin at this door.
 */
export function withConfiguration(packet: Packet): Uint8Array {
  const known = BEGINNINGS.get(packet);
  if (known !== undefined) return known;
  const bytes = packet.payload.slice();
  for (let at = 0; at + FLV_TAG_HEAD_BYTES <= packet.header.configurationLength; at += tagLength(bytes, at)) {
    if (((bytes[at] as number) & 0x1f) === DATA) bytes.fill(0, at + 4, at + 8);
  }
  BEGINNINGS.set(packet, bytes);
  return bytes;
}

const BEGINNINGS = new WeakMap<Packet, Uint8Array>();

/** The audio and data tags of this packet, for a line that is too short for video. Whole tags only: no part of a unit. */
export function withoutVideo(packet: Packet): Uint8Array {
  const { header } = packet;
  if (!header.hasVideo) return withoutRepeatedConfiguration(packet);
  if (header.isContinuation || header.isUnfinished) return NOTHING;
  const bytes = withoutRepeatedConfiguration(packet);
  const kept: Uint8Array[] = [];
  let keptBytes = 0;
  let at = 0;
  while (at + FLV_TAG_HEAD_BYTES <= bytes.byteLength) {
    const length = tagLength(bytes, at);
    if (((bytes[at] as number) & 0x1f) !== VIDEO) {
      kept.push(bytes.subarray(at, at + length));
      keptBytes += length;
    }
    at += length;
  }
  return joined(kept, keptBytes);
}

/** The pieces as one: a single piece as it is, without a copy. */
export function joined(pieces: readonly Uint8Array[], byteLength: number): Uint8Array {
  const only = pieces[0];
  return pieces.length === 1 && only !== undefined ? only : concatenate(pieces, byteLength);
}

/** Of the tag that begins here, with its PreviousTagSize. */
function tagLength(bytes: Uint8Array, at: number): number {
  const [high = 0, middle = 0, low = 0] = bytes.subarray(at + 1, at + 4);
  return FLV_TAG_HEAD_BYTES + ((high << 16) | (middle << 8) | low) + PREVIOUS_TAG_SIZE_BYTES;
}
