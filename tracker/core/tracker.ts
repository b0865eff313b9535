import { assert } from '../../shared/basics/assert.ts';
import type { Random } from '../../shared/basics/random.ts';
import type { ChannelName, Millis, PeerId } from '../../shared/basics/units.ts';
import { parseChannelName } from '../../shared/basics/units.ts';
import type {
  AskRequest,
  Introduction,
  JoinRequest,
  PeerReport,
  SignalEnvelope,
  TrackerRefusal,
} from '../../shared/wire/tracker-messages.ts';
import { TRACKER_PROTOCOL_VERSION } from '../../shared/wire/tracker-messages.ts';
import type { ChannelCounters } from './channel-statistics.ts';
import { ChannelStatistics } from './channel-statistics.ts';
import { chooseCommitments } from './commitments.ts';
import { Member } from './member.ts';
import type { NetworkAddress } from './network-address.ts';
import { subscriberKey } from './network-address.ts';
import { pickForJoin, pickForSubstreams, pickStrongest } from './peer-picker.ts';
import { KeyedRateLimit } from './rate-limit.ts';
import { guardSignal } from './sdp-guard.ts';
import { SwarmDirectory } from './swarm-directory.ts';
import type { TrackerInput, TrackerLimits, TrackerOutput } from './tracker-types.ts';
import { DEFAULT_TRACKER_LIMITS } from './tracker-types.ts';

/** Supply is looked at, sockets that never joined are closed, and old rates forgotten, so often. */
const REVIEW_INTERVAL_MS = 2000;
/** Candidates looked at for one request, however large the swarm: more hardly changes the best of them. */
const DRAWN = 36;
const DRAWN_NEAR = 8;
const DRAWN_SPARE = 12;
const DRAWN_FOR_ASK = 64;
/** One `ask` for all eight sub-streams is not answered with sixteen links. */
const INTRODUCTIONS_PER_ASK_MAX = 8;
/** Out of so many the strongest is taken: strong enough, and not the same few for every seeder. */
const DRAWN_FOR_TOP_UP = 8;
const TOP_UP_PER_REPORT = 4;
/** Who can send so much of the stream is strong. */
const STRONG_SHARE = 0.8;
/** The engine's `uplinkShare`: the share of an uplink that is given out in slots. */
const UPLINK_SHARE = 0.9;
/** How much longer a peer waits that asked in vain in a swarm that is short. */
const SHORT_BACK_OFF = 4;
/** Timers of peers are not ours: one that asks a little early is not refused for it. */
const ASK_TOLERANCE_MS = 200;
/** Channels whose sums are kept after the last viewer left. The oldest are forgotten beyond it. */
const CHANNELS_REMEMBERED_MAX = 10_000;

export type TrackerStats = {
  readonly sockets: number;
  readonly signalsRelayed: number;
  /** Not permitted, or stopped by the guard. */
  readonly signalsDropped: number;
  readonly introductions: number;
  readonly channels: readonly ChannelCounters[];
};

/**
 * Who is in which swarm, and whom to introduce. Sans-I/O: whoever drives it hands in what the sockets said, in order, with
 * the time on one monotonic clock, carries the outputs to the sockets, and hands in `wakeup` at `nextWakeup()`.
 *
 * It never gives a list of members, relays signals between two peers that it introduced and between no others, holds
 * O(peers) of state, and forgets everything of a peer when its socket closes. Restarted with empty memory it loses
 * nothing: peers keep their links, and come back by themselves.
 */
export class Tracker {
  private readonly limits: TrackerLimits;
  private readonly random: Random;
  private readonly connections = new Map<PeerId, Connection>();
  private readonly swarms = new Map<ChannelName, SwarmDirectory>();
  private readonly statistics = new Map<ChannelName, ChannelStatistics>();
  private readonly introductionsPerAddress: KeyedRateLimit;
  private nextReviewMs: number | undefined;
  private signalsRelayed = 0;
  private signalsDropped = 0;
  private introductions = 0;

