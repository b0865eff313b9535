import type { MediaMillis } from '../basics/units.ts';

export type TagKind = 'audio' | 'video' | 'data';

/**
 * One FLV tag: the unit every feed is split into. The body is kept exactly as it came, legacy or Enhanced RTMP, so that
 * what leaves by HTTP-FLV is what entered. `readTagContents` tells what is inside.
 */
export type Tag = {
  readonly kind: TagKind;
  /** Decode time. From a reader: the raw 32-bit milliseconds of the file. From a `Timeline`: unwrapped, on the epoch's line. */
  readonly timestampMs: MediaMillis;
  readonly body: Uint8Array;
};
