import type { Millis } from '../basics/units.ts';
import type { EngineContext } from './engine-context.ts';
import type { Link } from './link.ts';
import type { Pacer } from './pacer.ts';

/** What stands in the transport look after look, and would take so long at the rate believed: the line takes no more. */
const CONGESTED_MS = 150;
/** Weight of a measurement that says the line carries less than believed, and how fast belief grows while it carries all. */
/** Belief grows only while less than this stands: a line close to full tells so by its queue before it overflows. */
const FREE_MS = 40;
const DECREASE_WEIGHT = 0.7;
const INCREASE_FACTOR = 1.1;
const CAREFUL_FACTOR = 1.005;
const CLOSE_SHARE = 0.85;
const FORGET_FULL_FACTOR = 1.15;
const SHED_PACKETS = 2.5;
/** The line is taken to be full when this share of it is used: only then can it show that it carries more. */
const FULL_SHARE = 0.8;
/** So long after the line last was full, belief drifts back to what is usual, by this much a measurement; doubled if in vain. */
const CALM_MS = 10_000;
const CALM_MS_MAX = 160_000;
const RECOVERY_FACTOR = 1.03;
/** What a driver last told of its buffers may be old: one measurement alone proves no rate. */
const CARRIED_WEIGHT = 0.3;
const MOST_CARRIED_DECAY = 0.999;
/** Slots are taken back only when the quotient falls this far under their number: the bitrate's noise must evict nobody. */
const SLOT_HYSTERESIS = 0.25;

/**
 * What we can upload: measured from what the transport really carried, and counted in slots of one sub-stream each.
 * Too much waiting takes slots away one at a time, calm gives them back one at a time (SWARM.md 3.6.8).
 */
export class Uplink {
  private readonly context: EngineContext;
  private readonly pacer: Pacer;
  private believed: number;
  private limit: number;
  private carriedBefore = 0;
  private measuredMs: Millis;
  private congestedMs = Number.NEGATIVE_INFINITY;
  private carriedMean = 0;
  private mostCarried = 0;
  /** What the line carried when it was full the last time. */
  private fullAt = Number.POSITIVE_INFINITY;
  private calmMs = CALM_MS;
  private hasDrifted = false;
  private wasFree = false;
  private hasStanding = false;
  private withdrawn = 0;
  private withdrawnMs = Number.NEGATIVE_INFINITY;
  private recoveredMs = Number.NEGATIVE_INFINITY;
  private busyTicks = 0;
  private slotCount = 0;
  private copyCount = 1;

  constructor(context: EngineContext, pacer: Pacer) {
    this.context = context;
    this.pacer = pacer;
    this.limit = context.config.uploadLimitBytesPerSecond;
    // A seeder's line is the operator's business: believed to be what was allowed until it shows otherwise.
    this.believed = context.role === 'seeder' ? this.limit : context.config.initialUplinkBytesPerSecond;
    this.measuredMs = context.nowMs;
    this.applyRate();
    this.countSlots();
  }

  get bytesPerSecond(): number {
    return Math.min(this.believed, this.limit);
  }

  /** Places for children, in all sub-streams together. 0: receives only. */
  get slots(): number {
    return this.slotCount;
  }

  /** Children a seeder has in each sub-stream. */
  copies(): number {
    const { config, swarm, links } = this.context;
    if (config.copies > 0) return config.copies;
    this.copyCount = copiesFor(Math.max(swarm.viewers, links.size), this.copyCount);
    return this.copyCount;
  }

  setLimit(bytesPerSecond: number): void {
    this.limit = bytesPerSecond;
    if (this.context.role === 'seeder') this.believed = Math.max(this.believed, bytesPerSecond);
    this.applyRate();
    this.countSlots();
  }

  /** Every `uplinkIntervalMs`: what was carried since the last look. */
  measure(nowMs: Millis): void {
    const { links, config } = this.context;
    let carried = 0;
    let active = 0;
    let standing = 0;
    let standingLinks = 0;
    let mostStanding = 0;
    for (const link of links.list) {
      carried += link.bytesSent - link.bufferedBytes;
      const waits = link.standingBytes(nowMs);
      // Have-maps go to everybody: only who is sent packets shows what the line carries.
      if (link.packetsSent > link.measured.packetsSent || waits > 0) active++;
      if (waits > 0 && link.measured.hadStanding) {
        standing += waits;
        standingLinks++;
        mostStanding = Math.max(mostStanding, waits);
      }
      link.measured = { hadStanding: waits > 0, packetsSent: link.packetsSent };
    }
    const elapsedMs = nowMs - this.measuredMs;
    const bytesPerSecond = elapsedMs > 0 ? (Math.max(0, carried - this.carriedBefore) * 1000) / elapsedMs : 0;
    this.measuredMs = nowMs;
    this.carriedBefore = carried;
    this.carriedMean += (bytesPerSecond - this.carriedMean) * CARRIED_WEIGHT;
    this.mostCarried = Math.max(this.mostCarried * MOST_CARRIED_DECAY, this.carriedMean);
    // One link that stands among many is its receiver's line; where most of them stand it is ours.
    const isLong = standing * 1000 > this.bytesPerSecond * CONGESTED_MS || mostStanding * 2 > config.linkBufferBytesMax;
    if (isLong && standing > 0 && standingLinks * 2 >= active) {
      const lower = this.believed + (bytesPerSecond - this.believed) * DECREASE_WEIGHT;
      this.believed = Math.max(config.uplinkBytesPerSecondMin, Math.min(this.believed, lower));
      this.congestedMs = nowMs;
      this.fullAt = this.believed;
      // What the slots withdrawn stood for is in the belief now.
      this.withdrawn = 0;
      if (this.hasDrifted) this.calmMs = Math.min(CALM_MS_MAX, this.calmMs * 2);
      this.hasDrifted = false;
    } else {
      const isFree = standing * 1000 <= this.bytesPerSecond * FREE_MS;
      if (isFree && this.wasFree) this.grow(nowMs);
      this.wasFree = isFree;
    }
    this.applyRate();
    this.recover(nowMs);
    this.countSlots();
  }