  constructor(random: Random, limits: TrackerLimits = DEFAULT_TRACKER_LIMITS) {
    this.random = random;
    this.limits = limits;
    this.introductionsPerAddress = new KeyedRateLimit(limits.introductionsPerAddress);
  }

  /** Inputs of peers that are not connected (any more) are ignored: a shell that waited for something may come late. */
  handle(input: TrackerInput, nowMs: number): TrackerOutput[] {
    if (input.type === 'wakeup') return this.review(nowMs);
    if (input.type === 'connected') return this.connect(input.peer, input.address, nowMs);
    const connection = this.connections.get(input.peer);
    if (!connection) return [];
    switch (input.type) {
      case 'join':
        return this.join(connection, input, nowMs);
      case 'leave':
        return this.leave(connection, nowMs);
      case 'disconnected':
        this.connections.delete(input.peer);
        return this.leave(connection, nowMs);
      default:
    }
    const { membership } = connection;
    if (!membership) return [refuse(input.peer, 'bad-request', 'Join a channel before anything else.')];
    switch (input.type) {
      case 'ask':
        return this.ask(membership, input.request, nowMs);
      case 'signal':
        return this.relay(membership, input.envelope, nowMs);
      case 'report':
        return this.report(membership, input.report, nowMs);
    }
  }

  nextWakeup(): Millis | undefined {
    return this.nextReviewMs as Millis | undefined;
  }

  viewers(channel: ChannelName): number {
    return this.swarms.get(channel)?.viewers ?? 0;
  }

  stats(): TrackerStats {
    const { signalsRelayed, signalsDropped, introductions } = this;
    const channels = [...this.statistics].map(([channel, statistics]) => {
      const swarm = this.swarms.get(channel);
      const seeders = swarm?.seeders.length ?? 0;
      return statistics.counters(channel, {
        viewers: this.viewers(channel),
        seeders,
        isShort: swarm?.isShort ?? false,
      });
    });
    return { sockets: this.connections.size, signalsRelayed, signalsDropped, introductions, channels };
  }

  private connect(peer: PeerId, address: NetworkAddress, nowMs: number): TrackerOutput[] {
    assert(!this.connections.has(peer), 'a peer id was drawn twice');
    this.connections.set(peer, { peer, address, connectedMs: nowMs, membership: undefined });
    this.nextReviewMs ??= nowMs + REVIEW_INTERVAL_MS;
    return [];
  }

  private join(connection: Connection, input: TrackerInput & { type: 'join' }, nowMs: number): TrackerOutput[] {
    const { peer } = connection;
    const { request } = input;
    const channel = parseChannelName(request.channel);
    assert(channel !== undefined, 'requests are parsed before they come here');
    const reply = (refusal: TrackerRefusal): TrackerOutput[] => [
      { type: 'join-reply', peer, channel, reply: { refusal } },
    ];
    if (connection.membership) return reply(alreadyJoined());
    if (request.protocol !== TRACKER_PROTOCOL_VERSION) return reply(wrongProtocol(request.protocol));
    const swarm = this.swarms.get(channel) ?? new SwarmDirectory(channel, this.limits.substreams);
    const isSeeder = request.role === 'seeder';
    const hasRoom = isSeeder ? swarm.seeders.length < this.limits.seedersMax : swarm.viewers < this.limits.viewersMax;
    if (!hasRoom) return reply(fullSwarm());
    const slots = this.slotsAtJoin(request, input.bitrateKbps);
    const member = new Member({
      peer,
      role: request.role,
      address: connection.address,
      slots,
      links: request.links ?? 0,
      commitments: isSeeder ? [] : chooseCommitments(slots, swarm.committed),
      introductionRate: this.limits.introductionsPerPeer,
      nowMs,
    });
    const met = this.meetAtJoin(swarm, member, nowMs);
    swarm.add(member);
    this.swarms.set(channel, swarm);
    this.statisticsOf(channel);
    connection.membership = { swarm, member };
    const { introductions, outputs } = this.introduce(swarm, member, met, nowMs);
    const { serverTimeMs, iceServers } = input;
    const { commitments } = member;
    const answer = { peerId: peer, serverTimeMs, iceServers, introductions, swarm: swarm.state, commitments };
    return [{ type: 'join-reply', peer, channel, reply: { answer } }, ...outputs];
  }

