import type { Random } from '../../shared/basics/random.ts';
import type { ChannelName, PeerId } from '../../shared/basics/units.ts';
import type { SwarmState } from '../../shared/wire/tracker-messages.ts';
import { Introduction } from './introduction.ts';
import type { Member } from './member.ts';
import { SampledSet } from './sampled-set.ts';

/** docs/ALGORITHM.md 8: short below the first, enough again above the second; between them it stays what it was. */
const SHORT_BELOW = 1.0;
const ENOUGH_ABOVE = 1.08;
/** And where nothing was said yet. */
const SHORT_AT_FIRST_BELOW = 1.02;

/** Everybody is told how many watch when it changed by this share. */
const VIEWERS_CHANGE_TOLD = 0.1;

/** Who is in one swarm, found by what they can do for others. Keeps indexes; decides nothing. */
export class SwarmDirectory {
  readonly channel: ChannelName;
  readonly members = new Map<PeerId, Member>();
  readonly seeders: Member[] = [];
  /** Slots committed, a number a sub-stream. */
  readonly committed: number[];
  /** Viewers with upload. Those without are introduced to nobody: they would be a dead end. */
  private readonly uploaders = new SampledSet<Member>();
  private readonly spare = new SampledSet<Member>();
  private readonly neighbourhoods = new Map<string, SampledSet<Member>>();
  private slotsTotal = 0;
  private shortness: boolean | undefined;
  private told: SwarmState = { isShort: false, viewers: 0 };

  constructor(channel: ChannelName, substreams: number) {
    this.channel = channel;
    this.committed = new Array<number>(substreams).fill(0);
  }

  get viewers(): number {
    return this.members.size - this.seeders.length;
  }

  get isShort(): boolean {
    return this.shortness ?? false;
  }

  get state(): SwarmState {
    return { isShort: this.isShort, viewers: this.viewers };
  }

  add(member: Member): void {
    this.members.set(member.peer, member);
    if (member.role === 'seeder') this.seeders.push(member);
    for (const { substream, fan } of member.commitments) this.committed[substream] = this.supply(substream) + fan;
    this.slotsTotal += member.slots;
    this.index(member);
  }

  /** Returns those who were told of it and may still be waiting for its answer. */
  remove(member: Member, nowMs: number): Member[] {
    this.members.delete(member.peer);
    if (member.role === 'seeder') this.seeders.splice(this.seeders.indexOf(member), 1);
    for (const { substream, fan } of member.commitments) this.committed[substream] = this.supply(substream) - fan;
    this.slotsTotal -= member.slots;
    this.unindex(member);
    const waiting: Member[] = [];
    for (const [peer, introduction] of member.introductions) {
      const other = this.members.get(peer);
      other?.introductions.delete(member.peer);
      if (other && introduction.isHandshakeOpen(nowMs)) waiting.push(other);
    }
    return waiting;
  }

  /** Runs a change of a member's claims, and keeps sums and indexes right. */
  change(member: Member, apply: () => void): void {
    this.slotsTotal -= member.slots;
    apply();
    this.slotsTotal += member.slots;
    this.index(member);
  }

  introduce(offerer: Member, answerer: Member, nowMs: number): void {
    const introduction = new Introduction(offerer.peer, answerer.peer, nowMs);
    this.forget(offerer, offerer.introduced(answerer.peer, introduction));
    this.forget(answerer, answerer.introduced(offerer.peer, introduction));
    this.index(offerer);
    this.index(answerer);
  }

  drawUploaders(count: number, random: Random): Member[] {
    return this.uploaders.sample(count, random);
  }

  /** Those with a free slot and something to give. */
  drawSpare(count: number, random: Random): Member[] {
    return this.spare.sample(count, random);
  }

  drawNeighbours(member: Member, count: number, random: Random): Member[] {
    return this.neighbourhoods.get(member.neighbourhood)?.sample(count, random) ?? [];
  }

  /** Looks at the whole supply. Returns what everybody is to be told, if anything. */
  review(): SwarmState | undefined {
    const demand = this.committed.length * this.viewers;
    const threshold = this.shortness === undefined ? SHORT_AT_FIRST_BELOW : this.shortness ? ENOUGH_ABOVE : SHORT_BELOW;
    this.shortness = this.slotsTotal < threshold * demand;
    const { state, told } = this;
    const hasAudienceChanged = Math.abs(state.viewers - told.viewers) > VIEWERS_CHANGE_TOLD * told.viewers;
    if (state.isShort === told.isShort && !hasAudienceChanged) return undefined;
    this.told = state;
    return state;
  }

  private supply(substream: number): number {
    return this.committed[substream] ?? 0;
  }

  private index(member: Member): void {
    if (member.role === 'seeder') return;
    const near = this.neighbourhoods.get(member.neighbourhood);
    if (member.slots > 0) {
      this.uploaders.add(member);
      if (near) near.add(member);
      else {
        const set = new SampledSet<Member>();
        set.add(member);
        this.neighbourhoods.set(member.neighbourhood, set);
      }
    } else {
      this.uploaders.delete(member);
      this.leaveNeighbourhood(member);
    }
    if (member.freeSlots > 0 && member.meanLagMs !== undefined) this.spare.add(member);
    else this.spare.delete(member);
  }

  private unindex(member: Member): void {
    this.uploaders.delete(member);
    this.spare.delete(member);
    this.leaveNeighbourhood(member);
  }

  private leaveNeighbourhood(member: Member): void {
    const near = this.neighbourhoods.get(member.neighbourhood);
    near?.delete(member);
    if (near?.size === 0) this.neighbourhoods.delete(member.neighbourhood);
  }

  private forget(member: Member, oldest: PeerId | undefined): void {
    if (oldest !== undefined) this.members.get(oldest)?.introductions.delete(member.peer);
  }
}
