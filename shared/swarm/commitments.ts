import type { Commitment } from '../wire/tracker-messages.ts';
import type { EngineContext } from './engine-context.ts';
import type { Uplink } from './uplink.ts';

/** Without a word from the tracker for so long a peer chooses for itself. */
const WAIT_MS = 3000;

/** In which sub-streams this peer means to fan out: the tracker knows where supply is least (SWARM.md 3.6.7). */
export class Commitments {
  private readonly context: EngineContext;
  private readonly uplink: Uplink;
  private isDecided = false;

  constructor(context: EngineContext, uplink: Uplink) {
    this.context = context;
    this.uplink = uplink;
  }

  given(commitments: readonly Commitment[]): void {
    if (commitments.length === 0) return;
    this.isDecided = true;
    for (const substream of this.context.substreams) substream.commitment = 0;
    for (const { substream, fan } of commitments) {
      const committed = this.context.substreams[substream];
      if (committed !== undefined) committed.commitment = Math.max(0, Math.min(254, Math.floor(fan)));
    }
  }

  /** The tracker is away or does not care: as many sub-streams as the slots allow, chosen by chance. */
  consider(): void {
    const { context, uplink } = this;
    const { config, clock, random, nowMs, startedMs } = context;
    if (this.isDecided || context.role === 'seeder' || context.epoch === undefined) return;
    if (nowMs - startedMs < WAIT_MS || !clock.isMeasured || uplink.slots === 0) return;
    this.isDecided = true;
    const count = Math.max(1, Math.min(config.substreams, Math.round(uplink.slots / config.fan)));
    const order = context.substreams.map((substream) => ({ substream, chance: random.fraction() }));
    order.sort((one, other) => one.chance - other.chance || one.substream.index - other.substream.index);
    let slots = uplink.slots;
    for (const [at, { substream }] of order.slice(0, count).entries()) {
      substream.commitment = Math.min(254, Math.ceil(slots / (count - at)));
      slots -= substream.commitment;
    }
  }
}
