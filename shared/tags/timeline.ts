import type { MediaMillis } from '../basics/units.ts';
import type { Tag } from './tag.ts';
import { readTagContents, type TagContent } from './tag-contents.ts';

export type PlacedTag = {
  /** The same tag with its time on the epoch's line: whole milliseconds, never negative, never going back within a kind. */
  readonly tag: Tag;
  /** The source's times jumped, or it began again, between the tag before and this one. The line itself goes on. */
  readonly isDiscontinuity: boolean;
};

/** A longer step of the source's time, either way, is no pause and no jitter but another time. */
const JUMP_MS = 1_000;
/** How far apart a source may begin its audio and its video: servers that send a cached group of pictures first, late microphones. */
const TRACK_START_MS = 5_000;
/** Believed as the distance between two frames; a longer one is a pause. */
const USUAL_STEP_MS_MAX = 200;
/** 1024 samples of AAC at 44.1 kHz, and 25 pictures a second: until two frames have told. */
const FIRST_STEP_MS = { audio: 23, video: 40 } as const;
/** Shorter bodies with nothing in them are headers that say nothing (an empty AAC header), whose times mean nothing either. */
const SILENT_HEADER_BYTES_MAX = 16;
/** Times wrap here: at 32 bits by the specification, at 31 by encoders that mask the sign bit (docs/COMPATIBILITY.md 5). */
const WRAPS = [2 ** 32, 2 ** 31] as const;

type MediaKind = 'audio' | 'video';

/** A stretch of the source's own time without a jump. */
type Stretch = {
  /** What is added to the source's time. One for audio and video, so that they stay together. */
  readonly offsetMs: number;
  readonly firstMs: number;
  /** The newest time of the source, unwrapped. */
  newestMs: number;
  /** The last time of each kind, once it was seen in this stretch. */
  readonly last: Partial<Record<MediaKind, number>>;
};

/**
 * Lays the tags of one source on one unbroken line, whatever the source's clock does: wraps, jumps, begins again. A jump is
 * closed up: the tag behind it follows the tag before it at the usual distance. Script data and codec configurations follow
 * the media around them; their own times (often 0 in mid-stream) never move the line.
 */
export class Timeline {
  private stretch: Stretch | undefined;
  private stretchBefore: Stretch | undefined;
  private owesDiscontinuity = false;
  private hasPlaced = false;
  private newestOut: number;
  private readonly lastOut: Partial<Record<MediaKind, number>> = {};
  private readonly usualStep: Record<MediaKind, number> = { ...FIRST_STEP_MS };

  /** `startMs`: where the line begins. */
  constructor(startMs: MediaMillis = 0 as MediaMillis) {
    this.newestOut = startMs;
  }

  /** The newest time on the line so far. */
  get newestMs(): MediaMillis {
    return this.newestOut as MediaMillis;
  }

  /** The source began again (a loop, a new connection): its next time means whatever comes after now. */
  restart(): void {
    this.stretch = undefined;
    this.stretchBefore = undefined;
    this.owesDiscontinuity = this.hasPlaced;
  }

  /** `tag`: with the source's raw time. Tags are given in the order in which they came. `contents`: of this tag, where they were read. */
  place(tag: Tag, contents: readonly TagContent[] = readTagContents(tag)): PlacedTag {
    const kind = mediaKind(tag, contents);
    let isDiscontinuity = this.owesDiscontinuity;
    this.owesDiscontinuity = false;
    this.hasPlaced = true;
    if (kind === undefined) return { tag: withTime(tag, this.timeOfFollower(tag)), isDiscontinuity };
    const { stretch, isNew } = this.findStretch(tag.timestampMs, kind);
    isDiscontinuity ||= isNew;
    const sourceMs = unwrap(tag.timestampMs, stretch.last[kind] ?? stretch.newestMs);
    this.learnStep(kind, stretch, sourceMs);
    stretch.last[kind] = sourceMs;
    stretch.newestMs = Math.max(stretch.newestMs, sourceMs);
    const outMs = Math.max(sourceMs + stretch.offsetMs, this.lastOut[kind] ?? 0, 0);
    this.lastOut[kind] = outMs;
    this.newestOut = Math.max(this.newestOut, outMs);
    return { tag: withTime(tag, outMs), isDiscontinuity };
  }

