import { BitReader } from '../../bytes/bit-reader.ts';
import { ByteReader } from '../../bytes/byte-reader.ts';
import type { VideoDescription } from '../codec-descriptions.ts';

/** The size that a keyframe's own sequence header tells. Throws `TruncatedError` where it is cut. */
export function av1FrameSize(frame: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  return findSequenceHeader(new ByteReader(frame));
}

/** AV1CodecConfigurationRecord (AV1 in ISOBMFF 2.3.3): four bytes, then the sequence header where the sender puts one. */
export function describeAv1(av1C: Uint8Array): VideoDescription | undefined {
  const reader = new ByteReader(av1C);
  if ((reader.u8() & 0x7f) !== 1) return undefined;
  const profileAndLevel = reader.u8();
  const depthBits = reader.u8();
  reader.skip(1);
  const level = `${profileAndLevel & 0x1f}`.padStart(2, '0');
  const tier = (depthBits & 0x80) === 0 ? 'M' : 'H';
  const depth = (depthBits & 0x40) === 0 ? '08' : (depthBits & 0x20) === 0 ? '10' : '12';
  const codecString = `av01.${profileAndLevel >> 5}.${level}${tier}.${depth}`;
  const size = findSequenceHeader(reader);
  return { width: size?.width ?? 0, height: size?.height ?? 0, codecString, nalLengthBytes: 0 };
}

const SEQUENCE_HEADER = 1;

/** Walks open bitstream units (AV1 specification 5.3). */
function findSequenceHeader(reader: ByteReader): { readonly width: number; readonly height: number } | undefined {
  while (reader.remaining > 0) {
    const header = reader.u8();
    if ((header & 4) !== 0) reader.skip(1);
    const unit = reader.slice((header & 2) !== 0 ? leb128(reader) : reader.remaining);
    if (((header >> 3) & 0x0f) === SEQUENCE_HEADER) return pictureSize(new BitReader(unit));
  }
  return undefined;
}

function leb128(reader: ByteReader): number {
  let value = 0;
  for (let index = 0; index < 8; index++) {
    const byte = reader.u8();
    value += (byte & 0x7f) * 2 ** (7 * index);
    if ((byte & 0x80) === 0) break;
  }
  return value;
}

/** sequence_header_obu (AV1 specification 5.5.1), up to the frame size. */
function pictureSize(bits: BitReader): { readonly width: number; readonly height: number } {
  bits.skip(4); // seq_profile, still_picture
  const isReduced = bits.flag();
  if (isReduced) bits.skip(5);
  else skipOperatingPoints(bits);
  const widthBits = bits.bits(4) + 1;
  const heightBits = bits.bits(4) + 1;
  return { width: bits.bits(widthBits) + 1, height: bits.bits(heightBits) + 1 };
}

function skipOperatingPoints(bits: BitReader): void {
  let delayBits = 0;
  if (bits.flag()) {
    bits.skip(64); // num_units_in_display_tick, time_scale
    if (bits.flag()) bits.ue(); // uvlc: the same code as Exp-Golomb
    if (bits.flag()) {
      delayBits = bits.bits(5) + 1;
      bits.skip(32 + 5 + 5);
    }
  }
  const hasDisplayDelay = bits.flag();
  const points = bits.bits(5) + 1;
  for (let point = 0; point < points; point++) {
    bits.skip(12);
    if (bits.bits(5) > 7) bits.skip(1);
    if (delayBits > 0 && bits.flag()) bits.skip(delayBits * 2 + 1);
    if (hasDisplayDelay && bits.flag()) bits.skip(4);
  }
}
