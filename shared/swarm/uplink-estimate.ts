import type { Millis } from '../basics/units.ts';
import type { EngineContext } from './engine-context.ts';
import type { Link } from './link.ts';
import { fullQueueMs } from './own-line.ts';

/** What never drained from the transport within a measurement, and would take so long at the rate believed: the line is full. */
const CONGESTED_MS = 40;
/** Less than this standing at one moment is no queue: a line close to full has one before it overflows. */
const FREE_MS = 40;
/** Weight of a measurement that says the line carries less than believed. */
const DECREASE_WEIGHT = 0.7;
/**
 * Growth a measurement while the line carries all it is given, and `closeFactor` near where it was full the last time: KNOWN up to what
 * it has carried before, UNKNOWN beyond. Most lines were only bad for a few seconds, and while belief stays low the swarm is short of
 * upload that is there. Each overshoot costs children their feed.
 */
const KNOWN = { factor: 1.2, closeFactor: 1.06 };
const UNKNOWN = { factor: 1.1, closeFactor: 1.03 };
/** Where a line was full again on the way back to what it carried before, less is expected of it: it may be poor for good. */
const IN_VAIN_FACTOR = 0.8;
const CLOSE_SHARE = 0.85;
const FORGET_FULL_FACTOR = 1.15;
/** A line can show that it carries more only while this share of what is believed is used. */
const FULL_SHARE = 0.8;
/** So long after the line last was full, belief drifts back to what is usual, by this much a measurement; doubled if in vain. */
const CALM_MS = 10_000;
const CALM_MS_MAX = 160_000;
const RECOVERY_FACTOR = 1.03;
/** The same while belief is worth no slot: nobody depends on it, and nothing else can show what the line carries. */
const SLOTLESS_FACTOR = 1.2;
/** What a driver last told of its buffers may be old: one measurement alone proves no rate. */
const CARRIED_WEIGHT = 0.3;
const MOST_CARRIED_DECAY = 0.999;
/** Of what is believed: a line on which something stands all the time, and that carries less, is full. */
const SLOW_SHARE = 0.5;
/** Carrying less than this share of what it carried once, a line is not at its end by itself. */
const SHOWN_SHARE = 0.7;

/** What the line carries, bytes/s: measured from what the transport really took, never from what anybody claims. */
export class UplinkEstimate {
  private readonly context: EngineContext;
  private believed: number;
  private measuredMs: Millis;
  private carriedBefore = 0;
  private carriedMean = 0;
  private mostCarried = 0;
  /** What it is expected to carry again. */
  private known = 0;
  private hasRegrown = false;
  /** What the line carried when it was full the last time, and when that was. */
  private fullAt = Number.POSITIVE_INFINITY;
  private congestedMs = Number.NEGATIVE_INFINITY;
  private calmMs = CALM_MS;
  private hasDrifted = false;
  private wasFree = false;
  /** Measurements in a row in which something stood and nothing was carried. */
  private idleLooks = 0;

  constructor(context: EngineContext, bytesPerSecond: number) {
    this.context = context;
    this.believed = bytesPerSecond;
    this.measuredMs = context.nowMs;
  }

  get bytesPerSecond(): number {
    return this.believed;
  }

  /** What it has carried at its best; hours later, less. */
  get mostBytesPerSecond(): number {
    return this.mostCarried;
  }

  /** By what one packet took. Until the line was really full this is forgotten again, as a bad while is. */
  lowerTo(bytesPerSecond: number, nowMs: Millis): void {
    const least = this.context.config.uplinkBytesPerSecondMin;
    this.believed = Math.min(this.believed, Math.max(least, bytesPerSecond));
    this.congestedMs = nowMs;
  }

  raiseTo(bytesPerSecond: number): void {
    this.believed = Math.max(this.believed, bytesPerSecond);
  }

  /** A link is gone, and its counters with it. */
  forget(link: Link): void {
    this.carriedBefore -= link.bytesSent - link.bufferedBytes;
  }

  /** What was carried since the last look, and what stood all the time. True: the line is full, and belief was lowered. */
  measure(nowMs: Millis, limit: number, promisedBytesPerSecond: number): boolean {
    const { config, clock, links } = this.context;
    let carried = 0;
    let active = 0;
    let standing = 0;
    let standingNow = 0;
    let standingLinks = 0;
    for (const link of links.list) {
      carried += link.bytesSent - link.bufferedBytes;
      const least = link.takeLeastStanding(nowMs);
      standing += least;
      standingNow += link.standingBytes(nowMs);
      if (least > 0) standingLinks++;
      // Have-maps go to everybody: only who is sent packets shows what the line carries.
      if (link.packetsSent > link.packetsSentBefore || least > 0) active++;
      link.packetsSentBefore = link.packetsSent;
    }
    const bytesPerSecond = this.note(carried, nowMs);
    const rate = Math.min(this.believed, limit);
    // Under one packet is no queue, unless it takes its time: the pacer lets no second one out before it.
    const isSlow = standing > 0 && bytesPerSecond < rate * SLOW_SHARE;
    const isLong = isSlow || standing > Math.max(clock.packetBytesMean, (rate * CONGESTED_MS) / 1000);
    this.idleLooks = standing > 0 && bytesPerSecond === 0 ? this.idleLooks + 1 : 0;
    const isOurs = this.isOurLine(standingLinks, active, bytesPerSecond);
    if (isLong && isOurs) {
      // To one child few packets go: a single measurement may hold none of them.
      const shown = active === 1 ? Math.max(bytesPerSecond, this.carriedMean) : bytesPerSecond;
      this.lower(Math.max(config.uplinkBytesPerSecondMin, shown), nowMs);
      return true;
    }
    const isCalm = (active > 1 && !isOurs) || standing * 1000 <= rate * CONGESTED_MS;
    const isFree = standingNow * 1000 <= rate * FREE_MS;
    if (isCalm) this.grow(nowMs, limit, promisedBytesPerSecond, isFree && this.wasFree);
    this.wasFree = isFree;
    return false;
  }