  private leave(connection: Connection, nowMs: number): TrackerOutput[] {
    const { membership, peer } = connection;
    if (!membership) return [];
    const { swarm, member } = membership;
    connection.membership = undefined;
    connection.connectedMs = nowMs;
    const waiting = swarm.remove(member, nowMs);
    if (swarm.members.size === 0) this.swarms.delete(swarm.channel);
    return waiting.map((other) => ({ type: 'gone', peer: other.peer, gone: peer }));
  }

  private ask({ swarm, member }: Membership, request: AskRequest, nowMs: number): TrackerOutput[] {
    if (nowMs < member.nextAskMs) return [];
    const favoured = [...this.roomySeeders(swarm, member), ...swarm.drawNeighbours(member, DRAWN_NEAR, this.random)];
    const candidates = [...new Set([...favoured, ...swarm.drawSpare(DRAWN_FOR_ASK, this.random)])];
    const mayMeet = (other: Member): boolean => mayBeIntroduced(member, other, nowMs);
    const substreams = request.substreams.filter((substream) => substream < this.limits.substreams);
    const met = pickForSubstreams(member, candidates, substreams, INTRODUCTIONS_PER_ASK_MAX, mayMeet);
    const isVain = met.length === 0 && swarm.isShort;
    member.nextAskMs = nowMs + this.limits.askIntervalMs * (isVain ? SHORT_BACK_OFF : 1) - ASK_TOLERANCE_MS;
    return this.introduceAndTell(swarm, member, met, nowMs);
  }

  private relay({ swarm, member }: Membership, envelope: SignalEnvelope, _nowMs: number): TrackerOutput[] {
    const receiver = swarm.members.get(envelope.peerId);
    if (!receiver) return [{ type: 'gone', peer: member.peer, gone: envelope.peerId }];
    const introduction = member.introductions.get(receiver.peer);
    const route = { sender: member.address, receiver: receiver.address };
    const signal = introduction?.permits(member.peer, envelope.signal.type)
      ? guardSignal(envelope.signal, route, introduction.budgetOf(member.peer))
      : undefined;
    if (!introduction || !signal) {
      this.signalsDropped++;
      return [];
    }
    introduction.relayed(signal.type);
    this.signalsRelayed++;
    return [{ type: 'signal', peer: receiver.peer, envelope: { peerId: member.peer, signal } }];
  }

  private report({ swarm, member }: Membership, report: PeerReport, nowMs: number): TrackerOutput[] {
    // A seeder's bytes are the server's, and are counted where they are sent.
    if (member.role === 'viewer') {
      this.statisticsOf(swarm.channel).add(report, Math.max(0, nowMs - member.lastReportMs));
    }
    swarm.change(member, () => member.applyReport(report, nowMs));
    for (const banned of report.banned) {
      const accused = swarm.members.get(banned);
      // Whoever was never introduced cannot have sent anything.
      if (!accused || !member.introductions.has(banned)) continue;
      member.estrange(banned);
      accused.accusedBy(member);
    }
    return member.role === 'seeder' ? this.topUp(swarm, member, nowMs) : [];
  }

  /** A seeder's pushes begin at the strongest: there the tree is flattest. */
  private topUp(swarm: SwarmDirectory, seeder: Member, nowMs: number): TrackerOutput[] {
    const missing = Math.min(this.limits.seederLinksWanted, swarm.viewers) - seeder.linkCount;
    const met = new Set<Member>();
    for (let round = 0; round < Math.min(missing, TOP_UP_PER_REPORT); round++) {
      const drawn = swarm.drawUploaders(DRAWN_FOR_TOP_UP, this.random).filter((member) => !met.has(member));
      for (const member of pickStrongest(
        drawn.filter((other) => mayBeIntroduced(seeder, other, nowMs)),
        1,
      ))
        met.add(member);
    }
    return this.introduceAndTell(swarm, seeder, [...met], nowMs);
  }

