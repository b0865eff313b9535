import type { Millis } from '../basics/units.ts';

/** A sample this old counts as new again: quartz clocks drift apart by up to 0.1 ms a second. */
const SAMPLE_AGE_MAX_MS = 300_000;

/**
 * What to add to our clock to get the server's: from the sample with the shortest round trip, which bounds its error to
 * half of that trip. First requests also pay for the connection, so later ones correct them.
 */
export class ClockEstimate {
  private best: { readonly roundTripMs: number; readonly offsetMs: number; readonly atMs: number } | undefined;

  /** The server said `serverTimeMs` somewhere between the two moments of our clock. */
  sample(sentAtMs: Millis, receivedAtMs: Millis, serverTimeMs: number): void {
    const roundTripMs = receivedAtMs - sentAtMs;
    const isOld = this.best !== undefined && receivedAtMs - this.best.atMs > SAMPLE_AGE_MAX_MS;
    if (this.best !== undefined && !isOld && roundTripMs > this.best.roundTripMs) return;
    this.best = {
      roundTripMs,
      offsetMs: Math.round(serverTimeMs + roundTripMs / 2 - receivedAtMs),
      atMs: receivedAtMs,
    };
  }

  /** Undefined before the first sample. */
  get offsetMs(): number | undefined {
    return this.best?.offsetMs;
  }
}
