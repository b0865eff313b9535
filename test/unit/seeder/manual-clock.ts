import type { Clock } from '../../../seeder/clock.ts';

type Timer = { readonly dueMs: number; readonly order: number; readonly callback: () => void };

/** Time that stands still until it is told to go on. */
export class ManualClock implements Clock {
  private nowMs = 0;
  private timers: Timer[] = [];
  private made = 0;
  private readonly wallStartMs = 1_700_000_000_000;

  wallMs(): number {
    return this.wallStartMs + this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.nowMs + Math.max(0, delayMs), order: this.made++, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((each) => each !== timer);
    };
  }

  get pending(): number {
    return this.timers.length;
  }

  /** Lets time pass, each timer at its moment, and lets everything that then can run do so. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.nowMs + durationMs;
    await settle();
    for (;;) {
      const next = this.timers.toSorted((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
      if (next === undefined || next.dueMs > endMs) break;
      this.timers = this.timers.filter((each) => each !== next);
      this.nowMs = Math.max(this.nowMs, next.dueMs);
      next.callback();
      await settle();
    }
    this.nowMs = endMs;
  }
}

/** Time that jumps to whatever is waited for next: for one waiter whose other work is real. */
export class HurryingClock implements Clock {
  nowMs = 0;

  wallMs(): number {
    return this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = setImmediate(() => {
      this.nowMs += delayMs;
      callback();
    });
    return () => clearImmediate(timer);
  }
}

export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
