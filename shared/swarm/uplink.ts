import type { Millis } from '../basics/units.ts';
import { mostCopies } from './copies.ts';
import type { EngineContext } from './engine-context.ts';
import type { Link } from './link.ts';
import type { OwnLine } from './own-line.ts';
import type { Pacer } from './pacer.ts';
import { UplinkEstimate } from './uplink-estimate.ts';

/** Slots are taken back only when the quotient falls this far under their number: the bitrate's noise must evict nobody. */
const SLOT_HYSTERESIS = 0.25;
/** On a slow line a packet or two are always on their way: so much is no backlog. */
const SHED_PACKETS = 4;
/** A line that carried so many times what is thin is not thin by nature. */
const CARRIED_TIMES_THIN = 8;
/** A line that needs no limit, bytes/s; and what HAVE has room for. */
const LIMIT_MAX = 4e9;

/**
 * Our upload, counted in slots of one sub-stream to one child each. Too much waiting takes slots away one at a time, calm gives
 * them back one at a time (docs/ALGORITHM.md 6).
 */
export class Uplink {
  private readonly context: EngineContext;
  private readonly pacer: Pacer;
  private readonly line: OwnLine;
  private readonly estimate: UplinkEstimate;
  private limit: number;
  private withdrawn = 0;
  private withdrawnMs = Number.NEGATIVE_INFINITY;
  private recoveredMs = Number.NEGATIVE_INFINITY;
  private busyTicks = 0;
  private hasStanding = false;
  private slotCount = 0;

  constructor(context: EngineContext, pacer: Pacer, line: OwnLine) {
    this.context = context;
    this.pacer = pacer;
    this.line = line;
    this.limit = context.config.uploadLimitBytesPerSecond;
    // A seeder's line is the operator's business: believed to be what was allowed until it shows otherwise.
    const believed = context.role === 'seeder' ? this.limit : context.config.initialUplinkBytesPerSecond;
    this.estimate = new UplinkEstimate(context, believed);
    this.apply();
  }

  get bytesPerSecond(): number {
    return Math.min(this.estimate.bytesPerSecond, this.limit);
  }

  /** Places for children, in all sub-streams together. 0: receives only. */
  get slots(): number {
    return this.line.isResting ? 0 : this.slotCount;
  }

  /** Of the slots, those that may be filled by now. */
  get slotsUsable(): number {
    return this.line.isProven ? this.slots : Math.min(1, this.slots);
  }

  setLimit(bytesPerSecond: number): void {
    this.limit = Math.min(bytesPerSecond, LIMIT_MAX);
    if (this.context.role === 'seeder') this.estimate.raiseTo(bytesPerSecond);
    this.apply();
  }

  /** Acknowledgements, maps and requests alone fill a line like this. */
  private get isThin(): boolean {
    const { role, config } = this.context;
    return role === 'viewer' && this.estimate.bytesPerSecond < config.thinUplinkBytesPerSecond;
  }

  /** Every `uplinkIntervalMs`. */
  measure(nowMs: Millis): void {
    const isFull = this.estimate.measure(nowMs, this.limit, this.slotCount * this.slotBytesPerSecond);
    // What the slots withdrawn stood for is in the belief now.
    if (isFull) this.withdrawn = 0;
    else this.recover(nowMs);
    this.heedLine();
  }

  /** What round trips have shown since. */
  heedLine(): void {
    const shown = this.line.takeShown();
    if (shown !== undefined) this.estimate.lowerTo(shown, this.context.nowMs);
    if (this.line.isFull && (!this.line.isProven || this.isThin)) {
      this.line.rest(
        this.estimate.mostBytesPerSecond > this.context.config.thinUplinkBytesPerSecond * CARRIED_TIMES_THIN,
      );
      // The next attempt begins with as much as may be believed of a line that is not thin.
      this.estimate.raiseTo(this.context.config.thinUplinkBytesPerSecond * 2);
    }
    this.apply();
  }

  forget(link: Link): void {
    this.estimate.forget(link);
  }

  /** Looked at while much waits: true when a slot was withdrawn, so that a child has to go. */
  shedIfBusy(nowMs: Millis): boolean {
    const { config, timers } = this.context;
    if (!this.isBusy()) {
      this.busyTicks = 0;
      return false;
    }
    timers.setSooner('shed', nowMs + config.shedTickMs);
    this.busyTicks++;
    if (this.busyTicks < config.shedTicks || nowMs - this.withdrawnMs < config.shedIntervalMs) return false;
    if (this.slotCount === 0) return false;
    this.withdrawnMs = nowMs;
    this.recoveredMs = nowMs;
    this.withdrawn++;
    this.slotCount--;
    this.context.statistics.slotsShed++;
    return true;
  }

  /** The transport of a link still holds what was sent before. */
  standing(): void {
    this.hasStanding = true;
  }

  /** After each input: does more wait than should? Then looking begins. */
  watch(nowMs: Millis): void {
    const { config, timers } = this.context;
    if (this.pacer.isIdle && !this.hasStanding) return;
    this.hasStanding = false;
    if (timers.isSet('shed') || !this.isBusy()) return;
    this.busyTicks = 0;
    timers.set('shed', nowMs + config.shedTickMs);
  }

  private isBusy(): boolean {
    const { config, clock, swarm } = this.context;
    const packetMs = (clock.packetBytesMean * 1000) / Math.max(1, this.bytesPerSecond);
    const shedMs = swarm.isShort ? config.shedBacklogShortMs : config.shedBacklogMs;
    return this.pacer.backlogMs() > Math.max(shedMs, packetMs * SHED_PACKETS);
  }

  private get slotBytesPerSecond(): number {
    return this.context.clock.bytesPerSecond / this.context.config.substreams;
  }

  private recover(nowMs: Millis): void {
    const { config, swarm } = this.context;
    const firstMs = swarm.isShort ? config.slotRecoveryFirstShortMs : config.slotRecoveryFirstMs;
    const nextMs = swarm.isShort ? config.slotRecoveryNextShortMs : config.slotRecoveryNextMs;
    if (this.withdrawn === 0 || this.pacer.backlogMs() >= config.slotRecoveryBacklogMs) return;
    if (nowMs - this.withdrawnMs < firstMs) return;
    if (nowMs - this.recoveredMs < nextMs) return;
    this.recoveredMs = nowMs;
    this.withdrawn--;
  }

  private apply(): void {
    this.pacer.setRate(this.bytesPerSecond);
    this.countSlots();
  }

  private countSlots(): void {
    const { config, role } = this.context;
    const quotient = (this.bytesPerSecond * config.uplinkShare) / this.slotBytesPerSecond - this.withdrawn;
    const fresh = Math.max(0, Math.min(config.slotsMax, Math.floor(quotient)));
    if (fresh < this.slotCount && quotient > this.slotCount - SLOT_HYSTERESIS) return;
    this.slotCount = role === 'seeder' ? Math.min(fresh, mostCopies(this.context) * config.substreams) : fresh;
  }
}
