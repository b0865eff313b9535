import { BitReader } from '../../bytes/bit-reader.ts';
import { ByteReader } from '../../bytes/byte-reader.ts';
import type { VideoDescription } from '../codec-descriptions.ts';
import { hexByte, withoutEmulationPrevention } from './nal-unit.ts';

/** AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1). */
export function describeH264(avcC: Uint8Array): VideoDescription | undefined {
  const reader = new ByteReader(avcC);
  reader.skip(4); // version, profile, compatibility, level: the parameter set says the same, and some encoders leave 0 here
  const nalLengthBytes = (reader.u8() & 3) + 1;
  const parameterSets = reader.u8() & 0x1f;
  for (let index = 0; index < parameterSets; index++) {
    const unit = reader.slice(reader.u16());
    if (unit.byteLength < 4 || ((unit[0] as number) & 0x1f) !== SEQUENCE_PARAMETER_SET) continue;
    const codecString = `avc1.${Array.from(unit.subarray(1, 4), hexByte).join('')}`;
    return { ...pictureSize(withoutEmulationPrevention(unit)), codecString, nalLengthBytes };
  }
  return undefined;
}

const SEQUENCE_PARAMETER_SET = 7;
/** Profiles whose parameter set tells the chroma format and scaling lists (ITU-T H.264 7.3.2.1.1). */
const HIGH_PROFILES = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];
const MACROBLOCK_PIXELS = 16;

/** seq_parameter_set_data (ITU-T H.264 7.3.2.1.1), up to the cropping. */
function pictureSize(unit: Uint8Array): { readonly width: number; readonly height: number } {
  const bits = new BitReader(unit);
  bits.skip(8);
  const profile = bits.bits(8);
  bits.skip(16);
  bits.ue(); // seq_parameter_set_id
  const chroma = HIGH_PROFILES.includes(profile) ? readChroma(bits) : { subWidth: 2, subHeight: 2 };
  bits.ue(); // log2_max_frame_num_minus4
  skipPictureOrderCount(bits);
  bits.ue(); // max_num_ref_frames
  bits.skip(1);
  const widthInMacroblocks = bits.ue() + 1;
  const heightInMapUnits = bits.ue() + 1;
  const areFramesOnly = bits.flag();
  if (!areFramesOnly) bits.skip(1);
  bits.skip(1);
  const fieldFactor = areFramesOnly ? 1 : 2;
  const crop = bits.flag() ? { left: bits.ue(), right: bits.ue(), top: bits.ue(), bottom: bits.ue() } : NO_CROP;
  return {
    width: Math.max(0, widthInMacroblocks * MACROBLOCK_PIXELS - (crop.left + crop.right) * chroma.subWidth),
    height: Math.max(
      0,
      heightInMapUnits * MACROBLOCK_PIXELS * fieldFactor - (crop.top + crop.bottom) * chroma.subHeight * fieldFactor,
    ),
  };
}

const NO_CROP = { left: 0, right: 0, top: 0, bottom: 0 };

/** In luma pixels a chroma sample: the units in which pictures are cropped. */
function readChroma(bits: BitReader): { readonly subWidth: number; readonly subHeight: number } {
  const format = bits.ue();
  const areColoursApart = format === 3 && bits.flag();
  bits.ue(); // bit_depth_luma_minus8
  bits.ue(); // bit_depth_chroma_minus8
  bits.skip(1);
  if (bits.flag()) {
    const lists = format === 3 ? 12 : 8;
    for (let index = 0; index < lists; index++) {
      if (bits.flag()) skipScalingList(bits, index < 6 ? 16 : 64);
    }
  }
  if (areColoursApart) return { subWidth: 1, subHeight: 1 };
  return { subWidth: format === 1 || format === 2 ? 2 : 1, subHeight: format === 1 ? 2 : 1 };
}

function skipScalingList(bits: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let index = 0; index < size; index++) {
    if (next !== 0) next = (last + bits.se() + 256) % 256;
    last = next === 0 ? last : next;
  }
}

function skipPictureOrderCount(bits: BitReader): void {
  const type = bits.ue();
  if (type === 0) bits.ue();
  if (type !== 1) return;
  bits.skip(1);
  bits.se();
  bits.se();
  const cycle = bits.ue();
  for (let index = 0; index < cycle; index++) bits.se();
}
