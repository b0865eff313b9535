import type { Millis, Sequence } from '../basics/units.ts';
import { type Packet, SIGNATURE_BYTES } from '../packets/packet.ts';
import type { DataMessage } from '../wire/wire-message.ts';
import type { Children } from './children.ts';
import { type EngineContext, substreamOf } from './engine-context.ts';
import type { FetchReason } from './engine-types.ts';
import type { EpochWatch } from './epoch-watch.ts';
import type { Link } from './link.ts';
import type { Parents } from './parents.ts';
import type { Recovery } from './recovery.ts';
import type { Repair } from './repair.ts';
import type { Rescue } from './rescue.ts';
import type { ServerStream } from './server-stream.ts';
import type { Sessions } from './sessions.ts';
import type { StartUp } from './start-up.ts';
import type { Substream } from './substream.ts';
import type { Arrival, PacketSource, Verification } from './verification.ts';
import type { WantedPackets } from './wanted.ts';

type Parts = {
  readonly context: EngineContext;
  readonly verification: Verification;
  readonly wanted: WantedPackets;
  readonly parents: Parents;
  readonly children: Children;
  readonly serverStream: ServerStream;
  readonly repair: Repair;
  readonly rescue: Rescue;
  readonly recovery: Recovery;
  readonly startUp: StartUp;
  readonly sessions: Sessions;
  readonly epochs: EpochWatch;
};

/** The way of a packet through a peer: asked for? ours? new? true? Only then kept, relayed and delivered. */
export class Intake {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** The seeder's own: signed here, so true. */
  produced(packet: Packet): void {
    const { context, wanted } = this.parts;
    const { sequence } = packet.header;
    if (context.ring.has(sequence) || !context.ring.put(packet)) return;
    context.clock.observe(packet, context.nowMs);
    wanted.restart(sequence + 1);
    this.noteEnd(packet);
    const substream = substreamOf(context, sequence);
    substream.lastSequence = Math.max(substream.lastSequence, sequence);
    this.parts.children.relay(substream, packet, () => false);
  }

  fromPeer(link: Link, message: DataMessage, messageBytes: number): void {
    const { context, parents, sessions, epochs } = this.parts;
    context.statistics.bytesFromPeers += messageBytes;
    const { packet } = message;
    const { epoch, sequence } = packet.header;
    if (link.node === undefined || context.role === 'seeder') {
      sessions.unsolicited(link);
      return;
    }
    if (epoch !== context.epoch) {
      context.statistics.packetsIgnored++;
      epochs.seen(epoch);
      sessions.unsolicited(link);
      return;
    }
    const isAskedFor =
      message.type === 'repair'
        ? link.requested.has(sequence)
        : parents.isWelcome(substreamOf(context, sequence), link) || link.requested.has(sequence);
    if (!isAskedFor) {
      sessions.unsolicited(link);
      return;
    }
    if (message.type === 'repair') this.noteAnswer(link, sequence);
    link.map?.add(sequence);
    const how = message.type === 'repair' ? 'repair' : message.isBacklog ? 'backlog' : 'push';
    this.offer({ packet, source: { kind: 'peer', peer: link.peer, how }, receivedMs: context.nowMs });
  }

  fromServer(packet: Packet, via: FetchReason | 'stream'): void {
    const { context, serverStream } = this.parts;
    context.statistics.bytesFromServer += packet.bytes.byteLength;
    if (packet.header.epoch !== context.epoch) {
      context.statistics.packetsIgnored++;
      return;
    }
    if (via === 'stream') serverStream.brought(context.nowMs);
    this.offer({ packet, source: { kind: 'server', via }, receivedMs: context.nowMs });
  }

  verified(ticket: number, isValid: boolean): void {
    const { context, verification, sessions, rescue } = this.parts;
    const verdict = verification.verdict(ticket, isValid);
    if (verdict.kind === 'unknown') return;
    const { arrival } = verdict;
    if (verdict.kind === 'valid') {
      this.accept(arrival, verdict.alternative);
      return;
    }
    context.statistics.packetsRejected++;
    if (arrival.source.kind === 'peer') sessions.ban(arrival.source.peer, 'it sent a forged packet');
    else rescue.failed(arrival.packet.header.sequence);
    context.timers.setSooner('wanted', context.nowMs);
  }

