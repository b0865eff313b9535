import type { AudioDescription } from '../codec-descriptions.ts';

const MAGIC = Array.from('OpusHead', (character) => character.charCodeAt(0));
/** 20 ms, what every live encoder sends; the frames themselves tell (RFC 6716 3.1). */
const USUAL_SAMPLES = 960;

/** OpusHead (RFC 7845 5.1). Opus always decodes to 48 kHz, whatever rate its head remembers of the source. */
export function describeOpus(head: Uint8Array): AudioDescription {
  const hasHead = MAGIC.every((byte, index) => head[index] === byte);
  const channels = (hasHead ? head[9] : undefined) || 2;
  return { sampleRate: 48000, channels, codecString: 'opus', samplesPerFrame: USUAL_SAMPLES };
}
