import { deadlineMs, type EngineContext } from './engine-context.ts';
import type { Repair } from './repair.ts';
import type { Rescue } from './rescue.ts';
import type { Verification } from './verification.ts';
import type { WantedPackets } from './wanted.ts';

/** No two looks closer than this: what became due in between is batched. */
const LOOK_MS_MIN = 20;
/** While the first packet is awaited. */
const FIRST_PACKET_LOOK_MS = 200;
/** A packet this long past its deadline is of no use to anybody who plays at it; a player that waits says so by `playback`. */
const LATE_MS = 10_000;

/** Looks over the missing packets: for each, is it time to ask a neighbour, is it time to ask the server? */
export class Recovery {
  private readonly context: EngineContext;
  private readonly wanted: WantedPackets;
  private readonly verification: Verification;
  private readonly repair: Repair;
  private readonly rescue: Rescue;
  private lastArrivalMs: number;

  constructor(
    context: EngineContext,
    wanted: WantedPackets,
    verification: Verification,
    repair: Repair,
    rescue: Rescue,
  ) {
    this.context = context;
    this.wanted = wanted;
    this.verification = verification;
    this.repair = repair;
    this.rescue = rescue;
    this.lastArrivalMs = context.nowMs;
  }

  arrived(): void {
    this.lastArrivalMs = this.context.nowMs;
  }

  onWantedTimer(): void {
    const { context } = this;
    if (context.epoch === undefined || context.role === 'seeder') return;
    this.forgetLate();
    let nextMs = this.rescue.considerProbe(this.lastArrivalMs);
    for (const wanted of this.wanted.values()) {
      const rescueMs = this.rescue.consider(wanted);
      nextMs = Math.min(nextMs, rescueMs);
      if (this.verification.isPending(wanted.sequence)) continue;
      nextMs = Math.min(nextMs, this.repair.consider(wanted));
    }
    this.rescue.flush();
    // Whether anything follows the first packet can be judged only when that is here, and nobody but us may look then.
    if (context.ring.newest < 0) nextMs = Math.min(nextMs, context.nowMs + FIRST_PACKET_LOOK_MS);
    if (nextMs < Number.POSITIVE_INFINITY) {
      context.timers.setSooner('wanted', Math.max(nextMs, context.nowMs + LOOK_MS_MIN));
    }
  }

  private forgetLate(): void {
    const { context } = this;
    // Before the first packet no capture time is known: nothing can be late yet.
    if (context.ring.newest < 0) return;
    for (const { sequence } of this.wanted.values()) {
      const isPast = sequence < context.playSequence;
      if (!isPast && deadlineMs(context, sequence) + LATE_MS > context.nowMs) return;
      this.wanted.forgetBefore(sequence + 1);
    }
  }
}
