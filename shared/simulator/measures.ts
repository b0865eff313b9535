import type { Millis } from '../basics/units.ts';
import { DEFAULT_ENGINE_CONFIG } from '../swarm/engine-config.ts';
import type { FetchReason, LinkChannel } from '../swarm/engine-types.ts';
import type { Broadcast } from './broadcast.ts';
import { sequenceOf } from './broadcast.ts';
import { Histogram } from './histogram.ts';
import type { NetworkObserver } from './network.ts';
import type { ServerObserver } from './origin-server.ts';
import type { SimulatedPeer, Wire } from './simulated-peer.ts';
import type { SimulatedPlayback } from './simulated-playback.ts';

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
  /** What playback aims at, sampled each second. */
  readonly targetLatencyMs: Quantiles;
  readonly firstPacketMs: Quantiles;
  /** From a viewer's coming until its pictures move. */
  readonly firstMotionMs: Quantiles;
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

type Stalls = { readonly stalls: number; readonly stallMs: number };

type Person = {
  readonly joinedMs: number;
  uploadedBytes: number;
  capacityBytes: number;
  /** With pictures that should have moved, and when that was last looked at. */
  watchedMs: number;
  lookedMs: number | undefined;
  /** What its player counted before the measured time, and in it. */
  before: Stalls;
  stalled: Stalls;
};

const NO_STALL: Stalls = { stalls: 0, stallMs: 0 };
/** Between two looks; a page that slept longer was not watched meanwhile. */
const WATCHED_MS_MAX = 500;
/** Latency counts once for so long that it lasted. */
const LATENCY_STEP_MS = 100;

/** Everything that is counted, from `begin` on. */
export class Measures implements NetworkObserver, ServerObserver {
  forgedBytesPlayed = 0;
  /** From the first moment on: bytes that left server and seeder, and bytes that viewers got. */
  readonly totals = { served: 0, delivered: 0 };
  private readonly broadcast: Broadcast;
  private readonly bitrateKbps: number;
  private readonly people = new Map<SimulatedPeer, Person>();
  private readonly arrival = new Histogram(10, 8000);
  private readonly latency = new Histogram(10, 20_000);
  private readonly target = new Histogram(10, 20_000);
  private readonly motion = new Histogram(10, 20_000);
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
  begin(nowMs: number): void {
    this.isMeasuring = true;
    for (const [peer, person] of this.people) person.before = stallsOf(peer, nowMs);
  }

  joined(peer: SimulatedPeer, nowMs: number): void {
    this.people.set(peer, {
      joinedMs: nowMs,
      uploadedBytes: 0,
      capacityBytes: 0,
      watchedMs: 0,
      lookedMs: undefined,
      before: NO_STALL,
      stalled: NO_STALL,
    });
  }

  gone(peer: SimulatedPeer, nowMs: number): void {
    const person = this.people.get(peer);
    if (person === undefined) return;
    const { stalls, stallMs } = stallsOf(peer, nowMs);
    person.stalled = { stalls: stalls - person.before.stalls, stallMs: stallMs - person.before.stallMs };
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
    if (!this.isMeasuring) return;
    this.deliveredBytes += bytes;
    if (sequence === peer.startSequence) this.first.add(nowMs - person.joinedMs);
    const captureMs = this.broadcast.captureMs(sequence);
    if (captureMs > person.joinedMs && nowMs - person.joinedMs > YOUNG_MS) this.arrival.add(nowMs - captureMs);
  }

  /** A viewer's playback was looked at. */
  watched(peer: SimulatedPeer, { latencyMs }: SimulatedPlayback, nowMs: number): void {
    const person = this.people.get(peer);
    if (person === undefined || latencyMs === undefined) return;
    const { lookedMs } = person;
    person.lookedMs = nowMs;
    if (!this.isMeasuring) return;
    if (lookedMs === undefined) this.motion.add(nowMs - person.joinedMs);
    const lastedMs = Math.min(WATCHED_MS_MAX, nowMs - (lookedMs ?? nowMs));
    person.watchedMs += lastedMs;
    this.latency.add(latencyMs, Math.round(lastedMs / LATENCY_STEP_MS));
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
      if (peer.playback?.conductor.isMoving) this.target.add(peer.playback.conductor.controller.targetMs);
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
    const watched = this.left.filter(({ watchedMs }) => watchedMs > 0);
    const watchedMs = sum(watched, (person) => person.watchedMs);
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
      targetLatencyMs: this.target.quantiles(),
      firstPacketMs: this.first.quantiles(),
      firstMotionMs: this.motion.quantiles(),
      stalledShare: sum(watched, ({ stalled }) => stalled.stallMs) / Math.max(1, watchedMs),
      stallsPerTenMinutes: (sum(watched, ({ stalled }) => stalled.stalls) * 600_000) / Math.max(1, watchedMs),
      viewersEverStalledShare:
        watched.filter(({ stalled }) => stalled.stallMs > 0).length / Math.max(1, watched.length),
      duplicateShare: this.duplicateBytes / Math.max(1, this.receivedBytes),
      controlShare: this.controlBytes / Math.max(1, this.controlBytes + this.dataBytes),
      uploadUse: sum(use, (share) => share) / Math.max(1, use.length),
      uploadFairness: jain(use),
      connections: { mean: this.links / Math.max(1, this.linkSamples), max: this.linksMost },
      forgedBytesPlayed: this.forgedBytesPlayed,
    };
  }
}

function stallsOf(peer: SimulatedPeer, nowMs: number): Stalls {
  return peer.playback?.conductor.meter.totals(nowMs as Millis) ?? NO_STALL;
}

/** 1: everybody gives the same share of its line; 1/n: one gives it all. */
function jain(values: readonly number[]): number {
  const squares = sum(values, (value) => value * value);
  return squares === 0 ? 1 : sum(values, (value) => value) ** 2 / (values.length * squares);
}

function sum<Item>(items: readonly Item[], weigh: (item: Item) => number): number {
  return items.reduce((total, item) => total + weigh(item), 0);
}
