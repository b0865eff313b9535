import { BitReader } from '../../bytes/bit-reader.ts';
import type { AudioDescription } from '../codec-descriptions.ts';

/** STREAMINFO (RFC 9639 8.2) without its block header. */
export function describeFlac(streamInfo: Uint8Array): AudioDescription | undefined {
  const bits = new BitReader(streamInfo);
  bits.skip(16);
  const samplesPerFrame = bits.bits(16);
  bits.skip(24 + 24);
  const sampleRate = bits.bits(20);
  const channels = bits.bits(3) + 1;
  if (sampleRate === 0 || samplesPerFrame === 0) return undefined;
  return { sampleRate, channels, codecString: 'flac', samplesPerFrame };
}
