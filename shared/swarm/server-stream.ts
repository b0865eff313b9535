import type { Millis, Sequence } from '../basics/units.ts';
import type { EngineContext } from './engine-context.ts';
import type { WantedPackets } from './wanted.ts';

/** A lease that a parent has taken over lasts at most this much longer, for packets that neither has brought. */
const SEAM_MS = 1000;
const SETTLE_MS = 120;
const QUEUE_FACTOR = 2;
/** A response is taken to be under way for so long before its first packet. */
const FIRST_PACKET_MS = 600;

/** `held`: the server feeds the sub-stream. `leaving`: a parent pushes it now, but older packets are still missing. */
type Lease =
  | { readonly kind: 'held'; readonly sinceMs: Millis }
  | { readonly kind: 'leaving'; readonly sinceMs: Millis; readonly lastMissing: number; readonly untilMs: Millis };

/** What the driver was last told to keep open: these sub-streams, from this packet on. */
type OpenStream = { readonly substreams: readonly number[]; readonly from: number; readonly openedMs: Millis };

/**
 * Sub-streams leased from the server, as one endless response. One concept for four occasions: the start, when everything
 * comes from there; patience, when nobody feeds a sub-stream; short supply; and a player without peers. It is opened wider
 * as soon as it brings something, and narrowed in few steps.
 */
export class ServerStream {
  private readonly context: EngineContext;
  private readonly wanted: WantedPackets;
  private readonly leases: (Lease | undefined)[];
  private leaseCount = 0;
  private open: OpenStream | undefined;
  private isDirty = false;
  private narrowedMs = Number.NEGATIVE_INFINITY;
  private narrowMs = Number.NEGATIVE_INFINITY;
  /** Not widened before: a response that is replaced before its first packet has come has brought nothing. */
  private widenMs = Number.NEGATIVE_INFINITY;
  private broughtMs = Number.NEGATIVE_INFINITY;
  /** Of the responses that brought nothing yet, each in the place of the one before: when the first was asked for. */
  private waitingSinceMs = Number.NEGATIVE_INFINITY;
  /** What the request may have waited before our own line. */
  private queuedMs = 0;
  /** Reopenings without a packet in between; and no reopening before. */
  private failures = 0;
  private closedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(context: EngineContext, wanted: WantedPackets) {
    this.context = context;
    this.wanted = wanted;
    this.leases = new Array<Lease | undefined>(context.config.substreams).fill(undefined);
  }

  get substreams(): readonly number[] {
    return this.open?.substreams ?? [];
  }

  isLeased(substream: number): boolean {
    return this.leases[substream] !== undefined;
  }

  leasedSinceMs(substream: number): Millis | undefined {
    return this.leases[substream]?.sinceMs;
  }

  /** The server is bringing this sub-stream, so nothing of it need be asked of anyone else. */
  isBringing(substream: number, nowMs: Millis): boolean {
    if (this.leases[substream] === undefined || this.open === undefined) return false;
    if (!this.open.substreams.includes(substream)) return false;
    // A response that is replaced by a wider one before its first packet came has brought nothing so far.
    if (this.broughtMs < this.waitingSinceMs) return nowMs - this.waitingSinceMs < FIRST_PACKET_MS + this.queuedMs;
    return nowMs - Math.max(this.broughtMs, this.open.openedMs) < this.context.config.serverStreamStallMs;
  }

  /** So long it has brought nothing of what is known to exist. */
  get quietMs(): number {
    if (this.open === undefined || !this.owesSomething(this.open)) return 0;
    return this.context.nowMs - Math.max(this.broughtMs, this.waitingSinceMs);
  }

  /** And of this packet: a sub-stream that was leased beside others comes from where those are, not from what it lacks itself. */
  isBringingPacket(sequence: number, nowMs: Millis): boolean {
    if (this.open === undefined || sequence < this.open.from) return false;
    return this.isBringing(sequence % this.leases.length, nowMs);
  }

  lease(substream: number): void {
    const present = this.leases[substream];
    if (present?.kind === 'held') return;
    if (present === undefined) this.leaseCount++;
    this.context.arePathsStale = true;
    this.leases[substream] = { kind: 'held', sinceMs: present?.sinceMs ?? this.context.nowMs };
    if (!this.substreams.includes(substream)) this.isDirty = true;
  }

  leaseAll(): void {
    for (let substream = 0; substream < this.leases.length; substream++) this.lease(substream);
  }

  /** A parent has accepted a leased sub-stream: the server need not go on once what exists by now is here. */
  takenOver(substream: number): void {
    const present = this.leases[substream];
    if (present?.kind !== 'held') return;
    const untilMs = (this.context.nowMs + SEAM_MS) as Millis;
    const lastMissing = this.wanted.newestKnown;
    this.leases[substream] = { kind: 'leaving', sinceMs: present.sinceMs, lastMissing, untilMs };
    this.settle(substream, this.context.nowMs);
  }

  /** After each packet: is there anything left to wait for? */
  settle(substream: number, nowMs: Millis): void {
    const lease = this.leases[substream];
    if (lease?.kind !== 'leaving') return;
    const firstMissing = this.wanted.firstMissing((index) => index === substream);
    if (firstMissing <= lease.lastMissing && nowMs < lease.untilMs) return;
    this.leases[substream] = undefined;
    this.leaseCount--;
    // Sub-streams tend to find their parents in the same moment: one narrowing for all of them.
    this.narrowMs = Math.max(this.narrowedMs + this.context.config.serverStreamNarrowMs, nowMs + SETTLE_MS);
    this.context.arePathsStale = true;
  }

