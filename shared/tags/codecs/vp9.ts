import { BitReader } from '../../bytes/bit-reader.ts';
import { ByteReader } from '../../bytes/byte-reader.ts';
import type { VideoDescription } from '../codec-descriptions.ts';

/** Level 1.0: what is claimed where the sender left it 0, so that a browser is not asked about a level that does not exist. */
const LOWEST_LEVEL = 10;

/** VPCodecConfigurationRecord (VP Codec ISO Media File Format Binding). Some senders put the box's version and flags before it. */
export function describeVp9(vpcC: Uint8Array): VideoDescription | undefined {
  const hasVersion = vpcC[0] === 1 && vpcC[1] === 0 && vpcC[2] === 0 && vpcC[3] === 0;
  const reader = new ByteReader(hasVersion ? vpcC.subarray(4) : vpcC);
  const profile = reader.u8();
  const level = reader.u8() || LOWEST_LEVEL;
  const depth = reader.u8() >> 4 || 8;
  const codecString = `vp09.${[profile, level, depth].map((part) => `${part}`.padStart(2, '0')).join('.')}`;
  return { width: 0, height: 0, codecString, nalLengthBytes: 0 };
}

const SYNC_CODE = 0x498342;
const RGB = 7;

/** The size that a keyframe's uncompressed header tells (VP9 bitstream specification 6.2). Throws `TruncatedError` where it is cut. */
export function vp9FrameSize(frame: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  const bits = new BitReader(frame);
  if (bits.bits(2) !== 2) return undefined;
  const profile = bits.bits(1) + bits.bits(1) * 2;
  if (profile === 3) bits.skip(1);
  const isShownAgain = bits.flag();
  const isKeyframe = !isShownAgain && !bits.flag();
  if (!isKeyframe) return undefined;
  bits.skip(2); // show_frame, error_resilient_mode
  if (bits.bits(24) !== SYNC_CODE) return undefined;
  if (profile >= 2) bits.skip(1); // bit depth
  const isRgb = bits.bits(3) === RGB;
  const hasSubsampling = profile === 1 || profile === 3;
  if (!isRgb) bits.skip(1); // colour range
  if (hasSubsampling) bits.skip(isRgb ? 1 : 3);
  return { width: bits.bits(16) + 1, height: bits.bits(16) + 1 };
}
