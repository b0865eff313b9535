import type { Epoch, MediaMillis, Sequence } from '../basics/units.ts';
import type { Packet } from './packet.ts';

export type PacketLogLimits = {
  /** How far back in media time packets are kept. More is a longer instant replay and more memory. Default 600,000. */
  readonly durationMs: number;
  /** Bytes of packets kept at most, whatever their time. Default 256 MiB: ten minutes at 3.4 Mbit/s. */
  readonly bytes: number;
  /** Packets kept at most: bounds the bookkeeping where packets are tiny. Default 65,536: 54 minutes at 20 a second. */
  readonly packets: number;
};

export const DEFAULT_PACKET_LOG_LIMITS: PacketLogLimits = {
  durationMs: 600_000,
  bytes: 256 * 1024 * 1024,
  packets: 65_536,
};

export type PacketListener = (packet: Packet) => void;

/** Epochs that were left, so that a packet that comes late does not bring one of them back. */
const LEFT_EPOCHS_MAX = 16;

/**
 * The packets of one epoch in memory: what the seeder made, or what a player has received. A seeder appends in order, a
 * player anywhere in the window; holes are allowed. The newest packets are kept, within three bounds; a packet of a new
 * epoch drops everything of the old one. Nothing is copied: every reader shares the bytes of a packet, and none changes
 * them. Looking up by sequence is O(1), by time O(log n).
 */
export class PacketLog {
  private readonly limits: PacketLogLimits;
  private readonly bySequence = new Map<Sequence, Packet>();
  private packets = new SlidingList();
  private doors = new SlidingList();
  private currentEpoch: Epoch | undefined;
  private readonly leftEpochs: Epoch[] = [];
  private totalBytes = 0;
  private readonly listeners = new Set<PacketListener>();

  constructor(limits: Partial<PacketLogLimits> = {}) {
    this.limits = { ...DEFAULT_PACKET_LOG_LIMITS, ...limits };
    for (const [name, value] of Object.entries(this.limits)) {
      if (!(value > 0)) throw new TypeError(`limits.${name}: a number over 0 wanted, ${value} given`);
    }
  }

  /**
   * Keeps a packet and tells the listeners. False, and nothing happens, where it is here already, is older than what is
   * kept, or belongs to an epoch that was left.
   */
  append(packet: Packet): boolean {
    const { epoch, sequence, isDoor } = packet.header;
    if (epoch !== this.currentEpoch && !this.enter(epoch)) return false;
    if (this.bySequence.has(sequence)) return false;
    this.bySequence.set(sequence, packet);
    this.packets.insert(packet);
    if (isDoor) this.doors.insert(packet);
    this.totalBytes += packet.bytes.byteLength;
    this.evict();
    // Out of bounds at once, being the oldest: listeners are not told of what is not kept.
    if (!this.bySequence.has(sequence)) return false;
    for (const listener of [...this.listeners]) listener(packet);
    return true;
  }

  get(epoch: Epoch, sequence: Sequence): Packet | undefined {
    return epoch === this.currentEpoch ? this.bySequence.get(sequence) : undefined;
  }

  /** The epoch of what is kept; undefined before the first packet. */
  get epoch(): Epoch | undefined {
    return this.currentEpoch;
  }

  get firstSequence(): Sequence | undefined {
    return this.packets.at(0)?.header.sequence;
  }

  get newestSequence(): Sequence | undefined {
    return this.newest()?.header.sequence;
  }

  get size(): number {
    return this.packets.length;
  }

  /** Bytes of all packets kept, headers and signatures included. */
  get bytes(): number {
    return this.totalBytes;
  }

  newest(): Packet | undefined {
    return this.packets.at(this.packets.length - 1);
  }

  /** The newest packet that playback can start at. */
  newestDoor(): Packet | undefined {
    return this.doors.at(this.doors.length - 1);
  }

  /** The door to play this moment from: the last one that does not lie after it. */
  doorBefore(timestampMs: MediaMillis): Packet | undefined {
    return this.doors.at(this.doors.countUntilTime(timestampMs) - 1);
  }

  /** The last door whose sequence is not over this one. */
  doorAtOrBefore(sequence: Sequence): Packet | undefined {
    return this.doors.at(this.doors.countBefore(sequence + 1) - 1);
  }

