import { DEFAULT_ENGINE_CONFIG } from '../swarm/engine-config.ts';
import type { FetchReason, LinkChannel } from '../swarm/engine-types.ts';
import type { Broadcast } from './broadcast.ts';
import { sequenceOf } from './broadcast.ts';
import { Histogram } from './histogram.ts';
import type { NetworkObserver } from './network.ts';
import type { ServerObserver } from './origin-server.ts';
import { Playout } from './playout.ts';
import type { SimulatedPeer, Wire } from './simulated-peer.ts';

/** Slots are given out for so much of an uplink. */
const { substreams: SUBSTREAMS, uplinkShare: UPLINK_SHARE } = DEFAULT_ENGINE_CONFIG;
/** A viewer's first seconds say how it starts, not how packets travel. */
const YOUNG_MS = 5000;

export type Figures = {
  readonly viewers: number;
  /** Bytes that left seeder and server, in copies of the stream. `rescue` holds `lease`: server streams. */
  readonly copies: { readonly push: number; readonly start: number; readonly rescue: number; readonly total: number };
  readonly leaseCopies: number;
  readonly copiesBound: number;
  readonly offload: number;
  readonly offloadBound: number;
  /** The same where each line gives whole slots only, of which a viewer needs eight. */
  readonly offloadBoundInSlots: number;
  readonly arrivalMs: Quantiles;
  readonly latencyMs: Quantiles;
  readonly firstPacketMs: Quantiles;
  readonly stalledShare: number;
  readonly stallsPerTenMinutes: number;
  readonly viewersEverStalledShare: number;
  readonly duplicateShare: number;
  readonly controlShare: number;
  /** Upload used of what the lines of those who upload would carry, and how evenly (Jain). */
  readonly uploadUse: number;
  readonly uploadFairness: number;
  readonly connections: { readonly mean: number; readonly max: number };
  readonly forgedBytesPlayed: number;
};

type Quantiles = { readonly p50: number; readonly p95: number; readonly p99: number };

type Person = { readonly playout: Playout; readonly joinedMs: number; uploadedBytes: number; capacityBytes: number };

/** Everything that is counted, from `begin` on. */
export class Measures implements NetworkObserver, ServerObserver {
  forgedBytesPlayed = 0;
  /** From the first moment on: bytes that left server and seeder, and bytes that viewers got. */
  readonly totals = { served: 0, delivered: 0 };
  private readonly broadcast: Broadcast;
  private readonly bitrateKbps: number;
  private readonly people = new Map<SimulatedPeer, Person>();
  private readonly arrival = new Histogram(10, 8000);
  private readonly latency = new Histogram(10, 10_000);
  private readonly first = new Histogram(10, 8000);
  private readonly left: Person[] = [];
  private isMeasuring = false;
  private streamBytes = 0;
  private pushBytes = 0;
  private readonly served = { start: 0, rescue: 0, lease: 0 };
  private deliveredBytes = 0;
  private receivedBytes = 0;
  private duplicateBytes = 0;
  private controlBytes = 0;
  private dataBytes = 0;
  private linkSamples = 0;
  private links = 0;
  private linksMost = 0;
  private viewerSamples = 0;
  private viewers = 0;
  private uplinkKbps = 0;
  private slots = 0;

  constructor(broadcast: Broadcast, bitrateKbps: number) {
    this.broadcast = broadcast;
    this.bitrateKbps = bitrateKbps;
  }

  /** The warm-up is over. */
  begin(): void {
    this.isMeasuring = true;
    for (const { playout } of this.people.values()) playout.restart();
  }

  joined(peer: SimulatedPeer, nowMs: number): void {
    this.people.set(peer, { playout: new Playout(), joinedMs: nowMs, uploadedBytes: 0, capacityBytes: 0 });
  }

  gone(peer: SimulatedPeer, nowMs: number): void {
    const person = this.people.get(peer);
    if (person === undefined) return;
    person.playout.end(nowMs);
    this.people.delete(peer);
    this.left.push(person);
  }

  produced(bytes: number): void {
    if (this.isMeasuring) this.streamBytes += bytes;
  }

  sent(from: SimulatedPeer, _wire: Wire, channel: LinkChannel, bytes: Uint8Array, wireBytes: number): void {
    if (from.role === 'seeder' && channel === 'data') this.totals.served += bytes.byteLength;
    if (!this.isMeasuring) return;
    if (channel === 'control') {
      this.controlBytes += wireBytes;
      return;
    }
    this.dataBytes += wireBytes;
    if (from.role === 'seeder') this.pushBytes += bytes.byteLength;
    const person = this.people.get(from);
    if (person !== undefined) person.uploadedBytes += wireBytes;
  }

  received(to: SimulatedPeer, channel: LinkChannel, bytes: Uint8Array): void {
    if (!this.isMeasuring || channel === 'control') return;
    this.receivedBytes += bytes.byteLength;
    if (to.has(sequenceOf(bytes))) this.duplicateBytes += bytes.byteLength;
  }

  serve(_peer: SimulatedPeer, via: FetchReason | 'stream', bytes: number): void {
    this.totals.served += bytes;
    if (!this.isMeasuring) return;
    this.served[via === 'stream' ? 'lease' : via] += bytes;
  }

