import { BitReader } from '../../bytes/bit-reader.ts';
import { ByteWriter } from '../../bytes/byte-writer.ts';
import { withoutEmulationPrevention } from './nal-unit.ts';

/** The parameter sets that stand in a frame itself, in order; none of a codec that has no NAL units. */
export type ParameterSets = {
  readonly video: readonly Uint8Array[];
  readonly sequence: readonly Uint8Array[];
  readonly picture: readonly Uint8Array[];
};

type NalCodec = 'h264' | 'hevc';

/** More of one kind than any encoder has; the records count them in few bits. */
const SETS_MAX = 16;
const SET_BYTES_MAX = 4096;

/** `frame`: NAL units with lengths of `lengthBytes` before them. What is behind a length that overruns the frame is not seen. */
export function parameterSetsOf(codec: NalCodec, frame: Uint8Array, lengthBytes: number): ParameterSets {
  const sets = { video: [] as Uint8Array[], sequence: [] as Uint8Array[], picture: [] as Uint8Array[] };
  for (const unit of nalUnits(frame, lengthBytes)) {
    const kind = kindOf(codec, unit[0] as number);
    const isTaken = kind !== undefined && unit.byteLength <= SET_BYTES_MAX && sets[kind].length < SETS_MAX;
    if (isTaken) sets[kind].push(unit);
  }
  return sets;
}

/** avcC or hvcC of these sets, with lengths of 4 bytes. Undefined where they are not enough. Throws `TruncatedError` where one is cut. */
export function configurationRecord(codec: NalCodec, sets: ParameterSets): Uint8Array | undefined {
  const [sequence] = sets.sequence;
  if (sequence === undefined || sets.picture.length === 0) return undefined;
  return codec === 'h264' ? avcRecord(sequence, sets) : hevcRecord(sequence, sets);
}

function* nalUnits(frame: Uint8Array, lengthBytes: number): Generator<Uint8Array> {
  for (let at = 0; at + lengthBytes <= frame.byteLength; ) {
    let length = 0;
    for (let index = 0; index < lengthBytes; index++) length = length * 256 + (frame[at + index] as number);
    at += lengthBytes;
    if (at + length > frame.byteLength) return;
    if (length > 0) yield frame.subarray(at, at + length);
    at += length;
  }
}

function kindOf(codec: NalCodec, first: number): keyof ParameterSets | undefined {
  const type = codec === 'h264' ? first & 0x1f : (first >> 1) & 0x3f;
  if (codec === 'h264') return type === 7 ? 'sequence' : type === 8 ? 'picture' : undefined;
  return type === 32 ? 'video' : type === 33 ? 'sequence' : type === 34 ? 'picture' : undefined;
}

/** AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1). Its part for High profiles may be left out, as most encoders do. */
function avcRecord(sequence: Uint8Array, sets: ParameterSets): Uint8Array | undefined {
  if (sequence.byteLength < 4) return undefined;
  const writer = new ByteWriter().u8(1).bytes(sequence.subarray(1, 4)).u8(0xff);
  writer.u8(0xe0 | sets.sequence.length);
  for (const unit of sets.sequence) writer.u16(unit.byteLength).bytes(unit);
  writer.u8(sets.picture.length);
  for (const unit of sets.picture) writer.u16(unit.byteLength).bytes(unit);
  return writer.finish();
}

/** HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 8.3.3.1), from the sequence parameter set (ITU-T H.265 7.3.2.2.1). */
function hevcRecord(sequence: Uint8Array, sets: ParameterSets): Uint8Array {
  const plain = withoutEmulationPrevention(sequence);
  const bits = new BitReader(plain);
  bits.skip(16 + 4);
  const subLayers = bits.bits(3);
  const isNested = bits.flag();
  bits.skip(96);
  const present: { readonly hasProfile: boolean; readonly hasLevel: boolean }[] = [];
  for (let layer = 0; layer < subLayers; layer++) present.push({ hasProfile: bits.flag(), hasLevel: bits.flag() });
  if (subLayers > 0) bits.skip((8 - subLayers) * 2);
  for (const { hasProfile, hasLevel } of present) bits.skip((hasProfile ? 88 : 0) + (hasLevel ? 8 : 0));
  bits.ue(); // sps_seq_parameter_set_id
  const chroma = bits.ue();
  if (chroma === 3) bits.skip(1);
  bits.ue(); // width
  bits.ue(); // height
  if (bits.flag()) for (let side = 0; side < 4; side++) bits.ue();
  const lumaDepth = bits.ue();
  const chromaDepth = bits.ue();
  const writer = new ByteWriter().u8(1).bytes(plain.subarray(3, 15)).u16(0xf000).u8(0xfc);
  writer
    .u8(0xfc | (chroma & 3))
    .u8(0xf8 | (lumaDepth & 7))
    .u8(0xf8 | (chromaDepth & 7));
  writer.u16(0).u8(((subLayers + 1) << 3) | (isNested ? 4 : 0) | 3);
  const arrays = [
    [32, sets.video],
    [33, sets.sequence],
    [34, sets.picture],
  ] as const;
  const filled = arrays.filter(([, units]) => units.length > 0);
  writer.u8(filled.length);
  for (const [type, units] of filled) {
    writer.u8(0x80 | type).u16(units.length);
    for (const unit of units) writer.u16(unit.byteLength).bytes(unit);
  }
  return writer.finish();
}
