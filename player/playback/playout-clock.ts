import type { Millis, WallMillis } from '../../shared/basics/units.ts';

type Mark = { readonly mediaMs: number; readonly captureMs: WallMillis };

/** One mark a quarter of a second is exact enough to interpolate between; 17 minutes of them are kept. */
const MARK_SPACING_MS = 250;
const MARKS_MAX = 4_096;
const PAUSE_MS = 500;

/**
 * Three clocks and the way between them: the local monotonic clock (`nowMs`), the seeder's wall clock that packets carry
 * as capture time, and the line of the media element. Answers how long ago what is on screen was captured.
 */
export class PlayoutClock {
  private marks: Mark[] = [];
  private offsetMs: number | undefined;

  /** What to add to `nowMs` to get the server's wall clock. */
  setWallOffset(offsetMs: number): void {
    this.offsetMs = offsetMs;
  }

  /** Forgets what was seen: the line begins anew. */
  restart(): void {
    this.marks = [];
  }

  observePacket(mediaMs: number, captureMs: WallMillis): void {
    const last = this.marks.at(-1);
    // Where the source paused, capture goes on long after the media did: the first packet behind it tells.
    if (last && captureMs - last.captureMs < PAUSE_MS && mediaMs - last.mediaMs < MARK_SPACING_MS) return;
    this.marks.push({ mediaMs, captureMs });
    if (this.marks.length > MARKS_MAX) this.marks.splice(0, MARKS_MAX / 4);
  }

  /** When this moment of the media line was captured; before the first mark and behind the last one the line goes on evenly. */
  captureAt(mediaMs: number): number | undefined {
    const { marks } = this;
    let low = 0;
    let high = marks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((marks[middle] as Mark).mediaMs <= mediaMs) low = middle;
      else high = middle - 1;
    }
    const mark = marks[low];
    if (mark === undefined) return undefined;
    const after = marks[low + 1];
    const even = mark.captureMs + (mediaMs - mark.mediaMs);
    if (after === undefined || mediaMs < mark.mediaMs) return even;
    const share = (mediaMs - mark.mediaMs) / (after.mediaMs - mark.mediaMs);
    return mark.captureMs + share * (after.captureMs - mark.captureMs);
  }

  /** Capture to now, for what stands at this moment of the media line. */
  latencyMs(mediaMs: number, nowMs: Millis): number | undefined {
    const captureMs = this.captureAt(mediaMs);
    return this.lagMs(captureMs as WallMillis | undefined, nowMs);
  }

  /** Capture to arrival of a packet. */
  lagMs(captureMs: WallMillis | undefined, nowMs: Millis): number | undefined {
    return this.offsetMs === undefined || captureMs === undefined ? undefined : nowMs + this.offsetMs - captureMs;
  }
}