  private offer(arrival: Arrival): void {
    const { context, verification } = this.parts;
    const { statistics, ring } = context;
    const { sequence } = arrival.packet.header;
    const held = ring.get(sequence);
    if (held !== undefined) {
      statistics.packetsDuplicate++;
      if (isSameCopy(held, arrival.packet)) this.noteArrival(arrival.packet, arrival.source, arrival.receivedMs);
      return;
    }
    if (!this.isInWindow(sequence)) {
      statistics.packetsIgnored++;
      return;
    }
    const outcome = verification.offer(arrival);
    if (outcome === 'held') statistics.packetsDuplicate++;
    else if (outcome === 'full') statistics.packetsIgnored++;
  }

  /** Neither older than what we keep nor further ahead than the broadcast can be. */
  private isInWindow(sequence: number): boolean {
    const { context } = this.parts;
    const { ring, config, clock, nowMs, startSequence } = context;
    if (ring.newest < 0) return sequence >= startSequence - ring.capacity && sequence <= startSequence + ring.capacity;
    if (sequence < ring.oldest) return false;
    return sequence <= clock.newestPlausible(nowMs) + config.windowAheadPackets;
  }

  /** True, and new: kept, delivered, and relayed within this very input. */
  private accept(arrival: Arrival, alternative: PacketSource | undefined): void {
    const { context, wanted, children, serverStream, rescue, recovery } = this.parts;
    const { packet, source, receivedMs } = arrival;
    const { sequence } = packet.header;
    if (context.ring.has(sequence) || !context.ring.put(packet)) {
      context.statistics.packetsIgnored++;
      return;
    }
    context.clock.observe(packet, receivedMs);
    wanted.arrived(sequence);
    recovery.arrived();
    const isProbe = rescue.arrived(sequence);
    this.noteEnd(packet);
    const substream = substreamOf(context, sequence);
    if (source.kind === 'peer') context.statistics.packetsFromPeers++;
    else context.statistics.packetsFromServer++;
    context.outputs.push({ type: 'deliver', packet, from: source.kind === 'peer' ? 'peer' : 'server' });
    children.relay(substream, packet, (peer) => isFrom(source, peer) || isFrom(alternative, peer));
    this.noteArrival(packet, source, receivedMs);
    if (alternative !== undefined) this.noteArrival(packet, alternative, context.nowMs);
    this.noteRescue(substream, source, isProbe);
    this.parts.startUp.arrived();
    serverStream.settle(substream.index, context.nowMs);
  }

  private noteArrival(packet: Packet, source: PacketSource, receivedMs: Millis): void {
    const { sequence, captureMs } = packet.header;
    this.parts.parents.arrived(substreamOf(this.parts.context, sequence), sequence, source, receivedMs, captureMs);
  }

  private noteRescue(substream: Substream, source: PacketSource, isProbe: boolean): void {
    const { context, parents } = this.parts;
    // What was there before us says nothing about who feeds us.
    if (source.kind !== 'server' || source.via !== 'rescue') return;
    if (!isProbe) {
      parents.rescued(substream);
      return;
    }
    // Nobody had told that the broadcast goes on: whatever is late now is not fed by anyone.
    for (const every of context.substreams) parents.silenced(every);
  }

  private noteAnswer(link: Link, sequence: Sequence): void {
    const { wanted, repair } = this.parts;
    link.requested.delete(sequence);
    repair.answered(link);
    const entry = wanted.get(sequence);
    if (entry?.request?.link !== link) return;
    entry.request = undefined;
    link.requestsOutstanding = Math.max(0, link.requestsOutstanding - 1);
  }

  private noteEnd(packet: Packet): void {
    if (packet.header.isEnd) this.parts.context.endSequence = packet.header.sequence;
  }
}

function isFrom(source: PacketSource | undefined, peer: string): boolean {
  return source?.kind === 'peer' && source.peer === peer;
}

/** One packet has one signature (Ed25519 is deterministic): another one under the same number is no second copy of it. */
function isSameCopy(one: Packet, other: Packet): boolean {
  const { bytes } = one;
  if (bytes.byteLength !== other.bytes.byteLength) return false;
  for (let at = bytes.byteLength - SIGNATURE_BYTES; at < bytes.byteLength; at++) {
    if (bytes[at] !== other.bytes[at]) return false;
  }
  return true;
}
