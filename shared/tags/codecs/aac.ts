import { BitReader } from '../../bytes/bit-reader.ts';
import type { AudioDescription } from '../codec-descriptions.ts';

const SAMPLE_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];
/** By channelConfiguration (ISO/IEC 14496-3 table 1.19); 0 means that the stream describes its channels itself. */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8];
const OBJECT = { sbr: 5, ps: 29, escape: 31 } as const;
const SYNC_EXTENSION = 0x2b7;
const PS_EXTENSION = 0x548;
const EXPLICIT_RATE = 15;

/** AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1). */
export function describeAac(configuration: Uint8Array): AudioDescription | undefined {
  const bits = new BitReader(configuration);
  const firstObject = objectType(bits);
  const codedRate = sampleRate(bits);
  const channelConfiguration = bits.bits(4);
  const isExplicit = firstObject === OBJECT.sbr || firstObject === OBJECT.ps;
  const explicitRate = isExplicit ? sampleRate(bits) : undefined;
  const coreObject = isExplicit ? objectType(bits) : firstObject;
  if (coreObject === 0 || codedRate === undefined) return undefined;
  const isShort = bits.remaining > 0 && bits.flag();
  const channelsInCore = channelConfiguration === 0 ? readOwnChannels(bits) : (CHANNELS[channelConfiguration] ?? 0);
  // Without room for the rest of a general audio configuration there is no extension behind it either.
  const implicit = isExplicit || channelConfiguration === 0 ? undefined : readSyncExtension(bits);
  const outputRate = explicitRate ?? implicit?.sampleRate ?? codedRate;
  const hasParametricStereo = firstObject === OBJECT.ps || implicit?.hasParametricStereo === true;
  const channels = hasParametricStereo ? 2 : channelsInCore;
  if (channels === 0) return undefined;
  const signalled = hasParametricStereo ? OBJECT.ps : implicit !== undefined ? OBJECT.sbr : firstObject;
  const samples = isShort ? 960 : 1024;
  return {
    sampleRate: outputRate,
    channels,
    codecString: `mp4a.40.${signalled}`,
    samplesPerFrame: Math.round((samples * outputRate) / codedRate),
  };
}

function objectType(bits: BitReader): number {
  const type = bits.bits(5);
  return type === OBJECT.escape ? 32 + bits.bits(6) : type;
}

function sampleRate(bits: BitReader): number | undefined {
  const index = bits.bits(4);
  const rate = index === EXPLICIT_RATE ? bits.bits(24) : SAMPLE_RATES[index];
  return rate === 0 ? undefined : rate;
}

/** What the frame length flag is followed by, then program_config_element (ISO/IEC 14496-3 4.4.1.1): counts the channels. */
function readOwnChannels(bits: BitReader): number {
  skipCoreCoder(bits);
  bits.skip(4 + 2 + 4);
  const front = bits.bits(4);
  const side = bits.bits(4);
  const back = bits.bits(4);
  const lowFrequency = bits.bits(2);
  bits.skip(3 + 4);
  for (const mixdownBits of [4, 4, 3]) if (bits.flag()) bits.skip(mixdownBits);
  let channels = lowFrequency;
  for (let element = 0; element < front + side + back; element++) {
    channels += bits.flag() ? 2 : 1;
    bits.skip(4);
  }
  return channels;
}

function skipCoreCoder(bits: BitReader): void {
  if (bits.flag()) bits.skip(14);
  bits.skip(1);
}

/** SBR that is told behind the configuration of a plain decoder, which does not look there. */
function readSyncExtension(
  bits: BitReader,
): { readonly sampleRate: number; readonly hasParametricStereo: boolean } | undefined {
  if (bits.remaining < 2) return undefined;
  skipCoreCoder(bits);
  if (bits.remaining < 17 || bits.bits(11) !== SYNC_EXTENSION || objectType(bits) !== OBJECT.sbr || !bits.flag()) {
    return undefined;
  }
  const rate = sampleRate(bits);
  if (rate === undefined) return undefined;
  const hasParametricStereo = bits.remaining >= 12 && bits.bits(11) === PS_EXTENSION && bits.flag();
  return { sampleRate: rate, hasParametricStereo };
}
