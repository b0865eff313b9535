import { unreachable } from '../basics/assert.ts';
import { SwarmtubeError } from '../basics/errors.ts';
import { Random } from '../basics/random.ts';
import type { Epoch, Millis, PeerId, Sequence } from '../basics/units.ts';
import type { Packet } from '../packets/packet.ts';
import type { PeerRole } from '../wire/tracker-messages.ts';
import { type ControlMessage, decodeWireMessage, type WireMessage } from '../wire/wire-message.ts';
import { Availability } from './availability.ts';
import { Bans } from './bans.ts';
import { Children } from './children.ts';
import { Commitments } from './commitments.ts';
import { type EngineConfig, parseEngineConfig } from './engine-config.ts';
import { type EngineContext, sendControl } from './engine-context.ts';
import type { EngineInput, EngineOutput, EngineSnapshot, LinkChannel } from './engine-types.ts';
import { EpochWatch } from './epoch-watch.ts';
import { Intake } from './intake.ts';
import { Introductions } from './introductions.ts';
import type { Link } from './link.ts';
import { Links } from './links.ts';
import { Pacer } from './pacer.ts';
import { PacketRing } from './packet-ring.ts';
import { Parents } from './parents.ts';
import { Recovery } from './recovery.ts';
import { Repair } from './repair.ts';
import { Reports } from './reports.ts';
import { Rescue } from './rescue.ts';
import { ServerStream } from './server-stream.ts';
import { Sessions } from './sessions.ts';
import { Statistics } from './statistics.ts';
import { StreamClock } from './stream-clock.ts';
import { makeSubstream, parentOf } from './substream.ts';
import { TIMER_NAMES, type TimerName, Timers } from './timers.ts';
import { Uplink } from './uplink.ts';
import { Verification } from './verification.ts';
import { WantedPackets } from './wanted.ts';

export type EngineOptions = {
  readonly role: PeerRole;
  /** 32 bits of chance, different for each peer: from the driver's own random source, or the simulator's. */
  readonly seed: number;
  /** What differs from `DEFAULT_ENGINE_CONFIG`. */
  readonly config?: Partial<EngineConfig>;
};

const TARGET_LATENCY_MS_MIN = 200;
const LINKS_LOOK_MS = 1000;

/**
 * The swarm, as one peer sees it (SWARM.md 3). It never waits, reads no clock and draws from no generator but its own: time and
 * bytes come in, intentions go out. Whoever drives it runs this loop:
 *
 *     on any event:   for (const output of engine.handle(event, now())) carry out output
 *                     set one timer to engine.nextWakeup(), replacing the one before
 *     on that timer:  the same with { type: 'wakeup' }
 *
 * Inputs made while outputs are carried out (`link-buffer` after a send) are handled after them, in order. A wake-up that comes
 * early does no harm; one that comes late delays only what waits for time, never what is relayed on arrival.
 */
export class SwarmEngine {
  private readonly context: EngineContext;
  private readonly bans: Bans;
  private readonly pacer: Pacer;
  private readonly uplink: Uplink;
  private readonly verification: Verification;
  private readonly wanted: WantedPackets;
  private readonly serverStream: ServerStream;
  private readonly introductions: Introductions;
  private readonly parents: Parents;
  private readonly children: Children;
  private readonly commitments: Commitments;
  private readonly availability: Availability;
  private readonly repair: Repair;
  private readonly rescue: Rescue;
  private readonly recovery: Recovery;
  private readonly sessions: Sessions;
  private readonly epochs: EpochWatch;
  private readonly intake: Intake;
  private readonly reports: Reports;

  constructor(options: EngineOptions) {
    const context = makeContext(options);
    this.context = context;
    this.bans = new Bans(context.config);
    this.pacer = new Pacer(context);
    this.uplink = new Uplink(context, this.pacer);
    this.verification = new Verification(context);
    this.wanted = new WantedPackets(context, this.verification);
    this.serverStream = new ServerStream(context, this.wanted);
    this.introductions = new Introductions(context, this.uplink, this.bans);
    this.parents = new Parents(context, this.uplink, this.wanted, this.serverStream, this.introductions);
    this.children = new Children(context, this.pacer, this.uplink, this.parents);
    this.commitments = new Commitments(context, this.uplink);
    this.availability = new Availability(context, this.parents, this.children, this.uplink);
    this.repair = new Repair(context, this.wanted, this.serverStream, this.pacer);
    this.rescue = new Rescue(context, this.wanted, this.serverStream, this.verification);
    this.recovery = new Recovery(context, this.wanted, this.verification, this.repair, this.rescue);
    this.sessions = new Sessions(context, this.bans, this.uplink, (link) => this.forgetLink(link));
    this.epochs = new EpochWatch(context);
    this.intake = new Intake({
      context,
      verification: this.verification,
      wanted: this.wanted,
      parents: this.parents,
      children: this.children,
      serverStream: this.serverStream,
      repair: this.repair,
      rescue: this.rescue,
      recovery: this.recovery,
      sessions: this.sessions,
      epochs: this.epochs,
    });
    this.reports = new Reports(context, this.parents, this.children, this.uplink, this.bans);
  }

