import type { AudioDescription } from '../codec-descriptions.ts';

const MPEG1_SAMPLE_RATES = [44100, 48000, 32000] as const;

/** The header of an MPEG audio frame, layer III (ISO/IEC 11172-3 2.4.1.3, and 13818-3 for the lower rates). */
export function describeMp3(frame: Uint8Array): AudioDescription | undefined {
  const [sync, version = 0, rate = 0, mode] = frame;
  if (mode === undefined || sync !== 0xff || (version & 0xe6) !== 0xe2) return undefined;
  const versionBits = (version >> 3) & 3;
  const base = MPEG1_SAMPLE_RATES[(rate >> 2) & 3];
  if (base === undefined || versionBits === 1) return undefined;
  const isMpeg1 = versionBits === 3;
  return {
    sampleRate: isMpeg1 ? base : versionBits === 2 ? base / 2 : base / 4,
    channels: mode >> 6 === 3 ? 1 : 2,
    codecString: 'mp3',
    samplesPerFrame: isMpeg1 ? 1152 : 576,
  };
}
