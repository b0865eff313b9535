import { unreachable } from '../basics/assert.ts';
import type { Epoch, Millis, PeerId, Sequence } from '../basics/units.ts';
import type { Packet } from '../packets/packet.ts';
import type { PeerRole } from '../wire/tracker-messages.ts';
import type { EngineContext } from './engine-context.ts';
import { type EngineOptions, type EngineParts, makeEngineParts } from './engine-parts.ts';
import type { EngineInput, EngineOutput, EngineSnapshot } from './engine-types.ts';
import type { Link } from './link.ts';
import { parentOf } from './substream.ts';
import { TIMER_NAMES, type TimerName } from './timers.ts';

export type { EngineOptions } from './engine-parts.ts';

const TARGET_LATENCY_MS_MIN = 200;
const LINKS_LOOK_MS = 1000;
/** Links are made in this time, and a server stream brings something, where the line is not full. */
const MAKING_MS = 1000;
const QUIET_MS = 400;

/**
 * The swarm, as one peer sees it (docs/ALGORITHM.md). It never waits, reads no clock and draws from no generator but its own: time and
 * bytes come in, intentions go out. Whoever drives it runs this loop:
 *
 *     on any event:   for (const output of engine.handle(event, now())) carry out output
 *                     set one timer to engine.nextWakeup(), replacing the one before
 *     on that timer:  the same with { type: 'wakeup' }
 *
 * Inputs made while outputs are carried out (`link-buffers` after a send) are handled after them, in order. A wake-up that comes
 * early does no harm; one that comes late delays only what waits for time, never what is relayed on arrival.
 */
export class SwarmEngine {
  private readonly context: EngineContext;
  private readonly parts: EngineParts;
  private isSwarmWanted = true;

  constructor(options: EngineOptions) {
    this.parts = makeEngineParts(options);
    this.context = this.parts.context;
  }