  /** Takes one input at the driver's time, which never goes back. The outputs are to be carried out in their order. */
  handle(input: EngineInput, nowMs: Millis): EngineOutput[] {
    const { context } = this;
    context.nowMs = Math.max(context.nowMs, nowMs) as Millis;
    context.outputs = [];
    this.startTimers();
    this.dispatch(input);
    for (const name of TIMER_NAMES) if (context.timers.takeIfDue(name, context.nowMs)) this.onTimer(name);
    if (context.role === 'viewer' && context.epoch !== undefined) this.serverStream.update(context.nowMs);
    this.children.announcePaths();
    this.pacer.pump(context.nowMs);
    this.uplink.watch(context.nowMs);
    return context.outputs;
  }

  /** When `wakeup` should be handled at the latest; undefined: not before another input. */
  nextWakeup(): Millis | undefined {
    return this.context.timers.earliest();
  }

  snapshot(): EngineSnapshot {
    const { context } = this;
    const { statistics, substreams, links, ring, epoch } = context;
    return {
      epoch,
      newestSequence: ring.newest < 0 ? undefined : (ring.newest as Sequence),
      links: links.size,
      parents: substreams.map((substream) => parentOf(substream)?.link.peer),
      children: this.children.used,
      slots: this.uplink.slots,
      serverSubstreams: this.serverStream.substreams,
      bytesFromPeers: statistics.bytesFromPeers,
      bytesFromServer: statistics.bytesFromServer,
      bytesToPeers: statistics.bytesToPeers,
      controlBytesSent: statistics.controlBytesSent,
      packetsFromPeers: statistics.packetsFromPeers,
      packetsFromServer: statistics.packetsFromServer,
      packetsRejected: statistics.packetsRejected,
      packetsDuplicate: statistics.packetsDuplicate,
      rescues: statistics.rescues,
      uplinkBytesPerSecond: Math.round(this.uplink.bytesPerSecond),
    };
  }

  private dispatch(input: EngineInput): void {
    const { context } = this;
    switch (input.type) {
      case 'link-opened':
        this.linkOpened(input.peer, input.role, input.rttMs);
        return;
      case 'link-closed':
        this.linkClosed(input.peer);
        return;
      case 'message':
        this.messageReceived(input.peer, input.channel, input.bytes);
        return;
      case 'link-buffer':
        this.linkBuffer(input.peer, input.bufferedBytes);
        return;
      case 'packet-produced':
        this.packetProduced(input.packet);
        return;
      case 'packet-from-server':
        this.intake.fromServer(input.packet, input.via);
        return;
      case 'fetch-failed':
        if (input.epoch === context.epoch) this.rescue.failed(input.sequence);
        return;
      case 'server-stream-closed':
        this.serverStream.closed(context.nowMs);
        return;
      case 'verified':
        this.intake.verified(input.ticket, input.isValid);
        return;
      case 'introduced':
        this.introductions.introduced(input.peers);
        return;
      case 'swarm-state':
        context.swarm = input.state;
        this.children.fitToSlots();
        return;
      case 'commitments':
        this.commitments.given(input.commitments);
        return;
      case 'tracker-state':
        context.isTrackerConnected = input.isConnected;
        if (input.isConnected) this.introductions.trackerReturned();
        return;
      case 'epoch':
        if (input.epoch !== context.epoch) this.beginEpoch(input.epoch, input.startSequence);
        return;
      case 'clock':
        context.clock.setOffset(input.offsetMs);
        context.timers.setSooner('wanted', context.nowMs);
        return;
      case 'playback':
        this.playbackMoved(input.targetLatencyMs, input.nextSequence);
        return;
      case 'upload-limit':
        this.uplink.setLimit(Math.max(0, input.bytesPerSecond));
        this.children.fitToSlots();
        return;
      case 'swarm-enabled':
        this.enableSwarm(input.isEnabled);
        return;
      case 'wakeup':
        return;
      default:
        unreachable(input);
    }
  }

