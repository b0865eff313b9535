import type { Millis } from '../../shared/basics/units.ts';

/** A server that was restarted has its feeds again within this. */
const OVER_AFTER_MS = 10_000;

/**
 * When a broadcast is over whose last packet did not say so. A server that has just been started knows of no broadcast yet,
 * so "nothing is live" ends nothing by itself: it must stay so, with the server there all the time.
 */
export class OverRule {
  private nothingSinceMs: Millis | undefined;

  /** Told each answer, or that there was none. Returns true when it is over. */
  observe(answer: 'live' | 'nothing' | 'none', nowMs: Millis): boolean {
    if (answer !== 'nothing') {
      this.nothingSinceMs = undefined;
      return false;
    }
    this.nothingSinceMs ??= nowMs;
    return nowMs - this.nothingSinceMs >= OVER_AFTER_MS;
  }
}
