const FIRST_DELAY_MS = 500;
/** A source that was restarted is back within seconds, and its viewers wait. */
const EARLY_DELAY_MS_MAX = 5000;
/** So much waiting is early. */
const EARLY_MS = 60_000;
const DELAY_MS_MAX = 15_000;

/**
 * How long to wait before the next attempt: doubling from 0.5 s to 5 s, after a minute 15 s, each half by chance, so that
 * many channels of one source that went down do not come back in one step.
 */
export class BackOff {
  private readonly random: () => number;
  private failures = 0;
  private waitedMs = 0;

  /** `random`: gives numbers in [0, 1). */
  constructor(random: () => number) {
    this.random = random;
  }

  nextDelayMs(): number {
    const mostMs = this.waitedMs < EARLY_MS ? EARLY_DELAY_MS_MAX : DELAY_MS_MAX;
    const fullMs = Math.min(FIRST_DELAY_MS * 2 ** this.failures, mostMs);
    this.failures = Math.min(this.failures + 1, 16);
    this.waitedMs = Math.min(this.waitedMs + fullMs, EARLY_MS);
    return Math.round(fullMs / 2 + (fullMs / 2) * this.random());
  }

  /** It worked. */
  reset(): void {
    this.failures = 0;
    this.waitedMs = 0;
  }
}