  private onTimer(name: TimerName): void {
    const { context } = this;
    switch (name) {
      case 'have':
        this.availability.onHaveTimer();
        return;
      case 'wanted':
        this.recovery.onWantedTimer();
        return;
      case 'overdue':
        this.parents.onOverdueTimer();
        return;
      case 'asks':
        this.parents.onAsksTimer();
        return;
      case 'search':
        this.parents.onSearchTimer();
        return;
      case 'upgrade':
        this.parents.onUpgradeTimer();
        return;
      case 'grace':
        this.children.onGraceTimer();
        return;
      case 'uplink':
        context.timers.set('uplink', context.nowMs + context.config.uplinkIntervalMs);
        this.uplink.measure(context.nowMs);
        this.commitments.consider();
        this.children.cutClogged();
        this.children.fitToSlots();
        return;
      case 'shed':
        if (this.uplink.shedIfBusy(context.nowMs)) this.children.shedOne();
        return;
      case 'links':
        context.timers.set('links', context.nowMs + LINKS_LOOK_MS);
        this.lookOverLinks();
        return;
      case 'ask-tracker':
        this.introductions.onAskTimer();
        return;
      case 'report':
        this.reports.onReportTimer();
        return;
      case 'pacer':
      case 'server-stream':
        // What they wake is done at the end of every input.
        return;
      default:
        unreachable(name);
    }
  }

  // --- Links ---------------------------------------------------------------------------------------------------------------

  private linkOpened(peer: PeerId, role: PeerRole, rttMs: number): void {
    const { context } = this;
    const present = context.links.get(peer);
    if (present !== undefined) this.sessions.closed(present);
    const isWelcome =
      this.introductions.opened(peer) && context.isSwarmEnabled && !this.bans.isBanned(peer, context.nowMs);
    const link = this.sessions.open(peer, role, rttMs);
    if (!isWelcome) {
      this.sessions.hangUp(link, 'no-room', 'no room for another link');
      return;
    }
    this.availability.sendTo(link);
    this.dropUselessLink(link);
  }

  private linkClosed(peer: PeerId): void {
    const link = this.context.links.get(peer);
    this.introductions.closed(peer);
    if (link !== undefined) this.sessions.closed(link);
  }

  private linkBuffer(peer: PeerId, bufferedBytes: number): void {
    this.context.links.get(peer)?.noteBuffer(bufferedBytes, this.context.nowMs);
  }

  private forgetLink(link: Link): void {
    this.uplink.forget(link);
    this.pacer.forget(link);
    this.wanted.forgetLink(link);
    this.children.linkClosed(link);
    this.parents.linkClosed(link);
  }

  private lookOverLinks(): void {
    this.sessions.look();
    this.introductions.look();
    this.verification.expire(this.context.nowMs);
    this.dropUselessLink(undefined);
  }

  private dropUselessLink(spared: Link | undefined): void {
    const useless = this.introductions.uselessLink(
      (link) => link === spared || this.children.isChild(link) || this.parents.isParent(link),
    );
    if (useless !== undefined) this.sessions.hangUp(useless, 'no-room', 'replaced by a more useful link');
  }

  // --- Messages --------------------------------------------------------------------------------------------------------------

  /** The one place where a peer's bad data is caught: it costs the peer its link, and a ban. */
  private messageReceived(peer: PeerId, channel: LinkChannel, bytes: Uint8Array): void {
    const { context } = this;
    const link = context.links.get(peer);
    if (link === undefined) return;
    link.lastHeardMs = context.nowMs;
    if (channel === 'control' && !this.sessions.admitControl(link)) return;
    let message: WireMessage;
    try {
      message = decodeWireMessage(bytes, channel);
    } catch (thrown) {
      if (!(thrown instanceof SwarmtubeError)) throw thrown;
      context.statistics.packetsRejected += channel === 'data' ? 1 : 0;
      this.sessions.ban(peer, `it sent what is no message: ${thrown.message}`);
      return;
    }
    if (message.type === 'push' || message.type === 'repair') this.intake.fromPeer(link, message, bytes.byteLength);
    else this.controlReceived(link, message);
  }

  private controlReceived(link: Link, message: ControlMessage): void {
    const { context } = this;
    // Nothing counts before HELLO; who never says it is hung up on (sessions.ts).
    if (link.node === undefined && message.type !== 'hello' && message.type !== 'bye') return;
    switch (message.type) {
      case 'hello':
        if (this.sessions.greeted(link, message)) this.epochs.seen(message.epoch);
        return;
      case 'have':
        this.epochs.seen(message.epoch);
        if (!this.availability.received(link, message) || context.role === 'seeder') return;
        this.learnExistence(link);
        this.parents.haveReceived(link);
        return;
      case 'subscribe':
        this.children.subscribed(link, message);
        return;
      case 'unsubscribe':
        this.children.unsubscribed(link, message.substream);
        return;
      case 'accept':
        this.parents.accepted(link, message);
        return;
      case 'refuse':
        this.parents.refused(link, message);
        return;
      case 'evict':
        this.parents.evicted(link, message);
        return;
      case 'path':
        this.parents.pathChanged(link, message);
        return;
      case 'request':
        this.repair.requested(link, message);
        return;
      case 'missing':
        if (message.epoch === context.epoch) this.repair.missing(link, message.sequence);
        return;
      case 'ping':
        sendControl(context, link, { type: 'pong', token: message.token });
        return;
      case 'pong':
        this.sessions.pong(link, message.token);
        return;
      case 'bye':
        this.introductions.refusedBy(link.peer);
        context.outputs.push({ type: 'disconnect', peer: link.peer, reason: `it said goodbye: ${message.reason}` });
        this.sessions.closed(link);
        return;
      default:
        unreachable(message);
    }
  }

