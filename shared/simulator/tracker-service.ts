import type { NetworkAddress } from '../../tracker/core/network-address.ts';
import { Tracker } from '../../tracker/core/tracker.ts';
import type { TrackerInput, TrackerOutput } from '../../tracker/core/tracker-types.ts';
import type { Random } from '../basics/random.ts';
import type { ChannelName, Millis, PeerId } from '../basics/units.ts';
import { encodeBase64Url } from '../bytes/base64url.ts';
import type { EngineOutput } from '../swarm/engine-types.ts';
import { type Introduction, TRACKER_PROTOCOL_VERSION } from '../wire/tracker-messages.ts';
import { WALL_MS } from './broadcast.ts';
import type { EventQueue } from './event-queue.ts';
import { claimedUplink } from './misbehaviour.ts';
import type { Network } from './network.ts';
import type { SimulatedPeer } from './simulated-peer.ts';

const CHANNEL = 'simulated' as ChannelName;
/** A socket whose viewer vanished: the tracker's ping tells. */
const SOCKET_NOTICED_MS = 5000;
/** Clients come back to a tracker that restarted within this. */
const REJOIN_MS: readonly [number, number] = [400, 3000];

/** The shipped tracker, a socket's delay away from everyone. Signals are not sent: what they take is part of connecting. */
export class TrackerService {
  private readonly queue: EventQueue;
  private readonly random: Random;
  private readonly network: Network;
  private readonly bitrateKbps: number;
  private readonly members = new Map<PeerId, SimulatedPeer>();
  private tracker: Tracker;
  private wakeupAtMs: number | undefined;
  private isUp = true;

  constructor(queue: EventQueue, random: Random, network: Network, bitrateKbps: number) {
    this.queue = queue;
    this.random = random;
    this.network = network;
    this.bitrateKbps = bitrateKbps;
    this.tracker = new Tracker(random.fork());
  }

  get size(): number {
    return this.members.size;
  }

  /** Sockets that the tracker holds. */
  get sockets(): number {
    return this.tracker.stats().sockets;
  }

  join(peer: SimulatedPeer): void {
    const { queue } = this;
    queue.after(peer.trackerOneWayMs, () => {
      if (!peer.isAlive || peer.optedOutMs <= queue.nowMs) return;
      if (!this.isUp) {
        queue.after(this.random.between(...REJOIN_MS), () => this.join(peer));
        return;
      }
      const id = encodeBase64Url(Uint8Array.from({ length: 12 }, () => this.random.below(256))) as PeerId;
      peer.id = id;
      this.members.set(id, peer);
      this.network.name(peer, id);
      this.handle({ type: 'connected', peer: id, address: addressOf(peer) });
      const links = peer.wires.size;
      const request = {
        protocol: TRACKER_PROTOCOL_VERSION,
        channel: CHANNEL,
        role: peer.role,
        uplinkKbps: Math.round(claimedUplink(peer.plan.behaviour, peer.uploadBytesPerSecond) / 125),
        ...(links > 0 && { links }),
      };
      const serverTimeMs = WALL_MS + queue.nowMs;
      this.handle({ type: 'join', peer: id, request, serverTimeMs, iceServers: [], bitrateKbps: this.bitrateKbps });
    });
  }

  /** What a peer's engine tells the tracker. */
  tell(peer: SimulatedPeer, output: Extract<EngineOutput, { type: 'ask-tracker' | 'report' }>): void {
    const { id } = peer;
    if (id === undefined) return;
    this.queue.after(peer.trackerOneWayMs, () => {
      if (!this.members.has(id)) return;
      if (output.type === 'report') this.handle({ type: 'report', peer: id, report: output.report });
      else this.handle({ type: 'ask', peer: id, request: { substreams: output.substreams } });
    });
  }

  leave(peer: SimulatedPeer, isGraceful: boolean): void {
    const { id } = peer;
    if (id === undefined) return;
    this.queue.after(isGraceful ? peer.trackerOneWayMs : SOCKET_NOTICED_MS, () => {
      if (!this.members.delete(id)) return;
      this.network.forget(id);
      this.handle({ type: 'disconnected', peer: id });
    });
  }

  /** Back at once, with empty memory: everybody's socket breaks. */
  restart(downMs: number): void {
    const peers = [...this.members.values()];
    this.members.clear();
    this.tracker = new Tracker(this.random.fork());
    this.wakeupAtMs = undefined;
    this.isUp = false;
    this.queue.after(downMs, () => {
      this.isUp = true;
    });
    for (const peer of peers) {
      peer.feed({ type: 'tracker-state', isConnected: false });
      this.queue.after(this.random.between(...REJOIN_MS), () => this.join(peer));
    }
  }

  private handle(input: TrackerInput): void {
    for (const output of this.tracker.handle(input, this.queue.nowMs)) this.perform(output);
    this.scheduleWakeup();
  }

  private perform(output: TrackerOutput): void {
    if (output.type === 'swarm') {
      for (const peer of this.members.values()) {
        this.toPeer(peer, () => peer.feed({ type: 'swarm-state', state: output.state }));
      }
      return;
    }
    const peer = this.members.get(output.peer);
    if (peer === undefined) return;
    switch (output.type) {
      case 'join-reply': {
        if (!('answer' in output.reply)) return;
        const { swarm, commitments, introductions } = output.reply.answer;
        this.toPeer(peer, () => {
          peer.feed({ type: 'tracker-state', isConnected: true });
          peer.feed({ type: 'swarm-state', state: swarm });
          peer.feed({ type: 'commitments', commitments });
          introduce(peer, introductions);
        });
        return;
      }
      case 'introduce':
        this.toPeer(peer, () => introduce(peer, output.introductions));
        return;
      case 'gone':
        this.toPeer(peer, () => this.network.gone(peer, output.gone));
        return;
      default:
    }
  }

  private toPeer(peer: SimulatedPeer, run: () => void): void {
    this.queue.after(peer.trackerOneWayMs, run);
  }

  private scheduleWakeup(): void {
    const atMs = this.tracker.nextWakeup() as Millis | undefined;
    if (atMs === undefined || this.wakeupAtMs === atMs) return;
    this.wakeupAtMs = atMs;
    this.queue.at(atMs, () => {
      if (this.wakeupAtMs !== atMs) return;
      this.wakeupAtMs = undefined;
      this.handle({ type: 'wakeup' });
    });
  }
}

function introduce(peer: SimulatedPeer, introductions: readonly Introduction[]): void {
  const peers = introductions.map(({ peerId, role, offers }) => ({ peer: peerId, role, offers }));
  peer.feed({ type: 'introduced', peers });
}

/** Everybody has a line of one's own, but for sybils, who share one. */
function addressOf({ plan }: SimulatedPeer): NetworkAddress {
  const number = plan.behaviour === 'sybil' ? 0xffff : plan.number;
  return {
    family: 4,
    parts: [11 + (number >> 16), (number >> 8) & 255, number & 255, 1 + (number % 7)],
    reach: 'public',
  };
}
