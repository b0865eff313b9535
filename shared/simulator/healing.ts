import type { Scenario } from './scenarios.ts';

/** Bytes that left server and seeder so far, and bytes that viewers got. */
export type Totals = { readonly served: number; readonly delivered: number };

/** The offload before the first fault struck, and when it should be back after the last one healed. */
export type Recovery = { readonly before: number; readonly after: number };

/** So long after the last fault everybody plays; so long after it the swarm carries what it carried before. */
const PLAYS_AFTER_MS = 10_000;
const CARRIES_AFTER_MS = 30_000;
/** Uplinks that were full before they had shown anything rest for 30 s (docs/ALGORITHM.md 7), and come back one link after the other. */
const CARRIES_AFTER_REST_MS = 40_000;
const CARRIES_SHARE = 0.9;
/** What a swarm carries is looked at over this. */
const WINDOW_MS = 8000;
/** Of swarms that have so much upload, and carried so much before. */
const RHO_MIN = 1.3;
const OFFLOAD_MIN = 0.5;

/** The time after the last fault, in which not only nothing bad may happen, but something good must. */
export class Healing {
  /** What was compared; undefined: not yet, or nothing to go by. */
  recovery: Recovery | undefined;
  private readonly scenario: Scenario;
  private strikesMs = Number.POSITIVE_INFINITY;
  private healedMs = Number.POSITIVE_INFINITY;
  private dueMs = Number.POSITIVE_INFINITY;
  private readonly seconds: (Totals & { readonly atMs: number })[] = [];

  constructor(scenario: Scenario) {
    this.scenario = scenario;
  }

  /** `mayRest`: a fault fills uplinks. The run ends at `endMs`. */
  plan(strikesMs: number, healedMs: number, mayRest: boolean, endMs: number): void {
    this.strikesMs = strikesMs;
    this.healedMs = healedMs;
    const soonestMs = healedMs + CARRIES_AFTER_MS;
    this.dueMs = mayRest ? Math.max(soonestMs, Math.min(healedMs + CARRIES_AFTER_REST_MS, endMs - 1000)) : soonestMs;
  }

  /** Everybody who came so long ago must have everything in time. */
  mustPlay(sinceMs: number, nowMs: number): boolean {
    return nowMs >= this.healedMs + PLAYS_AFTER_MS && nowMs - sinceMs >= PLAYS_AFTER_MS;
  }

  /** Once a second. Returns what is wrong, if anything is. */
  second(nowMs: number, totals: Totals): string | undefined {
    if (!Number.isFinite(this.healedMs)) return undefined;
    this.seconds.push({ atMs: nowMs, ...totals });
    if (this.seconds.length > SECONDS_MAX) this.seconds.shift();
    const { dueMs } = this;
    if (nowMs < dueMs || nowMs >= dueMs + 1000 || this.scenario.rho < RHO_MIN) return undefined;
    const before = this.offload(this.strikesMs);
    const after = this.offload(nowMs);
    if (before === undefined || after === undefined || before < OFFLOAD_MIN) return undefined;
    this.recovery = { before, after };
    if (after >= before * CARRIES_SHARE) return undefined;
    const seconds = Math.round((dueMs - this.healedMs) / 1000);
    return `offload was ${percent(before)} before the fault and is ${percent(after)} ${seconds} s after it`;
  }

  private offload(untilMs: number): number | undefined {
    const last = this.seconds.findLast(({ atMs }) => atMs <= untilMs);
    const first = this.seconds.findLast(({ atMs }) => atMs <= untilMs - WINDOW_MS);
    if (first === undefined || last === undefined || last.delivered <= first.delivered) return undefined;
    return 1 - (last.served - first.served) / (last.delivered - first.delivered);
  }
}

const SECONDS_MAX = 600;

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
