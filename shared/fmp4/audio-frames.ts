import type { AudioCodec } from '../tags/tag-contents.ts';

/** Samples in one frame, at the track's sample rate. `usual`: what the configuration promised. */
export function samplesInFrame(codec: AudioCodec, frame: Uint8Array, usual: number): number {
  if (codec === 'opus') return opusSamples(frame) ?? usual;
  if (codec === 'flac') return flacSamples(frame) ?? usual;
  return usual;
}

/** RFC 6716 section 3.1, at 48 kHz. */
function opusSamples(frame: Uint8Array): number | undefined {
  const toc = frame[0];
  if (toc === undefined) return undefined;
  const configuration = toc >> 3;
  const count = (toc & 3) === 0 ? 1 : (toc & 3) < 3 ? 2 : (frame[1] ?? 1) & 63;
  const size = configuration & 3;
  if (configuration >= 16) return count * (120 << size);
  if (configuration >= 12) return count * (size % 2 === 0 ? 480 : 960);
  return count * (size === 3 ? 2880 : 480 << size);
}

/** RFC 9639 section 9.1.1. Sizes that stand behind the frame number are only used by a stream's last frame. */
function flacSamples(frame: Uint8Array): number | undefined {
  if (frame[0] !== 0xff) return undefined;
  const code = (frame[2] ?? 0) >> 4;
  if (code === 1) return 192;
  if (code >= 2 && code <= 5) return 576 << (code - 2);
  return code >= 8 ? 256 << (code - 8) : undefined;
}

/** An encoded frame of silence as long as the codec's usual one, where one is known. */
export function silentFrame(codec: AudioCodec, codecString: string, channels: number): Uint8Array | undefined {
  if (codec === 'opus') return Uint8Array.of(channels === 1 ? 0xf8 : 0xfc, 0xff, 0xfe);
  if (codec !== 'aac' || codecString !== 'mp4a.40.2') return undefined;
  if (channels === 1) return Uint8Array.of(0x00, 0xc8, 0x00, 0x80, 0x23, 0x80);
  return channels === 2 ? Uint8Array.of(0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80) : undefined;
}