  private review(nowMs: number): TrackerOutput[] {
    if (this.nextReviewMs === undefined || nowMs < this.nextReviewMs) return [];
    const outputs: TrackerOutput[] = [];
    for (const swarm of this.swarms.values()) {
      const state = swarm.review();
      if (state) outputs.push({ type: 'swarm', channel: swarm.channel, state });
    }
    for (const { peer, membership, connectedMs } of this.connections.values()) {
      if (membership || nowMs - connectedMs < this.limits.joinTimeoutMs) continue;
      outputs.push(refuse(peer, 'bad-request', 'No channel was joined in time; reconnect to join one.'));
    }
    this.introductionsPerAddress.sweep(nowMs);
    this.nextReviewMs = this.connections.size > 0 ? nowMs + REVIEW_INTERVAL_MS : undefined;
    return outputs;
  }

  private meetAtJoin(swarm: SwarmDirectory, member: Member, nowMs: number): Member[] {
    if (member.role === 'seeder') {
      const wanted = Math.max(0, this.limits.seederLinksWanted - member.linkCount);
      // One that comes back to few finds all of them again, those too who only receive.
      const isSmall = swarm.viewers < this.limits.smallSwarmViewers;
      const drawn = isSmall
        ? [...swarm.members.values()].filter(({ role }) => role === 'viewer')
        : swarm.drawUploaders(DRAWN + this.limits.seederLinksWanted, this.random);
      return pickStrongest(
        drawn.filter((other) => mayBeIntroduced(member, other, nowMs)),
        wanted,
      );
    }
    const wanted = Math.max(0, this.limits.introductionsAtJoin - member.linkCount);
    const drawn = swarm.drawUploaders(DRAWN, this.random);
    const favoured = [
      ...swarm.drawNeighbours(member, DRAWN_NEAR, this.random),
      ...swarm.drawSpare(DRAWN_SPARE, this.random),
    ];
    // One that comes back after a break may still be linked to a seeder that has a link for everybody.
    const isKnownToSeeder = (seeder: Member): boolean => member.linkCount > 0 && seeder.linkCount > swarm.viewers;
    const seeders = this.roomySeeders(swarm, member).filter((seeder) => !isKnownToSeeder(seeder));
    return [...seeders, ...pickForJoin(member, drawn, favoured, wanted, this.random)];
  }

  /** Seeders are for the strong, who pass it on, while they have room; in a small swarm for everybody. */
  private roomySeeders(swarm: SwarmDirectory, member: Member): Member[] {
    const isStrong = member.slots >= STRONG_SHARE * this.limits.substreams;
    if (!isStrong && swarm.viewers >= this.limits.smallSwarmViewers) return [];
    return swarm.seeders.filter((seeder) => seeder.linkCount < this.limits.seederLinksMax);
  }

  private introduceAndTell(swarm: SwarmDirectory, member: Member, met: Member[], nowMs: number): TrackerOutput[] {
    const { introductions, outputs } = this.introduce(swarm, member, met, nowMs);
    if (introductions.length === 0) return outputs;
    return [{ type: 'introduce', peer: member.peer, introductions }, ...outputs];
  }

  /** Both sides are told; what `member` is told is returned apart, because it may be part of another answer. */
  private introduce(
    swarm: SwarmDirectory,
    member: Member,
    met: readonly Member[],
    nowMs: number,
  ): { introductions: Introduction[]; outputs: TrackerOutput[] } {
    const introductions: Introduction[] = [];
    const outputs: TrackerOutput[] = [];
    for (const other of met.slice(0, this.introductionsAllowed(member, met.length, nowMs))) {
      const offers = doesOffer(member, other);
      swarm.introduce(offers ? member : other, offers ? other : member, nowMs);
      introductions.push({ peerId: other.peer, role: other.role, offers });
      const toOther = { peerId: member.peer, role: member.role, offers: !offers };
      outputs.push({ type: 'introduce', peer: other.peer, introductions: [toOther] });
    }
    this.introductions += introductions.length;
    return { introductions, outputs };
  }

