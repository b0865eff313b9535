import { BitReader } from '../../bytes/bit-reader.ts';
import { ByteReader } from '../../bytes/byte-reader.ts';
import type { VideoDescription } from '../codec-descriptions.ts';
import { withoutEmulationPrevention } from './nal-unit.ts';

/** HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 8.3.3.1). Its version is 1, or 0 from older encoders. */
export function describeHevc(hvcC: Uint8Array): VideoDescription | undefined {
  const reader = new ByteReader(hvcC);
  reader.skip(1);
  const codecString = `hvc1.${profileText(new ByteReader(reader.slice(12)))}`;
  reader.skip(8);
  const nalLengthBytes = (reader.u8() & 3) + 1;
  const arrays = reader.u8();
  for (let array = 0; array < arrays; array++) {
    const type = reader.u8() & 0x3f;
    const units = reader.u16();
    for (let index = 0; index < units; index++) {
      const unit = reader.slice(reader.u16());
      if (type !== SEQUENCE_PARAMETER_SET) continue;
      return { ...pictureSize(withoutEmulationPrevention(unit)), codecString, nalLengthBytes };
    }
  }
  return undefined;
}

const SEQUENCE_PARAMETER_SET = 33;

/** ISO/IEC 14496-15 E.3: `1.6.L93.B0`, from the 12 bytes of profile, tier and level. */
function profileText(reader: ByteReader): string {
  const first = reader.u8();
  const space = ['', 'A', 'B', 'C'][first >> 6] as string;
  const compatibility = reversedBits(reader.u32()).toString(16).toUpperCase();
  const constraints = Array.from(reader.slice(6));
  while (constraints.at(-1) === 0) constraints.pop();
  const tier = (first & 0x20) === 0 ? 'L' : 'H';
  const parts = [`${space}${first & 0x1f}`, compatibility, `${tier}${reader.u8()}`];
  return [...parts, ...constraints.map((byte) => byte.toString(16).toUpperCase())].join('.');
}

function reversedBits(value: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++) reversed = reversed * 2 + ((value >>> bit) & 1);
  return reversed;
}

/** seq_parameter_set_rbsp (ITU-T H.265 7.3.2.2.1), up to the conformance window. */
function pictureSize(unit: Uint8Array): { readonly width: number; readonly height: number } {
  const bits = new BitReader(unit);
  bits.skip(16 + 4);
  const subLayers = bits.bits(3);
  bits.skip(1);
  skipProfileTierLevel(bits, subLayers);
  bits.ue(); // sps_seq_parameter_set_id
  const format = bits.ue();
  const areColoursApart = format === 3 && bits.flag();
  const width = bits.ue();
  const height = bits.ue();
  if (!bits.flag()) return { width, height };
  const subWidth = !areColoursApart && (format === 1 || format === 2) ? 2 : 1;
  const subHeight = !areColoursApart && format === 1 ? 2 : 1;
  const cropWidth = (bits.ue() + bits.ue()) * subWidth;
  const cropHeight = (bits.ue() + bits.ue()) * subHeight;
  return { width: Math.max(0, width - cropWidth), height: Math.max(0, height - cropHeight) };
}

function skipProfileTierLevel(bits: BitReader, subLayers: number): void {
  bits.skip(96);
  const present: { readonly hasProfile: boolean; readonly hasLevel: boolean }[] = [];
  for (let layer = 0; layer < subLayers; layer++) present.push({ hasProfile: bits.flag(), hasLevel: bits.flag() });
  if (subLayers > 0) bits.skip((8 - subLayers) * 2);
  for (const { hasProfile, hasLevel } of present) bits.skip((hasProfile ? 88 : 0) + (hasLevel ? 8 : 0));
}