  /** Takes one input at the driver's time, which never goes back. The outputs are to be carried out in their order. */
  handle(input: EngineInput, nowMs: Millis): EngineOutput[] {
    const { context } = this;
    context.nowMs = Math.max(context.nowMs, nowMs) as Millis;
    context.outputs = [];
    this.startTimers();
    this.dispatch(input);
    this.runTimers();
    if (context.role === 'viewer' && context.epoch !== undefined) this.parts.serverStream.update(context.nowMs);
    this.parts.children.announcePaths();
    this.parts.pacer.pump(context.nowMs);
    this.parts.uplink.watch(context.nowMs);
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
      children: this.parts.children.used,
      slots: this.parts.uplink.slots,
      serverSubstreams: this.parts.serverStream.substreams,
      bytesFromPeers: statistics.bytesFromPeers,
      bytesFromServer: statistics.bytesFromServer,
      bytesToPeers: statistics.bytesToPeers,
      controlBytesSent: statistics.controlBytesSent,
      packetsFromPeers: statistics.packetsFromPeers,
      packetsFromServer: statistics.packetsFromServer,
      packetsRejected: statistics.packetsRejected,
      packetsDuplicate: statistics.packetsDuplicate,
      rescues: statistics.rescues,
      uplinkBytesPerSecond: Math.round(this.parts.uplink.bytesPerSecond),
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
        this.parts.messages.received(input.peer, input.channel, input.bytes);
        return;
      case 'link-buffers':
        for (const { peer, bufferedBytes } of input.links) this.linkBuffer(peer, bufferedBytes);
        return;
      case 'packet-produced':
        this.packetProduced(input.packet);
        return;
      case 'packet-from-server':
        this.parts.intake.fromServer(input.packet, input.via);
        return;
      case 'fetch-failed':
        if (input.epoch === context.epoch) this.parts.rescue.failed(input.sequence);
        return;
      case 'server-stream-closed':
        this.parts.serverStream.closed(context.nowMs);
        return;
      case 'verified':
        this.parts.intake.verified(input.ticket, input.isValid);
        return;
      case 'introduced':
        this.parts.introductions.introduced(input.peers);
        return;
      case 'swarm-state':
        context.swarm = input.state;
        this.parts.children.fitToSlots();
        return;
      case 'commitments':
        this.parts.commitments.given(input.commitments);
        return;
      case 'tracker-state':
        context.isTrackerConnected = input.isConnected;
        if (input.isConnected) this.parts.introductions.trackerReturned();
        return;
      case 'epoch':
        if (input.epoch !== context.epoch) this.beginEpoch(input.epoch, input.startSequence, input.newestSequence);
        return;
      case 'clock':
        context.clock.setOffset(input.offsetMs);
        // All moments of the stream are others now.
        context.timers.setSooner('wanted', context.nowMs);
        this.parts.parents.onOverdueTimer();
        return;
      case 'playback':
        this.playbackMoved(input.targetLatencyMs, input.nextSequence);
        return;
      case 'upload-limit':
        this.parts.uplink.setLimit(Math.max(0, input.bytesPerSecond));
        this.parts.children.fitToSlots();
        return;
      case 'swarm-enabled':
        this.isSwarmWanted = input.isEnabled;
        this.enableSwarm();
        return;
      case 'wakeup':
        return;
      default:
        unreachable(input);
    }
  }

  private runTimers(): void {
    const { timers, nowMs } = this.context;
    if (!timers.isAnyDue(nowMs)) return;
    for (const name of TIMER_NAMES) if (timers.takeIfDue(name, nowMs)) this.onTimer(name);
  }

  private onTimer(name: TimerName): void {
    const { context } = this;
    switch (name) {
      case 'have':
        this.parts.availability.onHaveTimer();
        return;
      case 'wanted':
        this.parts.recovery.onWantedTimer();
        return;
      case 'overdue':
        this.parts.parents.onOverdueTimer();
        return;
      case 'asks':
        this.parts.parents.onAsksTimer();
        return;
      case 'search':
        this.parts.parents.onSearchTimer();
        return;
      case 'upgrade':
        this.parts.parents.onUpgradeTimer();
        return;
      case 'grace':
        this.parts.children.onGraceTimer();
        return;
      case 'uplink':
        context.timers.set('uplink', context.nowMs + context.config.uplinkIntervalMs);
        this.parts.uplink.measure(context.nowMs);
        this.enableSwarm();
        this.parts.commitments.consider();
        this.parts.children.cutClogged();
        this.parts.children.fitToSlots();
        return;
      case 'shed':
        if (this.parts.uplink.shedIfBusy(context.nowMs)) this.parts.children.shedOne();
        return;
      case 'ping':
        this.ping();
        return;
      case 'links':
        context.timers.set('links', context.nowMs + LINKS_LOOK_MS);
        this.lookOverLinks();
        return;
      case 'ask-tracker':
        this.parts.introductions.onAskTimer();
        return;
      case 'report':
        this.parts.reports.onReportTimer();
        return;
      case 'pacer':
      case 'server-stream':
        // What they wake is done at the end of every input.
        return;
      default:
        unreachable(name);
    }
  }

  private ping(): void {
    const { line, sessions, introductions, serverStream, uplink, children } = this.parts;
    const wasProven = line.isProven;
    // The checks of connections that are late are repeated, until a thin line carries nothing else.
    const isStuck = introductions.makingMs > MAKING_MS && serverStream.quietMs > QUIET_MS;
    for (const link of line.look(isStuck)) sessions.ping(link);
    if (line.isProven === wasProven && (line.isProven || !line.isFull)) return;
    uplink.heedLine();
    this.enableSwarm();
    children.fitToSlots();
  }

  // --- Links ---------------------------------------------------------------------------------------------------------------

  private linkOpened(peer: PeerId, role: PeerRole, rttMs: number): void {
    const { context } = this;
    const present = context.links.get(peer);
    if (present !== undefined) this.parts.sessions.closed(present);
    const isWelcome =
      this.parts.introductions.opened(peer) && context.isSwarmEnabled && !this.parts.bans.isBanned(peer, context.nowMs);
    const link = this.parts.sessions.open(peer, role, rttMs);
    if (!isWelcome) {
      this.parts.sessions.hangUp(link, 'no-room', 'no room for another link');
      return;
    }
    this.parts.availability.sendTo(link);
    this.dropUselessLink(link);
  }

  private linkClosed(peer: PeerId): void {
    const link = this.context.links.get(peer);
    this.parts.introductions.closed(peer);
    if (link !== undefined) this.parts.sessions.closed(link);
  }

  private linkBuffer(peer: PeerId, bufferedBytes: number): void {
    const { context, parts } = this;
    const link = context.links.get(peer);
    if (link === undefined) return;
    link.noteBuffer(bufferedBytes, context.nowMs);
    if (link.standingBytes(context.nowMs) > 0) {
      context.links.standing.add(link);
      parts.uplink.standing();
    } else context.links.standing.delete(link);
  }

  private lookOverLinks(): void {
    this.parts.sessions.look();
    this.parts.introductions.look();
    this.parts.verification.expire(this.context.nowMs);
    this.dropUselessLink(undefined);
  }

  private dropUselessLink(spared: Link | undefined): void {
    const useless = this.parts.introductions.uselessLink(
      (link) => link === spared || this.parts.children.isChild(link) || this.parts.parents.isParent(link),
    );
    if (useless !== undefined) this.parts.sessions.hangUp(useless, 'no-room', 'replaced');
  }

  // --- The stream --------------------------------------------------------------------------------------------------------------

  private packetProduced(packet: Packet): void {
    const { epoch, sequence } = packet.header;
    if (epoch !== this.context.epoch) this.beginEpoch(epoch, sequence);
    this.parts.intake.produced(packet);
  }

  private playbackMoved(targetLatencyMs: number, nextSequence: Sequence): void {
    const { context } = this;
    context.targetLatencyMs = Math.max(TARGET_LATENCY_MS_MIN, Math.round(targetLatencyMs));
    context.playSequence = nextSequence;
    this.parts.wanted.forgetBefore(nextSequence);
  }

  /** Drop the old, announce the new, start at its first door. */
  private beginEpoch(epoch: Epoch, startSequence: Sequence, newestSequence?: Sequence): void {
    const { context } = this;
    this.parts.epochs.left(context.epoch);
    context.epoch = epoch;
    context.startSequence = startSequence;
    context.playSequence = startSequence;
    context.startedMs = context.nowMs;
    context.endSequence = undefined;
    context.ring.clear();
    context.clock.restart();
    this.parts.pacer.clear();
    this.parts.verification.clear();
    this.parts.wanted.restart(startSequence);
    this.parts.rescue.restart();
    this.parts.children.restart();
    this.parts.parents.restart();
    this.parts.serverStream.restart();
    if (context.role === 'viewer') this.parts.startUp.begin(newestSequence);
    for (const link of context.links.list) {
      link.forgetEpoch();
      this.parts.sessions.greet(link);
    }
    context.timers.setSooner('have', context.nowMs);
  }

  /** As wanted, unless our line must rest. */
  private enableSwarm(): void {
    const { context } = this;
    const isEnabled = this.isSwarmWanted && !this.parts.line.isResting;
    if (context.isSwarmEnabled === isEnabled) return;
    context.isSwarmEnabled = isEnabled;
    if (isEnabled) {
      this.parts.introductions.trackerReturned();
      context.timers.setSooner('search', context.nowMs);
      return;
    }
    for (const link of context.links.list) this.parts.sessions.hangUp(link, 'leaving', 'the swarm was turned off');
    for (const peer of this.parts.introductions.clear()) {
      context.outputs.push({ type: 'disconnect', peer, reason: 'the swarm was turned off' });
    }
    if (context.role === 'viewer' && context.epoch !== undefined) this.parts.serverStream.leaseAll();
  }

  /** With the first input: before it, no time was known. */
  private startTimers(): void {
    const { timers, nowMs, config, random } = this.context;
    if (timers.isSet('links')) return;
    timers.set('links', nowMs + LINKS_LOOK_MS);
    timers.set('uplink', nowMs + config.uplinkIntervalMs);
    timers.set('ping', nowMs + config.pingIntervalMs);
    timers.set('have', nowMs + Math.round(config.haveIntervalMs * random.fraction()));
    timers.set('report', nowMs + Math.round(config.reportIntervalMs * random.between(0.5, 1)));
    if (this.context.role === 'viewer') timers.set('upgrade', nowMs + random.between(...config.upgradeIntervalLeafMs));
  }
}
