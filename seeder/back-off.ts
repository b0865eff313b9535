const FIRST_DELAY_MS = 500;
const DELAY_MS_MAX = 15_000;

/**
 * How long to wait before the next attempt: doubling from 0.5 s to 15 s, each half by chance, so that many channels of one
 * source that went down do not come back in one step.
 */
export class BackOff {
  private readonly random: () => number;
  private failures = 0;

  /** `random`: gives numbers in [0, 1). */
  constructor(random: () => number) {
    this.random = random;
  }

  nextDelayMs(): number {
    const fullMs = Math.min(FIRST_DELAY_MS * 2 ** this.failures, DELAY_MS_MAX);
    this.failures = Math.min(this.failures + 1, 16);
    return Math.round(fullMs / 2 + (fullMs / 2) * this.random());
  }

  /** It worked. */
  reset(): void {
    this.failures = 0;
  }
}
