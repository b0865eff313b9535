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
  /** The next link is pinged. */
  'ping',
  /** Links are looked over: silence, stale attempts. */
  'links',
  /** The tracker may be asked again. */
  'ask-tracker',
  /** The tracker is told. */
  'report',
] as const;

export type TimerName = (typeof TIMER_NAMES)[number];

const NEVER = Number.POSITIVE_INFINITY;
const PLACES = Object.fromEntries(TIMER_NAMES.map((name, place) => [name, place])) as Record<TimerName, number>;

/** Named timers. One that fires too early does no harm: whoever it wakes looks at the time again. Asked with every input. */
export class Timers {
  private readonly times = new Float64Array(TIMER_NAMES.length).fill(NEVER);
  private earliestMs = NEVER;

  /** Replaces the time set before. */
  set(name: TimerName, atMs: number): void {
    this.put(PLACES[name], Math.ceil(atMs));
  }

  /** Keeps the sooner of this time and the one set before. */
  setSooner(name: TimerName, atMs: number): void {
    const place = PLACES[name];
    if (atMs < (this.times[place] as number)) this.put(place, Math.ceil(atMs));
  }

  clear(name: TimerName): void {
    this.put(PLACES[name], NEVER);
  }

  isSet(name: TimerName): boolean {
    return this.times[PLACES[name]] !== NEVER;
  }

  earliest(): Millis | undefined {
    return this.earliestMs === NEVER ? undefined : (this.earliestMs as Millis);
  }

  isAnyDue(nowMs: Millis): boolean {
    return this.earliestMs <= nowMs;
  }

  /** Clears the timer and tells whether it was due. */
  takeIfDue(name: TimerName, nowMs: Millis): boolean {
    const place = PLACES[name];
    if ((this.times[place] as number) > nowMs) return false;
    this.put(place, NEVER);
    return true;
  }

  private put(place: number, atMs: number): void {
    const before = this.times[place] as number;
    this.times[place] = atMs;
    if (atMs <= this.earliestMs) this.earliestMs = atMs;
    else if (before === this.earliestMs) this.earliestMs = least(this.times);
  }
}

function least(times: Float64Array): number {
  let earliest = NEVER;
  for (let place = 0; place < times.length; place++) earliest = Math.min(earliest, times[place] as number);
  return earliest;
}
