import type { Millis } from '../../shared/basics/units.ts';

export type LatencyState = {
  /** Capture to screen, now. */
  readonly latencyMs: number;
  /** Media that is there behind the play head. */
  readonly bufferMs: number;
};

export type LatencyDecision = {
  readonly rate: number;
  /** Go forward by this much of media time; 0: stay. */
  readonly jumpMs: number;
};

export const DEFAULT_TARGET_LATENCY_MS = 2_000;
/** Nobody hears or sees these; a change of pitch is taken out by the browser. */
const RATE_MIN = 0.95;
const RATE_MAX = 1.08;
/** Within this of the target the rate is 1, and once it is 1 it stays so for a little more. */
const NEAR_MS = 40;
const STAY_NEAR_MS = 120;
/** Full correction from this error on. */
const FULL_CORRECTION_MS = 500;
/** With less than this in hand nothing is sped up. */
const BUFFER_MS_MIN = 300;
/** A jump lands a little late rather than early. */
const JUMP_AT_TARGETS = 3;
/** Just after the start a jump disturbs nobody. */
const START_PHASE_MS = 4_000;
const START_JUMP_ERROR_MS = 700;
const JUMPS_APART_MS = 2_000;
/** How the target moves: wider at once, back by this much a second after a quiet time. */
const WIDEN_PER_STALL_MS = 400;
/** A rescued packet comes some 300 ms before its time, as it should; one that comes later than this nearly was a stall. */
const LATE_PACKET_MARGIN_MS = 150;
const WIDEN_PER_LATE_PACKET_MS = 50;
const NARROW_PER_SECOND_MS = 15;
const QUIET_MS = 30_000;
const TARGET_WIDEST_TIMES = 2.5;

/**
 * Holds the distance behind live. The target is what was asked for, wider where the line shows that it must be: after a
 * stall, and where packets come so late that they would miss it.
 */
export class LatencyController {
  private readonly baseTargetMs: number;
  private target: number;
  private rate = 1;
  private startedMs: number | undefined;
  private lastJumpMs = Number.NEGATIVE_INFINITY;
  private lastTroubleMs = Number.NEGATIVE_INFINITY;
  private lastUpdateMs: number | undefined;

  constructor(targetLatencyMs: number = DEFAULT_TARGET_LATENCY_MS) {
    this.baseTargetMs = targetLatencyMs;
    this.target = targetLatencyMs;
  }

  get targetMs(): number {
    return Math.round(this.target);
  }

  /** Pictures began to move. */
  start(nowMs: Millis): void {
    this.startedMs = nowMs;
  }

  noteStall(nowMs: Millis): void {
    this.widen(this.target + WIDEN_PER_STALL_MS, nowMs);
  }

  /**
   * A packet came this long after its capture. `dueMs`: when it was due; who plays later than the target gets packets later
   * too, for the swarm takes the time that there is, and that is no reason to stay behind.
   */
  noteArrival(lagMs: number, dueMs: number, nowMs: Millis): void {
    const neededMs = lagMs + LATE_PACKET_MARGIN_MS;
    if (neededMs > Math.max(this.target, dueMs))
      this.widen(Math.min(neededMs, this.target + WIDEN_PER_LATE_PACKET_MS), nowMs);
  }

  update(state: LatencyState, nowMs: Millis): LatencyDecision {
    this.narrow(nowMs);
    const errorMs = state.latencyMs - this.target;
    const jumpMs = this.jump(errorMs, state, nowMs);
    this.rate = jumpMs > 0 ? 1 : this.rateFor(errorMs, state.bufferMs);
    return { rate: this.rate, jumpMs };
  }

  private rateFor(errorMs: number, bufferMs: number): number {
    const nearMs = this.rate === 1 ? STAY_NEAR_MS : NEAR_MS;
    if (Math.abs(errorMs) <= nearMs) return 1;
    if (errorMs < 0) return roundRate(Math.max(RATE_MIN, 1 + (errorMs / FULL_CORRECTION_MS) * (1 - RATE_MIN)));
    if (bufferMs < BUFFER_MS_MIN) return 1;
    return roundRate(Math.min(RATE_MAX, 1 + (errorMs / FULL_CORRECTION_MS) * (RATE_MAX - 1)));
  }

  private jump(errorMs: number, state: LatencyState, nowMs: Millis): number {
    const isStarting = this.startedMs !== undefined && nowMs - this.startedMs < START_PHASE_MS;
    const limitMs = isStarting ? START_JUMP_ERROR_MS : (JUMP_AT_TARGETS - 1) * this.target;
    if (errorMs <= limitMs || nowMs - this.lastJumpMs < JUMPS_APART_MS) return 0;
    // Only as far as there is something to play.
    const reachMs = Math.min(errorMs, state.bufferMs - BUFFER_MS_MIN);
    if (reachMs < Math.min(500, limitMs)) return 0;
    this.lastJumpMs = nowMs;
    return reachMs;
  }

  private widen(targetMs: number, nowMs: Millis): void {
    this.target = Math.min(Math.max(this.target, targetMs), this.baseTargetMs * TARGET_WIDEST_TIMES);
    this.lastTroubleMs = nowMs;
  }

  private narrow(nowMs: Millis): void {
    const elapsedMs = nowMs - (this.lastUpdateMs ?? nowMs);
    this.lastUpdateMs = nowMs;
    if (nowMs - this.lastTroubleMs < QUIET_MS) return;
    this.target = Math.max(this.baseTargetMs, this.target - (elapsedMs / 1000) * NARROW_PER_SECOND_MS);
  }
}

function roundRate(rate: number): number {
  return Math.round(rate * 100) / 100;
}
