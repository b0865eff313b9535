import type { Random } from '../basics/random.ts';
import type { LinkChannel } from '../swarm/engine-types.ts';
import type { SimulatedPeer } from './simulated-peer.ts';

/** What the network between two peers does beside its usual delays, for a while. */
export type Spell = {
  /** Until when nothing that one sends to the other leaves; 0: it goes through. What waited comes then: channels are reliable. */
  heldUntilMs?(from: SimulatedPeer, to: SimulatedPeer): number;
  /** More delay than usual. On the data channel it may put messages out of order. */
  extraMs?(channel: LinkChannel, random: Random): number;
  /** Of messages on the data channel, the share that comes twice. */
  readonly doubledShare?: number;
};

/** Everything that is wrong with the network just now. */
export class Weather {
  private readonly random: Random;
  private readonly spells = new Set<Spell>();

  constructor(random: Random) {
    this.random = random;
  }

  begin(spell: Spell): void {
    this.spells.add(spell);
  }

  end(spell: Spell): void {
    this.spells.delete(spell);
  }

  heldUntilMs(from: SimulatedPeer, to: SimulatedPeer): number {
    // Every message asks, and most of the time nothing is wrong.
    if (this.spells.size === 0) return 0;
    let untilMs = 0;
    for (const spell of this.spells) untilMs = Math.max(untilMs, spell.heldUntilMs?.(from, to) ?? 0);
    return untilMs;
  }

  extraMs(channel: LinkChannel): number {
    if (this.spells.size === 0) return 0;
    let extraMs = 0;
    for (const spell of this.spells) extraMs += spell.extraMs?.(channel, this.random) ?? 0;
    return extraMs;
  }

  isDoubled(channel: LinkChannel): boolean {
    if (channel === 'control' || this.spells.size === 0) return false;
    for (const { doubledShare = 0 } of this.spells) {
      if (doubledShare > 0 && this.random.fraction() < doubledShare) return true;
    }
    return false;
  }
}