  /** A map shows packets that we have not heard of: they are missing here, as far as they can exist at all by now. */
  private learnExistence(link: Link): void {
    const { context } = this;
    const claimed = link.map?.newest ?? -1;
    if (context.ring.newest < 0) return;
    const plausible = context.clock.newestPlausible(context.nowMs);
    if (claimed > this.wanted.newestKnown) this.wanted.extend(Math.min(claimed, plausible));
  }

  // --- The stream --------------------------------------------------------------------------------------------------------------

  private packetProduced(packet: Packet): void {
    const { epoch, sequence } = packet.header;
    if (epoch !== this.context.epoch) this.beginEpoch(epoch, sequence);
    this.intake.produced(packet);
  }

  private playbackMoved(targetLatencyMs: number, nextSequence: Sequence): void {
    const { context } = this;
    context.targetLatencyMs = Math.max(TARGET_LATENCY_MS_MIN, Math.round(targetLatencyMs));
    context.playSequence = nextSequence;
    this.wanted.forgetBefore(nextSequence);
  }

  /** Drop the old, announce the new, start at its first door. */
  private beginEpoch(epoch: Epoch, startSequence: Sequence): void {
    const { context } = this;
    this.epochs.left(context.epoch);
    context.epoch = epoch;
    context.startSequence = startSequence;
    context.playSequence = startSequence;
    context.startedMs = context.nowMs;
    context.endSequence = undefined;
    context.ring.clear();
    context.clock.restart();
    this.pacer.clear();
    this.verification.clear();
    this.wanted.restart(startSequence);
    this.rescue.restart();
    this.children.restart();
    this.parents.restart();
    this.serverStream.restart();
    if (context.role === 'viewer') this.serverStream.leaseAll();
    for (const link of context.links.list) {
      link.forgetEpoch();
      this.sessions.greet(link);
    }
    context.timers.setSooner('have', context.nowMs);
  }

  private enableSwarm(isEnabled: boolean): void {
    const { context } = this;
    if (context.isSwarmEnabled === isEnabled) return;
    context.isSwarmEnabled = isEnabled;
    if (isEnabled) {
      this.introductions.trackerReturned();
      return;
    }
    for (const link of context.links.list) this.sessions.hangUp(link, 'leaving', 'the swarm was turned off');
    for (const peer of this.introductions.clear()) {
      context.outputs.push({ type: 'disconnect', peer, reason: 'the swarm was turned off' });
    }
    if (context.role === 'viewer' && context.epoch !== undefined) this.serverStream.leaseAll();
  }

  /** With the first input: before it, no time was known. */
  private startTimers(): void {
    const { timers, nowMs, config, random } = this.context;
    if (timers.isSet('links')) return;
    timers.set('links', nowMs + LINKS_LOOK_MS);
    timers.set('uplink', nowMs + config.uplinkIntervalMs);
    timers.set('have', nowMs + Math.round(config.haveIntervalMs * random.fraction()));
    timers.set('report', nowMs + Math.round(config.reportIntervalMs * random.between(0.5, 1)));
    if (this.context.role === 'viewer') timers.set('upgrade', nowMs + random.between(...config.upgradeIntervalLeafMs));
  }
}

function makeContext({ role, seed, config: given = {} }: EngineOptions): EngineContext {
  const config = parseEngineConfig(given);
  const random = new Random(seed);
  const ring = new PacketRing(config.ringPackets);
  const start = 0 as Millis;
  return {
    role,
    config,
    node: random.nextUint32(),
    random,
    timers: new Timers(),
    statistics: new Statistics(),
    links: new Links(),
    ring,
    clock: new StreamClock(ring),
    substreams: Array.from({ length: config.substreams }, (_, index) => makeSubstream(index, start)),
    outputs: [],
    nowMs: start,
    epoch: undefined,
    startSequence: 0 as Sequence,
    startedMs: start,
    playSequence: 0 as Sequence,
    targetLatencyMs: config.targetLatencyMs,
    swarm: { isShort: false, viewers: 0 },
    isSwarmEnabled: true,
    isTrackerConnected: false,
    endSequence: undefined,
  };
}