  /** Nothing stands: the line carries all it is given. Does that say that it would carry more? */
  private grow(nowMs: Millis): void {
    if (this.carriedMean > this.bytesPerSecond * FULL_SHARE) {
      // Close to where the line was full the last time it is felt for slowly: each overshoot costs children their feed.
      if (this.believed > this.fullAt * FORGET_FULL_FACTOR) this.fullAt = Number.POSITIVE_INFINITY;
      const factor = this.believed > this.fullAt * CLOSE_SHARE ? CAREFUL_FACTOR : INCREASE_FACTOR;
      this.believed = Math.min(this.believed * factor, Math.max(this.believed, this.limit));
      return;
    }
    // A line that was bad for a while gets its chance again, or it would be given no children to prove itself by.
    const usual = Math.min(this.mostCarried * INCREASE_FACTOR, this.limit);
    if (this.believed >= usual || nowMs - this.congestedMs < this.calmMs) return;
    this.hasDrifted = true;
    this.believed = Math.min(usual, this.believed * RECOVERY_FACTOR);
  }

  /** A link is gone, and its counters with it. */
  forget(link: Link): void {
    this.carriedBefore -= link.bytesSent - link.bufferedBytes;
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
    this.context.statistics.slotsShed++;
    this.slotCount = Math.max(0, this.slotCount - 1);
    return true;
  }

  /** The transport of a link still holds what was sent before. */
  standing(): void {
    this.hasStanding = true;
  }

  /** More waits than should: start looking. */
  watch(nowMs: Millis): void {
    const { config, timers } = this.context;
    if (this.pacer.isIdle && !this.hasStanding) return;
    this.hasStanding = false;
    if (timers.isSet('shed') || !this.isBusy()) return;
    this.busyTicks = 0;
    timers.set('shed', nowMs + config.shedTickMs);
  }

  /** On a slow line a packet or two are always on their way: that is no backlog. */
  private isBusy(): boolean {
    const { config, clock } = this.context;
    const packetMs = (clock.packetBytesMean * 1000) / Math.max(1, this.bytesPerSecond);
    return this.pacer.backlogMs() > Math.max(config.shedBacklogMs, packetMs * SHED_PACKETS);
  }

  private recover(nowMs: Millis): void {
    const { config } = this.context;
    if (this.withdrawn === 0 || this.pacer.backlogMs() >= config.slotRecoveryBacklogMs) return;
    if (nowMs - this.withdrawnMs < config.slotRecoveryFirstMs) return;
    if (nowMs - this.recoveredMs < config.slotRecoveryNextMs) return;
    this.recoveredMs = nowMs;
    this.withdrawn--;
  }

  private applyRate(): void {
    this.pacer.setRate(this.bytesPerSecond);
  }

  private countSlots(): void {
    const { config, clock, role } = this.context;
    const slotBytesPerSecond = clock.bytesPerSecond / config.substreams;
    const quotient = (this.bytesPerSecond * config.uplinkShare) / slotBytesPerSecond - this.withdrawn;
    const fresh = Math.max(0, Math.min(config.slotsMax, Math.floor(quotient)));
    if (fresh < this.slotCount && quotient > this.slotCount - SLOT_HYSTERESIS) return;
    this.slotCount = role === 'seeder' ? Math.min(fresh, this.copies() * config.substreams) : fresh;
  }
}

/** Audience up to which a seeder pushes so many copies (SWARM.md 3.1, c): one for a handful on good lines, more for a crowd. */
const COPIES_BY_AUDIENCE: readonly (readonly [viewers: number, copies: number])[] = [
  [10, 1],
  [50, 2],
  [5000, 3],
  [8000, 4],
];
const COPIES_MOST = 6;
/** An audience must fall this far under a threshold before a copy is taken back: one viewer's coming and going moves nobody. */
const COPIES_HYSTERESIS = 0.8;

/** How many copies a seeder pushes, given how many it pushes now. */
export function copiesFor(viewers: number, present: number): number {
  const wanted = copiesByAudience(viewers);
  if (wanted >= present) return wanted;
  return Math.min(present, copiesByAudience(viewers / COPIES_HYSTERESIS));
}

function copiesByAudience(viewers: number): number {
  for (const [most, copies] of COPIES_BY_AUDIENCE) if (viewers <= most) return copies;
  return COPIES_MOST;
}