  /**
   * A link that stands among others is its receiver's line; where most of them stand it is ours. One alone may be either: it is the
   * receiver's if ours has shown that it carries more, unless the answers of others are late as well.
   */
  private isOurLine(standingLinks: number, active: number, bytesPerSecond: number): boolean {
    if (active !== 1) return standingLinks * 2 > active;
    // Whatever a poor line is worth, something leaves it: who takes nothing at all has a line of its own that is worse.
    if (this.idleLooks > 1) return false;
    return this.context.queueMs > 0 || bytesPerSecond >= this.mostCarried * SHOWN_SHARE;
  }

  private note(carried: number, nowMs: Millis): number {
    const elapsedMs = nowMs - this.measuredMs;
    const bytesPerSecond = elapsedMs > 0 ? (Math.max(0, carried - this.carriedBefore) * 1000) / elapsedMs : 0;
    this.measuredMs = nowMs;
    this.carriedBefore = carried;
    this.carriedMean += (bytesPerSecond - this.carriedMean) * CARRIED_WEIGHT;
    this.mostCarried = Math.max(this.mostCarried * MOST_CARRIED_DECAY, this.carriedMean);
    this.known = Math.max(this.known * MOST_CARRIED_DECAY, this.carriedMean);
    return bytesPerSecond;
  }

  private lower(bytesPerSecond: number, nowMs: Millis): void {
    this.believed = Math.min(this.believed, this.believed + (bytesPerSecond - this.believed) * DECREASE_WEIGHT);
    this.fullAt = this.believed;
    this.congestedMs = nowMs;
    this.wasFree = false;
    if (this.hasRegrown) this.known = Math.max(this.carriedMean, this.known * IN_VAIN_FACTOR);
    this.hasRegrown = false;
    if (this.hasDrifted) this.calmMs = Math.min(CALM_MS_MAX, this.calmMs * 2);
    this.hasDrifted = false;
  }

  /** No queue lasts: the line carries all it is given. Does that say that it would carry more? */
  private grow(nowMs: Millis, limit: number, promisedBytesPerSecond: number, isIdle: boolean): void {
    const isKnown = this.believed < this.known;
    if (!isKnown) this.hasRegrown = false;
    // A line that is used well is seldom seen empty: what it has carried before it may be given again all the same.
    if (!isKnown && !isIdle) return;
    // Slots are whole: with all of them taken a slow line carries far less than is believed, and would never show that it could more.
    const isAllTaken = promisedBytesPerSecond > 0 && this.carriedMean > promisedBytesPerSecond * FULL_SHARE;
    if (isAllTaken || this.carriedMean > Math.min(this.believed, limit) * FULL_SHARE) {
      // Transports take in at once what waits before a line whose router keeps much: round trips alone tell of that.
      if (this.context.queueMs > fullQueueMs(this.context)) return;
      if (this.believed > this.fullAt * FORGET_FULL_FACTOR) this.fullAt = Number.POSITIVE_INFINITY;
      const isClose = this.believed > this.fullAt * CLOSE_SHARE;
      const { factor, closeFactor } = isKnown ? KNOWN : UNKNOWN;
      const most = isKnown ? this.known : Number.POSITIVE_INFINITY;
      const grown = this.believed * (isClose ? closeFactor : factor);
      this.believed = Math.min(grown, most, Math.max(this.believed, limit));
      this.hasRegrown = isKnown;
      return;
    }
    // A line that was bad for a while gets its chance again, or it would be given no children to prove itself by.
    const shown = Number.isFinite(this.fullAt) ? 0 : this.context.config.initialUplinkBytesPerSecond;
    const usual = Math.min(Math.max(shown, this.mostCarried * UNKNOWN.factor), limit);
    if (this.believed >= usual || nowMs - this.congestedMs < this.calmMs) return;
    this.hasDrifted = true;
    const factor = promisedBytesPerSecond > 0 ? RECOVERY_FACTOR : SLOTLESS_FACTOR;
    this.believed = Math.min(usual, this.believed * factor);
  }
}
