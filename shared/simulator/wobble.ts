import type { Random } from '../basics/random.ts';
import type { EventQueue } from './event-queue.ts';
import type { SimulatedPeer } from './simulated-peer.ts';

/** A bad spell: what the uplink still carries, and how long it lasts on average. */
const BAD_SHARE = 0.4;
const BAD_MS = 10_000;

/** Uplinks that do not keep their promise: at any moment a share of them carries less than half, and nobody is told. */
export class Wobble {
  private readonly queue: EventQueue;
  private readonly share: number;
  private readonly peers = new Set<SimulatedPeer>();
  private isOver = false;

  constructor(queue: EventQueue, share: number) {
    this.queue = queue;
    this.share = share;
  }

  start(peer: SimulatedPeer, random: Random): void {
    if (this.share <= 0 || this.isOver) return;
    this.peers.add(peer);
    const isBad = random.fraction() < this.share;
    this.spell(peer, random.fork(), isBad);
  }

  /** Every line keeps its promise from now on. */
  end(): void {
    this.isOver = true;
    for (const peer of this.peers) peer.uplink.setShare(1);
  }

  private spell(peer: SimulatedPeer, random: Random, isBad: boolean): void {
    if (this.isOver) return;
    if (!peer.isAlive) {
      this.peers.delete(peer);
      return;
    }
    peer.uplink.setShare(isBad ? BAD_SHARE : 1);
    const meanMs = isBad ? BAD_MS : (BAD_MS * (1 - this.share)) / this.share;
    this.queue.after(-meanMs * Math.log(1 - random.fraction()), () => this.spell(peer, random, !isBad));
  }
}
