/** Seconds of the media element's own line. */
export type TimeRange = { readonly start: number; readonly end: number };

/** Nearer than this to the end of what is buffered, nothing more can be shown. */
const DRY_SECONDS = 0.12;
/** A browser bridges holes of about this length by itself. */
const BRIDGED_SECONDS = 0.05;
/** A start inside of a range, whatever the browser rounds. */
export const PLACE_INSIDE_SECONDS = 0.002;
/** The picture stands although there is something to play. */
const STUCK_AFTER_MS = 1_500;
/** So much and more is no island to be left behind, but something that the next nudge may bring to life. */
const ISLAND_SECONDS_MAX = 1;
const NUDGE_SECONDS = 0.05;
const NUDGED_SECONDS_MIN = 0.3;

/** Media that can be played without a break from here, in seconds; a tiny hole ahead counts as bridged. */
export function bufferedAhead(ranges: readonly TimeRange[], at: number): number {
  let end = at;
  for (const range of ranges) {
    if (range.end <= end) continue;
    if (range.start > end + BRIDGED_SECONDS) break;
    end = range.end;
  }
  return end - at;
}

/**
 * Where to put a play head that does not get on by itself; undefined while waiting is right. Before a hole it goes to the
 * range behind it: at once where nothing is left to show, later where the browser makes nothing of what is left. Where no
 * range follows, a nudge helps some decoders.
 */
export function wayOn(ranges: readonly TimeRange[], at: number, stoodForMs: number): number | undefined {
  const ahead = bufferedAhead(ranges, at);
  const isStuck = stoodForMs > STUCK_AFTER_MS;
  if (ahead > DRY_SECONDS && !isStuck) return undefined;
  const next = ranges.find(({ start, end }) => start > at + ahead && end - start > BRIDGED_SECONDS);
  if (next !== undefined && ahead < ISLAND_SECONDS_MAX) return next.start + PLACE_INSIDE_SECONDS;
  return isStuck && ahead > NUDGED_SECONDS_MIN ? at + NUDGE_SECONDS : undefined;
}

/** The hole is played up to, or what is before it does not play; the packets behind it wait: true when waiting helps nobody. */
export function maySkipHole(bufferMs: number, dryForMs: number): boolean {
  if (bufferMs >= ISLAND_SECONDS_MAX * 1000) return false;
  return dryForMs >= (bufferMs < DRY_SECONDS * 1000 ? HOLE_PATIENCE_MS : STUCK_AFTER_MS);
}

/** A rescued packet is this close behind when it is late at all. */
const HOLE_PATIENCE_MS = 250;
