import type { PeerId } from '../../shared/basics/units.ts';
import type { Commitment, PeerReport, PeerRole } from '../../shared/wire/tracker-messages.ts';
import type { Introduction } from './introduction.ts';
import type { NetworkAddress } from './network-address.ts';
import { neighbourhoodKey, ownerKey } from './network-address.ts';
import type { Rate } from './rate-limit.ts';
import { TokenBucket } from './rate-limit.ts';

/** A viewer has 32 links and changes them; a seeder meets everybody who is strong. The oldest are forgotten. */
const VIEWER_INTRODUCTIONS_MAX = 192;
const SEEDER_INTRODUCTIONS_MAX = 1024;
/** An honest peer bans seldom. Whoever keeps apart from more than this forgets the first. */
const ESTRANGED_MAX = 128;

/** Networks that accuse one peer are counted up to this: enough to be taken last, never enough to be left out. */
const ACCUSERS_COUNTED = 4;

/** What the tracker knows of one peer: its claims in its last report, and what it was told since. */
export class Member {
  readonly peer: PeerId;
  readonly role: PeerRole;
  readonly address: NetworkAddress;
  readonly neighbourhood: string;
  readonly introductionBudget: TokenBucket;
  readonly commitments: readonly Commitment[];
  readonly introductions = new Map<PeerId, Introduction>();
  /** Peers it is never introduced to again: one of the two says that the other cheats. */
  readonly estranged = new Set<PeerId>();
  /** Networks from which it was accused of bad packets. */
  private readonly accusers = new Set<string>();
  slots: number;
  lagMs: readonly number[] = [];
  nextAskMs = 0;
  lastReportMs: number;
  private slotsUsed = 0;
  private links: number;
  /** Promised to others since the last report, which knows nothing of it yet. */
  private slotsPromised = 0;
  private linksPromised = 0;

  constructor(facts: MemberFacts) {
    this.peer = facts.peer;
    this.role = facts.role;
    this.address = facts.address;
    this.neighbourhood = neighbourhoodKey(facts.address);
    this.slots = facts.slots;
    this.links = facts.links;
    this.commitments = facts.commitments;
    this.introductionBudget = new TokenBucket(facts.introductionRate, facts.nowMs);
    this.lastReportMs = facts.nowMs;
  }

  get freeSlots(): number {
    return Math.max(0, this.slots - this.slotsUsed - this.slotsPromised);
  }

  get linkCount(): number {
    return this.links + this.linksPromised;
  }

  /** Mean over the sub-streams it has; undefined where it has none. */
  get meanLagMs(): number | undefined {
    const known = this.lagMs.filter((lag) => lag >= 0);
    return known.length === 0 ? undefined : known.reduce((sum, lag) => sum + lag, 0) / known.length;
  }

  hasFeed(substream: number): boolean {
    return (this.lagMs[substream] ?? -1) >= 0;
  }

  isNear(other: Member): boolean {
    return this.neighbourhood === other.neighbourhood;
  }

  applyReport(report: PeerReport, nowMs: number): void {
    this.slots = report.slots;
    this.slotsUsed = report.slotsUsed;
    this.lagMs = report.lagMs;
    this.links = report.links;
    this.slotsPromised = 0;
    this.linksPromised = 0;
    this.lastReportMs = nowMs;
  }

  promiseSlot(): void {
    this.slotsPromised++;
  }

  introduced(to: PeerId, introduction: Introduction): PeerId | undefined {
    this.linksPromised++;
    // Behind all others in the order of the map, so that the oldest is the first.
    this.introductions.delete(to);
    this.introductions.set(to, introduction);
    const max = this.role === 'seeder' ? SEEDER_INTRODUCTIONS_MAX : VIEWER_INTRODUCTIONS_MAX;
    if (this.introductions.size <= max) return undefined;
    const oldest = this.introductions.keys().next().value;
    if (oldest !== undefined) this.introductions.delete(oldest);
    return oldest;
  }

  /** 0 to 1: how many independent networks accuse it. */
  get suspicion(): number {
    return this.accusers.size / ACCUSERS_COUNTED;
  }

  /**
   * `other` says that we sent it bad packets. It may be lying, and nothing can prove it to the tracker: the two are kept
   * apart, and we are taken later than others the more independent networks say the same. Nobody is ever left out for
   * it, or an attacker with a few addresses could silence honest peers; peers protect themselves by signatures.
   */
  accusedBy(other: Member): void {
    this.estrange(other.peer);
    if (this.accusers.size < ACCUSERS_COUNTED) this.accusers.add(ownerKey(other.address));
  }

  estrange(other: PeerId): void {
    this.estranged.add(other);
    if (this.estranged.size <= ESTRANGED_MAX) return;
    const oldest = this.estranged.values().next().value;
    if (oldest !== undefined) this.estranged.delete(oldest);
  }
}

export type MemberFacts = {
  readonly peer: PeerId;
  readonly role: PeerRole;
  readonly address: NetworkAddress;
  readonly slots: number;
  readonly links: number;
  readonly commitments: readonly Commitment[];
  readonly introductionRate: Rate;
  readonly nowMs: number;
};
