import type { Millis } from '../basics/units.ts';

/** Holds up to `burst` tokens and gains `perSecond`; may be drawn below zero by whoever checks first and takes after. */
export class TokenBucket {
  private level: number;
  private refilledMs: Millis;

  constructor(burst: number, nowMs: Millis) {
    this.level = burst;
    this.refilledMs = nowMs;
  }

  /** Tokens there are now; negative: overdrawn. */
  refill(perSecond: number, burst: number, nowMs: Millis): number {
    const elapsedMs = Math.max(0, nowMs - this.refilledMs);
    this.refilledMs = nowMs;
    this.level = Math.min(burst, this.level + (elapsedMs * perSecond) / 1000);
    return this.level;
  }

  take(tokens: number): void {
    this.level -= tokens;
  }
}