  private findStretch(rawMs: number, kind: MediaKind): { readonly stretch: Stretch; readonly isNew: boolean } {
    const { stretch, stretchBefore } = this;
    if (stretch === undefined) return { stretch: this.beginStretch(rawMs), isNew: false };
    const last = stretch.last[kind];
    const toNewest = distance(rawMs, stretch.newestMs);
    if (last !== undefined) {
      if (Math.min(toNewest, distance(rawMs, last)) <= JUMP_MS) return { stretch, isNew: false };
    } else {
      // Interleaving: after one kind has jumped, tags of the other kind from before the jump may still come.
      const isYoung = stretch.newestMs - stretch.firstMs <= TRACK_START_MS;
      const toStraggler = distance(rawMs, stretchBefore?.last[kind] ?? Number.POSITIVE_INFINITY);
      if (stretchBefore !== undefined && isYoung && toStraggler <= JUMP_MS && toStraggler < toNewest) {
        return { stretch: stretchBefore, isNew: false };
      }
      if (toNewest <= TRACK_START_MS) return { stretch, isNew: false };
    }
    return { stretch: this.beginStretch(rawMs), isNew: true };
  }

  private beginStretch(rawMs: number): Stretch {
    this.stretchBefore = this.stretch;
    this.stretch = { offsetMs: this.endOfLine() - rawMs, firstMs: rawMs, newestMs: rawMs, last: {} };
    return this.stretch;
  }

  /** Where the last frame of either kind ends, as far as one can know. */
  private endOfLine(): number {
    const ends = (['audio', 'video'] as const).flatMap((kind) => {
      const last = this.lastOut[kind];
      return last === undefined ? [] : [last + this.usualStep[kind]];
    });
    return Math.max(this.newestOut, ...ends);
  }

  private learnStep(kind: MediaKind, stretch: Stretch, sourceMs: number): void {
    const step = sourceMs - (stretch.last[kind] ?? sourceMs);
    if (step > 0 && step <= USUAL_STEP_MS_MAX) this.usualStep[kind] = step;
  }

  /** Its own time where that is near the media's, else now. */
  private timeOfFollower(tag: Tag): number {
    const { stretch } = this;
    if (stretch === undefined || distance(tag.timestampMs, stretch.newestMs) > JUMP_MS) return this.newestOut;
    const outMs = unwrap(tag.timestampMs, stretch.newestMs) + stretch.offsetMs;
    return Math.max(outMs, tag.kind === 'data' ? 0 : (this.lastOut[tag.kind] ?? 0), 0);
  }
}

/** Undefined for what is no media: script data, configurations, ends of sequences, headers that say nothing. */
function mediaKind(tag: Tag, contents: readonly TagContent[]): MediaKind | undefined {
  if (tag.kind === 'data') return undefined;
  const isMedia =
    contents.length === 0
      ? tag.body.byteLength > SILENT_HEADER_BYTES_MAX
      : contents.some(({ role }) => role === 'video-frame' || role === 'audio-frame' || role === 'silence');
  return isMedia ? tag.kind : undefined;
}

/** The unwrapped time nearest to `nearMs` that a raw time may stand for. */
function unwrap(rawMs: number, nearMs: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (const wrap of WRAPS) {
    // A time beyond 31 bits shows that this source does not mask them.
    if (rawMs >= wrap && wrap !== WRAPS[0]) continue;
    const ahead = (((rawMs - nearMs) % wrap) + wrap) % wrap;
    const step = ahead > wrap / 2 ? ahead - wrap : ahead;
    if (Math.abs(step) < Math.abs(best)) best = step;
  }
  return nearMs + best;
}

function distance(rawMs: number, nearMs: number): number {
  return Number.isFinite(nearMs) ? Math.abs(unwrap(rawMs, nearMs) - nearMs) : Number.POSITIVE_INFINITY;
}

function withTime(tag: Tag, timestampMs: number): Tag {
  return { ...tag, timestampMs: timestampMs as MediaMillis };
}
