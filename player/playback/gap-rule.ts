/** Seconds of the media element's own line. */
export type TimeRange = { readonly start: number; readonly end: number };

/** Nearer than this to the end of what is buffered, nothing more can be shown. */
const DRY_SECONDS = 0.12;
/** A browser bridges holes of about this length by itself. */
const BRIDGED_SECONDS = 0.05;

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

/** Where to go on if playback stands before a hole: the start of the next range; undefined while there is nothing behind it. */
export function jumpOverGap(ranges: readonly TimeRange[], at: number): number | undefined {
  if (bufferedAhead(ranges, at) > DRY_SECONDS) return undefined;
  return ranges.find((range) => range.start > at && range.end - range.start > BRIDGED_SECONDS)?.start;
}

/** The hole is played up to; the packets behind it wait at a door: true when waiting longer helps nobody. */
export function maySkipHole(bufferMs: number, dryForMs: number): boolean {
  return bufferMs < DRY_SECONDS * 1000 && dryForMs >= HOLE_PATIENCE_MS;
}

/** A rescued packet is this close behind when it is late at all. */
const HOLE_PATIENCE_MS = 250;