  /** Each introduction tells a viewer's address to somebody. Seeders proved who they are. */
  private introductionsAllowed(member: Member, wanted: number, nowMs: number): number {
    if (member.role === 'seeder') return wanted;
    const allowed = member.introductionBudget.takeUpTo(nowMs, wanted);
    if (member.address.reach === 'loopback') return allowed;
    return this.introductionsPerAddress.takeUpTo(subscriberKey(member.address), nowMs, allowed);
  }

  private slotsAtJoin(request: JoinRequest, bitrateKbps: number | undefined): number {
    const { substreams, assumedSlots, assumedSeederCopies } = this.limits;
    if (request.role === 'seeder') return assumedSeederCopies * substreams;
    if (request.uplinkKbps === 0) return 0;
    if (request.uplinkKbps === undefined || bitrateKbps === undefined || bitrateKbps <= 0) return assumedSlots;
    // A claim, not yet a measurement: nobody is believed to carry more than a few copies before the first report.
    const slots = Math.floor((request.uplinkKbps * UPLINK_SHARE * substreams) / bitrateKbps);
    return Math.min(slots, assumedSlots * CLAIMED_COPIES_MAX);
  }

  private statisticsOf(channel: ChannelName): ChannelStatistics {
    const known = this.statistics.get(channel);
    if (known) return known;
    const statistics = new ChannelStatistics();
    this.statistics.set(channel, statistics);
    if (this.statistics.size > CHANNELS_REMEMBERED_MAX) {
      const idle = [...this.statistics.keys()].find((name) => !this.swarms.has(name));
      if (idle !== undefined) this.statistics.delete(idle);
    }
    return statistics;
  }
}

const CLAIMED_COPIES_MAX = 5;

type Connection = {
  readonly peer: PeerId;
  readonly address: NetworkAddress;
  /** When it connected, or left its channel: from then on it has so long to join one. */
  connectedMs: number;
  membership: Membership | undefined;
};

type Membership = { readonly swarm: SwarmDirectory; readonly member: Member };

/**
 * Viewers offer to seeders, newcomers and askers to those they are sent to. Two that are introduced again are told by
 * their ids: both may have asked at once, and each must come to the same answer.
 */
function doesOffer(member: Member, other: Member): boolean {
  if (member.role !== other.role) return member.role === 'viewer';
  return member.introductions.has(other.peer) ? member.peer < other.peer : true;
}

function mayBeIntroduced(member: Member, other: Member, nowMs: number): boolean {
  if (other === member || member.estranged.has(other.peer) || other.estranged.has(member.peer)) return false;
  return member.introductions.get(other.peer)?.mayBeRepeated(nowMs) ?? true;
}

function refuse(peer: PeerId, code: TrackerRefusal['code'], message: string): TrackerOutput {
  return { type: 'refuse', peer, refusal: { code, message } };
}

function alreadyJoined(): TrackerRefusal {
  return {
    code: 'bad-request',
    message: 'This connection has joined a channel already; open another one for another.',
  };
}

function wrongProtocol(theirs: number): TrackerRefusal {
  const which = theirs < TRACKER_PROTOCOL_VERSION ? 'Reload the page to get a newer player' : 'Update the server';
  return {
    code: 'protocol-version',
    message: `${which}: it speaks version ${theirs} of the tracker protocol, the tracker version ${TRACKER_PROTOCOL_VERSION}.`,
  };
}

function fullSwarm(): TrackerRefusal {
  return {
    code: 'full',
    message: 'This channel has as many viewers as the tracker allows; the server stream goes on.',
  };
}
