import type { Sequence } from '../basics/units.ts';
import type { Packet } from '../packets/packet.ts';

/** The newest verified packets, by sequence; each newer one takes the place of the one a whole ring older. */
export class PacketRing {
  readonly capacity: number;
  private readonly slots: (Packet | undefined)[];
  private newestHeld = -1;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.slots = new Array<Packet | undefined>(capacity).fill(undefined);
  }

  /** Highest sequence held; -1 before the first. */
  get newest(): number {
    return this.newestHeld;
  }

  /** Lowest sequence that could still be held. */
  get oldest(): number {
    return Math.max(0, this.newestHeld - this.capacity + 1);
  }

  /** False for a packet older than the whole ring. */
  put(packet: Packet): boolean {
    const sequence = packet.header.sequence;
    if (sequence < this.oldest) return false;
    this.slots[sequence % this.capacity] = packet;
    if (sequence > this.newestHeld) this.newestHeld = sequence;
    return true;
  }

  get(sequence: number): Packet | undefined {
    if (sequence < this.oldest) return undefined;
    const packet = this.slots[sequence % this.capacity];
    return packet !== undefined && packet.header.sequence === sequence ? packet : undefined;
  }

  has(sequence: number): boolean {
    return this.get(sequence) !== undefined;
  }

  /** Up to `count` held packets of one residue class (a sub-stream), from `from` on, in order. */
  from(from: Sequence, step: number, count: number): Packet[] {
    const packets: Packet[] = [];
    const behind = Math.max(0, this.oldest - from);
    for (let at = from + Math.ceil(behind / step) * step; at <= this.newestHeld && packets.length < count; at += step) {
      const packet = this.get(at);
      if (packet !== undefined) packets.push(packet);
    }
    return packets;
  }

  clear(): void {
    this.slots.fill(undefined);
    this.newestHeld = -1;
  }
}
