import type { Millis } from '../../shared/basics/units.ts';

/** Shorter stops are a seek or a frame that came late, not a stall that a viewer would report. */
const STALL_MS_MIN = 80;

/** Counts the times playback stopped against the viewer's will, and for how long. */
export class StallMeter {
  private stoppedSinceMs: number | undefined;
  private isCounted = false;
  private count = 0;
  private finishedMs = 0;

  /** Tells whether playback wants to move and does not. Returns true once for each new stall. */
  observe(isStopped: boolean, nowMs: Millis): boolean {
    if (!isStopped) {
      if (this.isCounted && this.stoppedSinceMs !== undefined) this.finishedMs += nowMs - this.stoppedSinceMs;
      this.stoppedSinceMs = undefined;
      this.isCounted = false;
      return false;
    }
    this.stoppedSinceMs ??= nowMs;
    if (this.isCounted || nowMs - this.stoppedSinceMs < STALL_MS_MIN) return false;
    this.isCounted = true;
    this.count++;
    return true;
  }

  get isStalled(): boolean {
    return this.isCounted;
  }

  /** How long the stop at hand has lasted. */
  stoppedForMs(nowMs: Millis): number {
    return this.stoppedSinceMs === undefined ? 0 : nowMs - this.stoppedSinceMs;
  }

  totals(nowMs: Millis): { readonly stalls: number; readonly stallMs: number } {
    const openMs = this.isCounted ? this.stoppedForMs(nowMs) : 0;
    return { stalls: this.count, stallMs: Math.round(this.finishedMs + openMs) };
  }
}
