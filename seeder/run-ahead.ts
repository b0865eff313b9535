import type { Clock } from './clock.ts';

/** Media time a source may give at once: a cached group of pictures, the start of a file. */
const AHEAD_MS_MAX = 30_000;
/** Beyond real time by so much is no clock that is a little fast. */
const FASTEST_SPEED = 1.05;

/**
 * Slows a source down that gives its media faster than real time: a finished file on standard input or on a web server would
 * otherwise be over in a second. A live source never feels it, however fast its clock: what it is ahead leaks away.
 */
export class RunAhead {
  private readonly clock: Clock;
  private aheadMs = 0;
  private lastLineMs: number | undefined;
  private lastNowMs = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** How much of what came has not had its time yet. */
  get leadMs(): number {
    return Math.max(0, this.aheadMs - (this.clock.monotonicMs() - this.lastNowMs));
  }

  /** How long to wait before the next tag, when media time has come to `lineMs`. */
  delayMs(lineMs: number): number {
    const nowMs = this.clock.monotonicMs();
    if (this.lastLineMs !== undefined) {
      const gainedMs = Math.max(0, lineMs - this.lastLineMs) / FASTEST_SPEED;
      this.aheadMs = Math.max(0, this.aheadMs + gainedMs - (nowMs - this.lastNowMs));
    }
    this.lastLineMs = lineMs;
    this.lastNowMs = nowMs;
    return Math.max(0, this.aheadMs - AHEAD_MS_MAX);
  }
}
