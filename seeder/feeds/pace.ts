import { type Clock, sleep } from '../clock.ts';

/** Tags whose time comes within so much go out together, not much less than a packet: to wake for each costs more than to handle it. */
export const PACE_EARLY_MS_MAX = 45;
/** So far behind its time, nobody hurries after: the machine slept, or the process was stopped. */
const LATE_MS_MAX = 1000;

/** Real time for a line of media time. Each wait is for a moment, not a while: nothing adds up. */
export class Pace {
  private readonly clock: Clock;
  private originMs: number | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Returns when this moment of the line has come, or nearly. The first that is asked for is now. */
  async waitFor(lineMs: number, signal: AbortSignal): Promise<void> {
    const nowMs = this.clock.monotonicMs();
    this.originMs ??= nowMs - lineMs;
    const aheadMs = this.originMs + lineMs - nowMs;
    if (aheadMs < -LATE_MS_MAX) this.originMs -= aheadMs;
    if (aheadMs > PACE_EARLY_MS_MAX) await sleep(this.clock, aheadMs, signal);
    else signal.throwIfAborted();
  }
}
