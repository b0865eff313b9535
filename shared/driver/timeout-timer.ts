import type { WakeupTimer } from './ports.ts';

/** `setTimeout` takes no longer delay: it would fire at once. Waking up too early does no harm. */
const DELAY_MS_MAX = 2 ** 31 - 1;

/** A wakeup by `setTimeout`: exact in Node and in a visible page; in a hidden tab throttled to once a second or minute. */
export class TimeoutTimer implements WakeupTimer {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isClosed = false;

  schedule(delayMs: number, wakeup: () => void): void {
    this.cancel();
    if (!this.isClosed) this.timer = setTimeout(wakeup, Math.min(Math.max(0, delayMs), DELAY_MS_MAX));
  }

  cancel(): void {
    clearTimeout(this.timer);
  }

  close(): void {
    this.isClosed = true;
    this.cancel();
  }
}
