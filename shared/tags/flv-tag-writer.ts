import { ByteWriter } from '../bytes/byte-writer.ts';
import { FLV_TAG_HEAD_BYTES, flvTagType, PREVIOUS_TAG_SIZE_BYTES } from './flv-tag-head.ts';
import type { Tag } from './tag.ts';

const HAS_AUDIO = 4;
const HAS_VIDEO = 1;
const HEADER_BYTES = 9;

/** The 9 bytes an FLV file begins with and the PreviousTagSize 0 behind them: tags follow at once. */
export function encodeFlvHeader(contents: {
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
}): Uint8Array<ArrayBuffer> {
  return new ByteWriter(HEADER_BYTES + PREVIOUS_TAG_SIZE_BYTES)
    .utf8('FLV')
    .u8(1)
    .u8((contents.hasAudio ? HAS_AUDIO : 0) | (contents.hasVideo ? HAS_VIDEO : 0))
    .u32(HEADER_BYTES)
    .u32(0)
    .finish();
}

/** Bytes that `encodeFlvTag` makes of this tag. */
export function flvTagLength(tag: Tag): number {
  return FLV_TAG_HEAD_BYTES + tag.body.byteLength + PREVIOUS_TAG_SIZE_BYTES;
}

/**
 * One tag with its PreviousTagSize behind it: the form in which tags stand in packets and in FLV files.
 * A timestamp beyond 32 bits is written modulo 2^32, as every FLV reader expects it after 49.7 days.
 */
export function encodeFlvTag(tag: Tag): Uint8Array<ArrayBuffer> {
  const timestampMs = (Math.floor(tag.timestampMs) % 0x1_0000_0000) >>> 0;
  return new ByteWriter(flvTagLength(tag))
    .u8(flvTagType(tag.kind))
    .u24(tag.body.byteLength)
    .u24(timestampMs & 0xff_ffff)
    .u8(timestampMs >>> 24)
    .u24(0)
    .bytes(tag.body)
    .u32(FLV_TAG_HEAD_BYTES + tag.body.byteLength)
    .finish();
}