  /** The parent that had taken over is gone again. */
  resume(substream: number): void {
    const lease = this.leases[substream];
    if (lease?.kind === 'leaving') this.leases[substream] = { kind: 'held', sinceMs: lease.sinceMs };
  }

  brought(nowMs: Millis): void {
    this.queuedMs = 0;
    this.widenMs = nowMs;
    this.broughtMs = nowMs;
    this.failures = 0;
  }

  closed(nowMs: Millis): void {
    if (this.open === undefined) return;
    this.open = undefined;
    this.backOff(nowMs);
  }

  /** Everything is forgotten: another epoch, whose stream starts afresh. */
  restart(): void {
    this.leases.fill(undefined);
    this.leaseCount = 0;
    this.context.arePathsStale = true;
    this.broughtMs = Number.NEGATIVE_INFINITY;
    this.waitingSinceMs = Number.NEGATIVE_INFINITY;
    this.widenMs = Number.NEGATIVE_INFINITY;
    this.queuedMs = 0;
    this.failures = 0;
    this.closedUntilMs = Number.NEGATIVE_INFINITY;
    this.isDirty = this.open !== undefined;
  }

  /** Tells the driver what changed; called at the end of every input. */
  update(nowMs: Millis): void {
    if (this.leaseCount === 0 && this.open === undefined) return;
    // A queue is longer than what has shown of it so far.
    this.queuedMs = Math.max(this.queuedMs, QUEUE_FACTOR * this.context.queueMs);
    for (let substream = 0; substream < this.leases.length; substream++) this.settle(substream, nowMs);
    const wanted = this.leasedSubstreams();
    if (wanted.length === 0) {
      if (this.open !== undefined) this.emit(wanted, nowMs);
      return;
    }
    if (this.hasStalled(nowMs)) {
      this.open = undefined;
      this.backOff(nowMs);
    }
    if (this.open === undefined) {
      if (nowMs >= this.closedUntilMs) this.emit(wanted, nowMs);
      else this.context.timers.setSooner('server-stream', this.closedUntilMs);
      return;
    }
    if (this.isDirty) {
      if (nowMs >= this.widenMs) this.emit(wanted, nowMs);
      else this.context.timers.setSooner('server-stream', this.widenMs);
    } else if (wanted.length < this.open.substreams.length) {
      if (nowMs >= this.narrowMs) this.emit(wanted, nowMs);
      else this.context.timers.setSooner('server-stream', this.narrowMs);
    }
  }

  private leasedSubstreams(): number[] {
    const leased: number[] = [];
    for (let substream = 0; substream < this.leases.length; substream++) {
      if (this.leases[substream] !== undefined) leased.push(substream);
    }
    return leased;
  }

  private emit(substreams: readonly number[], nowMs: Millis): void {
    this.isDirty = false;
    this.narrowedMs = nowMs;
    this.widenMs = nowMs + FIRST_PACKET_MS;
    const from = substreams.length === 0 ? 0 : this.firstNeeded(substreams, nowMs);
    // What the response before was to bring, and the next one is not, may be due.
    if (this.open !== undefined) this.context.timers.setSooner('wanted', nowMs);
    if (this.open === undefined || this.broughtMs >= this.waitingSinceMs) this.waitingSinceMs = nowMs;
    if (this.open === undefined) this.queuedMs = QUEUE_FACTOR * this.context.queueMs;
    this.open = substreams.length === 0 ? undefined : { substreams, from, openedMs: nowMs };
    this.context.outputs.push({ type: 'server-stream', substreams, from: from as Sequence });
    if (this.open !== undefined) {
      this.context.timers.setSooner('server-stream', nowMs + this.context.config.serverStreamStallMs);
    }
  }

  /**
   * One response has one beginning: from what a sub-stream just leased lacks, or from a hole that the response before was not to fill,
   * all others would come twice. What is older is little, and is rescued packet by packet.
   */
  private firstNeeded(substreams: readonly number[], nowMs: Millis): number {
    const going = substreams.filter((substream) => this.isBringing(substream, nowMs));
    if (going.length === 0 || this.open === undefined)
      return this.wanted.firstMissing((index) => substreams.includes(index));
    return this.wanted.firstMissing((index) => going.includes(index), this.open.from);
  }

  /** Nothing came although other ways show that the broadcast goes on; a pause of the source is no stall of ours. */
  private hasStalled(nowMs: Millis): boolean {
    if (this.open === undefined) return false;
    const { config, timers, endSequence } = this.context;
    const stallMs =
      Math.min(config.serverStreamStallMs * 2 ** this.failures, config.serverStreamBackoffMsMax) + this.queuedMs;
    const quietSinceMs = Math.max(this.broughtMs, this.open.openedMs);
    if (nowMs - quietSinceMs < stallMs) {
      timers.setSooner('server-stream', quietSinceMs + stallMs);
      return false;
    }
    if (endSequence !== undefined) return false;
    if (this.owesSomething(this.open)) return true;
    timers.setSooner('server-stream', nowMs + stallMs);
    return false;
  }

  /** Other ways show that there is more than it has brought; a pause of the source owes nothing. */
  private owesSomething({ substreams, from }: OpenStream): boolean {
    return this.wanted.firstMissing((index) => substreams.includes(index), from) <= this.wanted.newestKnown;
  }

  private backOff(nowMs: Millis): void {
    const { config, random } = this.context;
    const step = Math.min(config.serverStreamNarrowMs * 2 ** this.failures, config.serverStreamBackoffMsMax);
    this.failures = Math.min(this.failures + 1, 10);
    this.closedUntilMs = nowMs + Math.round(step * random.between(0.5, 1));
  }
}