  delivered(peer: SimulatedPeer, sequence: number, bytes: number, nowMs: number): void {
    const person = this.people.get(peer);
    if (person === undefined) return;
    this.totals.delivered += bytes;
    person.playout.arrived(sequence, nowMs);
    if (!this.isMeasuring) return;
    this.deliveredBytes += bytes;
    if (sequence === peer.startSequence) this.first.add(nowMs - person.joinedMs);
    const captureMs = this.broadcast.captureMs(sequence);
    if (captureMs > person.joinedMs && nowMs - person.joinedMs > YOUNG_MS) this.arrival.add(nowMs - captureMs);
  }

  /** One packet's deadline, for everybody who should have it. */
  deadline(sequence: number, nowMs: number, onMissing: (peer: SimulatedPeer) => void): void {
    const lateMs = nowMs - this.broadcast.captureMs(sequence);
    for (const [peer, { playout }] of this.people) {
      if (peer.startSequence === undefined || sequence < peer.startSequence) continue;
      if (peer.isFrozen || peer.epoch !== this.broadcast.epoch) continue;
      const isThere = peer.has(sequence);
      playout.deadline(sequence, isThere, nowMs, this.broadcast.intervalMs);
      if (this.isMeasuring && isThere) this.latency.add(lateMs);
      if (!isThere) onMissing(peer);
    }
  }

  /** Once a second. */
  sample(peers: Iterable<SimulatedPeer>): void {
    if (!this.isMeasuring) return;
    this.viewerSamples++;
    for (const peer of peers) {
      this.viewers++;
      if (peer.plan.isUploader && peer.isHonest) {
        const uplinkKbps = Math.min(peer.plan.uplinkKbps, peer.plan.allowedKbps);
        this.uplinkKbps += uplinkKbps;
        this.slots += Math.floor((uplinkKbps * UPLINK_SHARE * SUBSTREAMS) / this.bitrateKbps);
      }
      const person = this.people.get(peer);
      if (person !== undefined && peer.plan.isUploader) person.capacityBytes += peer.plan.uplinkKbps * 125;
      if (peer.plan.behaviour === 'opted-out') continue;
      this.linkSamples++;
      this.links += peer.wires.size;
      this.linksMost = Math.max(this.linksMost, peer.wires.size);
    }
  }

  figures(nowMs: number): Figures {
    for (const peer of [...this.people.keys()]) this.gone(peer, nowMs);
    const watched = this.left.filter(({ playout }) => playout.watchedMs > 0);
    const watchedMs = sum(watched, ({ playout }) => playout.watchedMs);
    const stream = Math.max(1, this.streamBytes);
    const push = this.pushBytes / stream;
    const start = this.served.start / stream;
    const lease = this.served.lease / stream;
    const rescue = this.served.rescue / stream + lease;
    const viewers = this.viewers / Math.max(1, this.viewerSamples);
    const rho = this.uplinkKbps / Math.max(1, this.viewers) / this.bitrateKbps;
    const copiesBound = Math.max(1, viewers * (1 - UPLINK_SHARE * rho));
    const use = watched
      .filter(({ capacityBytes }) => capacityBytes > 0)
      .map(({ uploadedBytes, capacityBytes }) => uploadedBytes / capacityBytes);
    const total = push + start + rescue;
    return {
      viewers: Math.round(viewers),
      copies: { push, start, rescue, total },
      leaseCopies: lease,
      copiesBound,
      offload: 1 - (total * stream) / Math.max(1, this.deliveredBytes),
      offloadBound: Math.max(0, 1 - copiesBound / Math.max(1, viewers)),
      offloadBoundInSlots: Math.min(1 - 1 / Math.max(1, viewers), this.slots / Math.max(1, this.viewers * SUBSTREAMS)),
      arrivalMs: this.arrival.quantiles(),
      latencyMs: this.latency.quantiles(),
      firstPacketMs: this.first.quantiles(),
      stalledShare: sum(watched, ({ playout }) => playout.stalledMs) / Math.max(1, watchedMs),
      stallsPerTenMinutes: (sum(watched, ({ playout }) => playout.stalls) * 600_000) / Math.max(1, watchedMs),
      viewersEverStalledShare: watched.filter(({ playout }) => playout.stalls > 0).length / Math.max(1, watched.length),
      duplicateShare: this.duplicateBytes / Math.max(1, this.receivedBytes),
      controlShare: this.controlBytes / Math.max(1, this.controlBytes + this.dataBytes),
      uploadUse: sum(use, (share) => share) / Math.max(1, use.length),
      uploadFairness: jain(use),
      connections: { mean: this.links / Math.max(1, this.linkSamples), max: this.linksMost },
      forgedBytesPlayed: this.forgedBytesPlayed,
    };
  }
}

/** 1: everybody gives the same share of its line; 1/n: one gives it all. */
function jain(values: readonly number[]): number {
  const squares = sum(values, (value) => value * value);
  return squares === 0 ? 1 : sum(values, (value) => value) ** 2 / (values.length * squares);
}

function sum<Item>(items: readonly Item[], weigh: (item: Item) => number): number {
  return items.reduce((total, item) => total + weigh(item), 0);
}