  /** The last packet that does not begin after this moment. */
  packetAt(timestampMs: MediaMillis): Packet | undefined {
    return this.packets.at(this.packets.countUntilTime(timestampMs) - 1);
  }

  /** What is kept from this sequence on, in order, holes left out; at most `count` packets. */
  from(sequence: Sequence, count: number = Number.POSITIVE_INFINITY): Packet[] {
    return this.packets.slice(this.packets.countBefore(sequence), count);
  }

  /** The packets from this sequence on up to the first that is missing. Costs as much as it gives. */
  contiguousFrom(sequence: Sequence, count: number = Number.POSITIVE_INFINITY): Packet[] {
    const run: Packet[] = [];
    for (let next = sequence; run.length < count; next = (next + 1) as Sequence) {
      const packet = this.bySequence.get(next);
      if (packet === undefined) break;
      run.push(packet);
    }
    return run;
  }

  /** Gives up the oldest packet, for want of memory elsewhere; false, and nothing happens, where it is the only one. */
  dropOldest(): boolean {
    if (this.packets.length <= 1) return false;
    this.removeOldest();
    return true;
  }

  /** Calls for each packet that is kept from now on, after it can be read; the result takes the listener off. */
  onAppend(listener: PacketListener): () => void {
    const own: PacketListener = (packet) => listener(packet);
    this.listeners.add(own);
    return () => {
      this.listeners.delete(own);
    };
  }

  private enter(epoch: Epoch): boolean {
    if (this.leftEpochs.includes(epoch)) return false;
    if (this.currentEpoch !== undefined) this.leftEpochs.push(this.currentEpoch);
    if (this.leftEpochs.length > LEFT_EPOCHS_MAX) this.leftEpochs.shift();
    this.currentEpoch = epoch;
    this.bySequence.clear();
    this.packets = new SlidingList();
    this.doors = new SlidingList();
    this.totalBytes = 0;
    return true;
  }

  private evict(): void {
    while (this.packets.length > 1 && this.isOverLimits()) this.removeOldest();
  }

  private removeOldest(): void {
    const oldest = this.packets.removeFirst() as Packet;
    if (oldest.header.isDoor) this.doors.removeFirst();
    this.bySequence.delete(oldest.header.sequence);
    this.totalBytes -= oldest.bytes.byteLength;
  }

  private isOverLimits(): boolean {
    if (this.totalBytes > this.limits.bytes || this.packets.length > this.limits.packets) return true;
    const oldestMs = this.packets.at(0)?.header.timestampMs ?? 0;
    const newestMs = this.newest()?.header.timestampMs ?? 0;
    return newestMs - oldestMs > this.limits.durationMs;
  }
}

/**
 * Packets by ascending sequence, cheap at both ends: appended behind, taken from the front by moving a mark. Times ascend
 * with sequences but for a frame's worth of interleaving, which a search by time may be off by.
 */
class SlidingList {
  private items: (Packet | undefined)[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  at(index: number): Packet | undefined {
    return index < 0 ? undefined : this.items[this.head + index];
  }

  insert(packet: Packet): void {
    const newest = this.at(this.length - 1);
    if (newest === undefined || newest.header.sequence < packet.header.sequence) {
      this.items.push(packet);
    } else {
      this.items.splice(this.head + this.countBefore(packet.header.sequence), 0, packet);
    }
  }

  removeFirst(): Packet | undefined {
    const first = this.items[this.head];
    this.items[this.head++] = undefined;
    // Moved down when half is empty: each packet is moved at most once on average.
    if (this.head > 32 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return first;
  }

  slice(from: number, count: number): Packet[] {
    return this.items.slice(this.head + from, Math.min(this.head + from + count, this.items.length)) as Packet[];
  }

  countBefore(sequence: number): number {
    return this.partition((packet) => packet.header.sequence < sequence);
  }

  countUntilTime(timestampMs: number): number {
    return this.partition((packet) => packet.header.timestampMs <= timestampMs);
  }

  /** How many at the front answer yes, where all that do stand before all that do not. */
  private partition(isInFront: (packet: Packet) => boolean): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isInFront(this.at(middle) as Packet)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
