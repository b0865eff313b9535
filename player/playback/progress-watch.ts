import type { Millis } from '../../shared/basics/units.ts';

/** `ask`: the server may know more. `lost`: what comes does not help, begin again at the newest door. */
export type Help = 'none' | 'ask' | 'lost';

const STARVING_AFTER_MS = 3_000;
const LOST_AFTER_MS = 8_000;

/** Sees whether the picture moves as it should, and when it has stood for so long that somebody must be asked. */
export class ProgressWatch {
  private lastTime = 0;
  private lastProgressMs = 0 as Millis;
  private lastHelpMs = 0;

  /** Time counts anew from here. */
  restart(nowMs: Millis): void {
    this.lastProgressMs = nowMs;
  }

  /**
   * Returns true while the picture should move and does not. `isExcused`: it rests, and nothing is missing; before it moves
   * for the first time it neither should move nor is it excused.
   */
  observe(currentTime: number, { shouldMove, isExcused }: { shouldMove: boolean; isExcused: boolean }, nowMs: Millis) {
    const hasMoved = currentTime !== this.lastTime;
    this.lastTime = currentTime;
    if (hasMoved || isExcused) this.lastProgressMs = nowMs;
    return shouldMove && !hasMoved && nowMs > this.lastProgressMs;
  }

  /** Without moving, and without an excuse. */
  stoodForMs(nowMs: Millis): number {
    return nowMs - this.lastProgressMs;
  }

  /** What is due now; each answer but `none` is given once in a while only. */
  help(nowMs: Millis): Help {
    const dryForMs = nowMs - this.lastProgressMs;
    if (dryForMs < STARVING_AFTER_MS || nowMs - this.lastHelpMs < STARVING_AFTER_MS) return 'none';
    this.lastHelpMs = nowMs;
    if (dryForMs < LOST_AFTER_MS) return 'ask';
    this.lastProgressMs = nowMs;
    return 'lost';
  }
}
