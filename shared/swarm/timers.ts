import type { Millis } from '../basics/units.ts';

/** Every wait of the engine, by what it waits for. */
export const TIMER_NAMES = [
  /** The next have-map is due. */
  'have',
  /** A missing packet is due for repair or rescue, or a request for one has timed out. */
  'wanted',
  /** A parent's next packet would be overdue. */
  'overdue',
  /** A SUBSCRIBE has gone unanswered. */
  'asks',
  /** A sub-stream without a parent looks for one again. */
  'search',
  /** A better parent may be found. */
  'upgrade',
  /** An evicted child's second of grace is over. */
  'grace',
  /** The pacer may send again. */
  'pacer',
  /** The uplink is measured and slots are counted. */
  'uplink',
  /** Too much waits to be sent: is it still so? */
  'shed',
  /** The server stream may be narrowed or opened again. */
  'server-stream',
  /** Links are looked over: silence, pings, stale attempts. */
  'links',
  /** The tracker may be asked again. */
  'ask-tracker',
  /** The tracker is told. */
  'report',
] as const;

export type TimerName = (typeof TIMER_NAMES)[number];

const NEVER = Number.POSITIVE_INFINITY;

/** Named timers. One that fires too early does no harm: whoever it wakes looks at the time again. */
export class Timers {
  private readonly times: Record<TimerName, number>;

  constructor() {
    this.times = Object.fromEntries(TIMER_NAMES.map((name) => [name, NEVER])) as Record<TimerName, number>;
  }

  /** Replaces the time set before. */
  set(name: TimerName, atMs: number): void {
    this.times[name] = Math.ceil(atMs);
  }

  /** Keeps the sooner of this time and the one set before. */
  setSooner(name: TimerName, atMs: number): void {
    if (atMs < this.times[name]) this.times[name] = Math.ceil(atMs);
  }

  clear(name: TimerName): void {
    this.times[name] = NEVER;
  }

  clearAll(): void {
    for (const name of TIMER_NAMES) this.times[name] = NEVER;
  }

  isSet(name: TimerName): boolean {
    return this.times[name] !== NEVER;
  }

  earliest(): Millis | undefined {
    let earliest = NEVER;
    for (const name of TIMER_NAMES) if (this.times[name] < earliest) earliest = this.times[name];
    return earliest === NEVER ? undefined : (earliest as Millis);
  }

  /** Clears the timer and tells whether it was due. */
  takeIfDue(name: TimerName, nowMs: Millis): boolean {
    if (this.times[name] > nowMs) return false;
    this.times[name] = NEVER;
    return true;
  }
}
