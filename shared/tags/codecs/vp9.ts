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
