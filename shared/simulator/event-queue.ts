/**
 * What happens next. Time is whole milliseconds, and all that is due in one of them stands in a list of its own, in the order in
 * which it was queued: no comparison, no tie.
 */
export class EventQueue {
  nowMs = 0;
  private readonly due = new Map<number, (() => void)[]>();
  private handled = 0;

  /** Events handled so far. */
  get count(): number {
    return this.handled;
  }

  at(atMs: number, run: () => void): void {
    const whole = Math.max(this.nowMs, Math.round(atMs));
    const list = this.due.get(whole);
    if (list === undefined) this.due.set(whole, [run]);
    else list.push(run);
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.nowMs + delayMs, run);
  }

  runUntil(untilMs: number): void {
    for (; this.nowMs <= untilMs; this.nowMs++) {
      const list = this.due.get(this.nowMs);
      if (list === undefined) continue;
      // What is queued for this very millisecond while it runs is appended, and runs too.
      for (let at = 0; at < list.length; at++) (list[at] as () => void)();
      this.handled += list.length;
      this.due.delete(this.nowMs);
    }
    this.nowMs = untilMs;
  }
}
