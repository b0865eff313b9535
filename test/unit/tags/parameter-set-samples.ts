import type { Tag } from '../../../shared/tags/tag.ts';
import { hex, tagOf, toHex } from './samples.ts';

/** Parameter sets as x264 and x265 write them, and a slice that nobody looks into. */
export type Sets = { readonly units: readonly string[]; readonly slice: string };

export const SMALL: Sets = {
  units: ['6742c01eda0280bfe5c044000003000400000300c83c58ba80', '68ce0fc8'],
  slice: '6588840a',
};
export const LARGE: Sets = {
  units: ['6742c01fda014016ec0440000003004000000c83c60ca8', '68ce0fc8'],
  slice: '6588840b',
};
export const SMALL_HEVC: Sets = {
  units: [
    '40010c01ffff01600000030090000003000003003f959409',
    '42010101600000030090000003000003003fa005020171f2e595952930bc05a02000000300200000030321',
    '4401c073c189',
  ],
  slice: '2601af0a',
};
export const LARGE_HEVC: Sets = {
  units: [
    '40010c01ffff01600000030090000003000003005d959409',
    '42010101600000030090000003000003005da00280802d16595952930bc05a020000030002000003003210',
    '4401c073c189',
  ],
  slice: '2601af0b',
};

/** avcC of `SMALL`. */
export const SMALL_AVCC = '0142c01eff e10019 6742c01eda0280bfe5c044000003000400000300c83c58ba80 010004 68ce0fc8';
export const SMALL_CONFIGURATION = tagOf('video', 0, `17 00 000000 ${SMALL_AVCC}`);

/** A keyframe with its parameter sets in it; `head`: the bytes before the NAL units. */
export function withSets({ units, slice }: Sets, timestampMs: number, head = '17 01 000000'): Tag {
  const prefixed = [...units, slice].map((unit) => `${toHex(Uint8Array.of(0, 0, 0, unit.length / 2))}${unit}`);
  return tagOf('video', timestampMs, `${head} ${prefixed.join('')}`);
}

/** The same with start codes instead of lengths. */
export function withStartCodes({ units, slice }: Sets, timestampMs: number, head = '17 01 000000'): Tag {
  return tagOf('video', timestampMs, `${head} ${[...units, slice].map((unit) => `00000001${unit}`).join('')}`);
}

export function bodyOf(tag: Tag | undefined, from: number): Uint8Array {
  return tag?.body.subarray(from) ?? hex('');
}
