import type { SimulatedPeer } from './simulated-peer.ts';

type Entry<Value> = { readonly peer: SimulatedPeer; readonly value: Value };

/** What somebody notes of each peer. By number and not by hash: it is asked with every message of every peer. */
export class PeerTable<Value> {
  private readonly entries: (Entry<Value> | undefined)[] = [];

  get(peer: SimulatedPeer): Value | undefined {
    const entry = this.entries[placeOf(peer)];
    // A seeder that comes back has the number of the one before.
    return entry?.peer === peer ? entry.value : undefined;
  }

  set(peer: SimulatedPeer, value: Value): void {
    const place = placeOf(peer);
    while (this.entries.length <= place) this.entries.push(undefined);
    this.entries[place] = { peer, value };
  }

  delete(peer: SimulatedPeer): void {
    const place = placeOf(peer);
    if (this.entries[place]?.peer === peer) this.entries[place] = undefined;
  }
}

function placeOf(peer: SimulatedPeer): number {
  return peer.role === 'seeder' ? 0 : peer.plan.number + 1;
}
