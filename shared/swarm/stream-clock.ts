import type { Millis, WallMillis } from '../basics/units.ts';
import type { Packet } from '../packets/packet.ts';
import type { PacketRing } from './packet-ring.ts';

/** Believed until eight packets were seen: 16 to 20 packets a second of a few KiB. */
const INITIAL_INTERVAL_MS = 55;
const INITIAL_PACKET_BYTES = 4096;
const PACKETS_TO_MEASURE = 8;
/** The interval is measured over this many packets: a keyframe's burst of packets must not look like another rate. */
const ANCHOR_DISTANCE = 64;
/** How far a gap is searched for a neighbour to interpolate from. */
const NEIGHBOUR_DISTANCE = 24;
const BYTES_WEIGHT = 1 / 32;

/** What time it is in the stream: when a packet was captured, how fast packets come, how much they weigh. */
export class StreamClock {
  private readonly ring: PacketRing;
  private offsetMs: number | undefined;
  private guessedOffsetMs = Number.NEGATIVE_INFINITY;
  private first: Anchor | undefined;
  private anchor: Anchor | undefined;
  private nextAnchor: Anchor | undefined;
  private newest: Anchor | undefined;
  private packetBytes = INITIAL_PACKET_BYTES;
  private observed = 0;

  constructor(ring: PacketRing) {
    this.ring = ring;
  }

  /** From the local clock to the seeder's wall clock. */
  setOffset(offsetMs: number): void {
    this.offsetMs = offsetMs;
  }

  /** A new epoch: numbering and rate start afresh, the wall clock stays. */
  restart(): void {
    this.first = undefined;
    this.anchor = undefined;
    this.nextAnchor = undefined;
    this.newest = undefined;
    this.observed = 0;
  }

  observe(packet: Packet, nowMs: Millis): void {
    const { sequence, captureMs } = packet.header;
    this.guessedOffsetMs = Math.max(this.guessedOffsetMs, captureMs - nowMs);
    const bytes = packet.bytes.byteLength;
    this.observed++;
    const weight = Math.max(BYTES_WEIGHT, 1 / this.observed);
    this.packetBytes += (bytes - this.packetBytes) * weight;
    const seen = { sequence, captureMs };
    if (this.first === undefined || sequence < this.first.sequence) this.first = seen;
    if (this.newest !== undefined && sequence < this.newest.sequence) return;
    this.newest = seen;
    this.anchor ??= seen;
    this.nextAnchor ??= seen;
    if (sequence - this.nextAnchor.sequence >= ANCHOR_DISTANCE) {
      this.anchor = this.nextAnchor;
      this.nextAnchor = seen;
    }
  }

  /** The seeder's wall clock now. Where nobody told the offset, the fastest packet seen is taken to have had no delay. */
  wallMs(nowMs: Millis): WallMillis {
    return (nowMs + this.offset()) as WallMillis;
  }

  /** A wall time on the local clock. */
  localMs(wallMs: number): Millis {
    return (wallMs - this.offset()) as Millis;
  }

  /** Mean time between packets. */
  get intervalMs(): number {
    const { newest } = this;
    const anchor = this.anchor?.sequence === newest?.sequence ? this.first : this.anchor;
    if (newest === undefined || anchor === undefined) return INITIAL_INTERVAL_MS;
    const packets = newest.sequence - anchor.sequence;
    if (packets < PACKETS_TO_MEASURE) return INITIAL_INTERVAL_MS;
    return Math.min(2000, Math.max(1, (newest.captureMs - anchor.captureMs) / packets));
  }

  get packetBytesMean(): number {
    return this.packetBytes;
  }

  get bytesPerSecond(): number {
    return (this.packetBytes * 1000) / this.intervalMs;
  }

  /** True when enough was seen for `bytesPerSecond` to mean something. */
  get isMeasured(): boolean {
    return this.observed >= PACKETS_TO_MEASURE;
  }

  /** When a packet was captured: known, between its neighbours, or extrapolated from the newest. */
  captureMs(sequence: number): WallMillis {
    const held = this.ring.get(sequence);
    if (held !== undefined) return held.header.captureMs;
    const { newest } = this;
    if (newest === undefined) return 0 as WallMillis;
    if (sequence > newest.sequence) {
      return (newest.captureMs + (sequence - newest.sequence) * this.intervalMs) as WallMillis;
    }
    const before = this.neighbour(sequence, -1);
    const after = this.neighbour(sequence, 1) ?? newest;
    if (before === undefined) {
      return (after.captureMs - (after.sequence - sequence) * this.intervalMs) as WallMillis;
    }
    const share = (sequence - before.sequence) / (after.sequence - before.sequence);
    return Math.round(before.captureMs + share * (after.captureMs - before.captureMs)) as WallMillis;
  }

  /** How old a packet is that arrives now. */
  lagMs(captureMs: number, nowMs: Millis): number {
    return Math.max(0, Math.round(this.wallMs(nowMs) - captureMs));
  }

  /** The newest packet that can exist by now, if the source goes on as before. */
  newestPlausible(nowMs: Millis): number {
    const { newest } = this;
    if (newest === undefined) return -1;
    return newest.sequence + Math.max(0, Math.ceil((this.wallMs(nowMs) - newest.captureMs) / this.intervalMs)) + 2;
  }

  private offset(): number {
    if (this.offsetMs !== undefined) return this.offsetMs;
    return Number.isFinite(this.guessedOffsetMs) ? this.guessedOffsetMs : 0;
  }

  private neighbour(sequence: number, step: 1 | -1): Anchor | undefined {
    for (let distance = 1; distance <= NEIGHBOUR_DISTANCE; distance++) {
      const held = this.ring.get(sequence + step * distance);
      if (held !== undefined) return held.header;
    }
    return undefined;
  }
}

type Anchor = { readonly sequence: number; readonly captureMs: number };
