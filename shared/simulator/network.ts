import { Random } from '../basics/random.ts';
import type { PeerId } from '../basics/units.ts';
import type { LinkBuffer, LinkChannel } from '../swarm/engine-types.ts';
import type { EventQueue } from './event-queue.ts';
import { DATAGRAM_BYTES, DATAGRAM_OVERHEAD_BYTES, LINES } from './lines.ts';
import type { SimulatedPeer, Wire } from './simulated-peer.ts';
import { TransportBuffer } from './transport-buffer.ts';
import { Weather } from './weather.ts';

/** Two peers at the same place, and what the whole width of the map adds, one way. Mean distance is 0.52 of the width. */
const ONE_WAY_MS_MIN = 3;
const ONE_WAY_MS_ACROSS = 44;
/** ICE, DTLS and SCTP: so much, and three round trips. */
const SETUP_MS: readonly [number, number] = [150, 400];
const SETUP_ROUND_TRIPS = 3;
const CONNECT_TIMEOUT_MS = 10_000;
/** What each side sends for it: description and candidates to the tracker, checks, certificates. Measured with Chromium. */
const SETUP_BYTES = 2500;
/** One that vanished is noticed by the transport after this: ICE consent is lost, then the grace of the link. */
const NOTICED_MS: readonly [number, number] = [5000, 8000];
/** The transport calls back when what it holds falls under this. */
const LOW_WATER_BYTES = 16 * 1024;
/** What a congestion window lets out to one that answers no more. */
const WINDOW_TO_DEAD_BYTES = 48 * 1024;
/** What is on its way unacknowledged takes no window up before this: the first window is some 12 kB, a child's share 8 kB/s. */
const WINDOW_MS = 1000;

/** What happens to messages, for whoever counts. */
export interface NetworkObserver {
  sent(from: SimulatedPeer, wire: Wire, channel: LinkChannel, bytes: Uint8Array, wireBytes: number): void;
  received(to: SimulatedPeer, channel: LinkChannel, bytes: Uint8Array): void;
}

/** Lines, distances and connections between peers: everything between one engine's `send` and another's `message`. */
export class Network {
  readonly weather: Weather;
  private readonly queue: EventQueue;
  private readonly random: Random;
  private readonly seed: number;
  private readonly unreachablePairs: number;
  private readonly observer: NetworkObserver;
  private readonly byName = new Map<PeerId, SimulatedPeer>();

  constructor(queue: EventQueue, random: Random, unreachablePairs: number, observer: NetworkObserver) {
    this.queue = queue;
    this.random = random;
    this.seed = random.nextUint32();
    this.unreachablePairs = unreachablePairs;
    this.observer = observer;
    this.weather = new Weather(new Random(this.seed ^ 0x736b79));
  }

  get nowMs(): number {
    return this.queue.nowMs;
  }

  /** The tracker gave this peer a name. It keeps the ones it had: links go by them. */
  name(peer: SimulatedPeer, id: PeerId): void {
    this.byName.set(id, peer);
  }

  forget(id: PeerId): void {
    this.byName.delete(id);
  }

  peerOf(id: PeerId): SimulatedPeer | undefined {
    return this.byName.get(id);
  }

  connect(peer: SimulatedPeer, name: PeerId): void {
    this.disconnect(peer, name);
    const remote = this.byName.get(name);
    if (remote === undefined) {
      const attemptEndsMs = this.queue.nowMs + CONNECT_TIMEOUT_MS;
      this.queue.at(attemptEndsMs, () => peer.feed({ type: 'link-closed', peer: name, reason: 'connect-timeout' }));
      return;
    }
    peer.uplink.take(SETUP_BYTES, this.queue.nowMs);
    const attempt = { name };
    peer.attempts.set(remote.plan.number, attempt);
    this.queue.after(CONNECT_TIMEOUT_MS, () => {
      if (peer.attempts.get(remote.plan.number) !== attempt) return;
      peer.attempts.delete(remote.plan.number);
      peer.feed({ type: 'link-closed', peer: name, reason: 'connect-timeout' });
    });
    const theirs = remote.attempts.get(peer.plan.number);
    if (theirs === undefined || !this.isReachable(peer, remote)) return;
    const signallingMs = 2 * (peer.trackerOneWayMs + remote.trackerOneWayMs);
    const waitMs = peer.uplink.waitMs(this.queue.nowMs) + remote.uplink.waitMs(this.queue.nowMs);
    const setupMs = this.random.between(...SETUP_MS) + SETUP_ROUND_TRIPS * this.roundTripMs(peer, remote) + waitMs;
    this.queue.after(signallingMs + setupMs, () => {
      if (!peer.isAlive || !remote.isAlive || this.isHeld(peer, remote)) return;
      if (peer.attempts.get(remote.plan.number) !== attempt) return;
      if (remote.attempts.get(peer.plan.number) !== theirs) return;
      this.open(peer, name, remote, theirs.name);
    });
  }

  /** The tracker says that this peer is gone: what is being made never will be; an open link does not need the tracker. */
  gone(peer: SimulatedPeer, name: PeerId): void {
    for (const [number, attempt] of peer.attempts) {
      if (attempt.name !== name) continue;
      peer.attempts.delete(number);
      peer.feed({ type: 'link-closed', peer: name, reason: 'gone' });
      return;
    }
  }

  disconnect(peer: SimulatedPeer, name: PeerId): void {
    for (const [number, attempt] of peer.attempts) if (attempt.name === name) peer.attempts.delete(number);
    const wire = peer.wires.get(name);
    if (wire === undefined) return;
    this.close(peer, wire, this.oneWayMs(peer, wire.remote), 'closed-by-peer');
  }

  /** Says goodbye to everybody. */
  leave(peer: SimulatedPeer): void {
    peer.attempts.clear();
    for (const wire of [...peer.wires.values()])
      this.close(peer, wire, this.oneWayMs(peer, wire.remote), 'closed-by-peer');
  }

  /** Gone without a word. */
  vanish(peer: SimulatedPeer): void {
    peer.attempts.clear();
    for (const wire of [...peer.wires.values()]) {
      this.close(peer, wire, this.random.between(...NOTICED_MS), 'disconnected');
    }
  }

  /** The connection breaks under both. */
  breakLink(peer: SimulatedPeer, wire: Wire): void {
    this.close(peer, wire, 0, 'data-channel-closed');
    peer.feed({ type: 'link-closed', peer: wire.name, reason: 'data-channel-closed' });
  }

  send(peer: SimulatedPeer, wire: Wire, channel: LinkChannel, bytes: Uint8Array): void {
    const { queue, random } = this;
    const { remote } = wire;
    const isData = channel === 'data';
    if (isData) {
      wire.buffer.take(bytes.byteLength);
      peer.unreported.add(wire);
    }
    if (!remote.isAlive && wire.stuckBytes + bytes.byteLength > WINDOW_TO_DEAD_BYTES) return;
    const datagrams = Math.ceil(bytes.byteLength / DATAGRAM_BYTES);
    const size = bytes.byteLength + DATAGRAM_OVERHEAD_BYTES * datagrams;
    this.observer.sent(peer, wire, channel, bytes, size);
    const leavesMs = Math.max(peer.uplink.take(size, queue.nowMs), this.weather.heldUntilMs(peer, remote));
    if (remote.isAlive && isData) {
      // Acknowledgements that wait behind a full uplink hold the next window up.
      const heldMs = Math.max(0, remote.uplink.waitMs(queue.nowMs) - WINDOW_MS);
      wire.buffer.departs(leavesMs + heldMs, bytes.byteLength);
      if (wire.buffer.bytes > LOW_WATER_BYTES) this.awaitDrain(peer, wire);
    } else if (!remote.isAlive) {
      wire.stuckBytes += bytes.byteLength;
      return;
    }
    const { oneWayMs, jitterMs, loss } = wire;
    let arrivesMs = leavesMs + oneWayMs + random.fraction() * jitterMs;
    if (random.fraction() < loss) arrivesMs += oneWayMs * random.between(2, 4);
    arrivesMs += this.weather.extraMs(channel);
    if (channel === 'control') {
      arrivesMs = Math.max(arrivesMs, wire.lastControlMs);
      wire.lastControlMs = arrivesMs;
    }
    const { downlink } = remote;
    const serialMs = downlink.serialMs(size);
    queue.at(arrivesMs + serialMs, () => {
      if (!remote.isAlive) return;
      // The last byte comes when the line had time for all of it; whoever came before is served before.
      const waitMs = downlink.waitMs(queue.nowMs - serialMs);
      downlink.take(size, queue.nowMs - serialMs);
      remote.uplink.acknowledge(datagrams, queue.nowMs);
      if (waitMs >= 1) queue.after(waitMs, () => this.arrive(wire, channel, bytes));
      else this.arrive(wire, channel, bytes);
    });
    if (this.weather.isDoubled(channel)) queue.at(arrivesMs + 2 * serialMs, () => this.arrive(wire, channel, bytes));
  }

  reportBuffers(peer: SimulatedPeer): void {
    if (peer.unreported.size === 0) return;
    this.report(peer, peer.unreported);
  }

  /** True: there was something to tell. */
  reportWaiting(peer: SimulatedPeer): boolean {
    return peer.waiting.size > 0 && this.report(peer, peer.waiting);
  }

  oneWayMs(one: SimulatedPeer, other: SimulatedPeer): number {
    const dx = one.plan.x - other.plan.x;
    const dy = one.plan.y - other.plan.y;
    const access = LINES[one.plan.line].accessMs + LINES[other.plan.line].accessMs;
    return ONE_WAY_MS_MIN + access + ONE_WAY_MS_ACROSS * Math.sqrt(dx * dx + dy * dy);
  }

  private arrive(wire: Wire, channel: LinkChannel, bytes: Uint8Array): void {
    const { back, remote } = wire;
    if (back === undefined || !back.isOpen || !remote.isAlive) return;
    this.observer.received(remote, channel, bytes);
    remote.feed({ type: 'message', peer: back.name, channel, bytes });
  }

  private open(peer: SimulatedPeer, name: PeerId, remote: SimulatedPeer, nameOfPeer: PeerId): void {
    peer.attempts.delete(remote.plan.number);
    remote.attempts.delete(peer.plan.number);
    const there = this.makeWire(name, peer, remote);
    const back = this.makeWire(nameOfPeer, remote, peer);
    there.back = back;
    back.back = there;
    peer.wires.set(name, there);
    remote.wires.set(nameOfPeer, back);
    const rttMs = Math.round(this.roundTripMs(peer, remote));
    peer.feed({ type: 'link-opened', peer: name, role: remote.role, rttMs });
    remote.feed({ type: 'link-opened', peer: nameOfPeer, role: peer.role, rttMs });
  }

  /** Ends both directions: ours at once, theirs when they notice. */
  private close(peer: SimulatedPeer, wire: Wire, noticedMs: number, reason: string): void {
    const { back, remote } = wire;
    wire.isOpen = false;
    peer.wires.delete(wire.name);
    peer.unreported.delete(wire);
    if (back === undefined) return;
    // What left before the goodbye still comes, and so does what the other side sends until it knows; nobody hears that.
    const heldMs = this.weather.heldUntilMs(peer, remote) - this.queue.nowMs;
    this.queue.after(Math.max(noticedMs, heldMs), () => {
      if (remote.wires.get(back.name) !== back) return;
      back.isOpen = false;
      remote.wires.delete(back.name);
      remote.unreported.delete(back);
      remote.feed({ type: 'link-closed', peer: back.name, reason });
    });
  }

  private report(peer: SimulatedPeer, wires: Iterable<Wire>): boolean {
    const links: LinkBuffer[] = [];
    for (const wire of wires) {
      wire.buffer.settle(this.queue.nowMs);
      if (wire.isOpen && wire.buffer.bytes > 0) peer.waiting.add(wire);
      else peer.waiting.delete(wire);
      if (wire.isOpen) links.push({ peer: wire.name, bufferedBytes: wire.buffer.bytes });
    }
    if (wires === peer.unreported) peer.unreported.clear();
    if (links.length > 0) peer.feed({ type: 'link-buffers', links });
    return links.length > 0;
  }

  private awaitDrain(peer: SimulatedPeer, wire: Wire): void {
    if (wire.isDrainAwaited) return;
    wire.buffer.settle(this.queue.nowMs);
    const drainsMs = wire.buffer.fallsToMs(LOW_WATER_BYTES);
    if (drainsMs === undefined) return;
    wire.isDrainAwaited = true;
    this.queue.at(Math.ceil(drainsMs), () => {
      wire.isDrainAwaited = false;
      if (!wire.isOpen || !peer.isAlive) return;
      wire.buffer.settle(this.queue.nowMs);
      if (wire.buffer.bytes > LOW_WATER_BYTES) this.awaitDrain(peer, wire);
      else this.report(peer, [wire]);
    });
  }

  private makeWire(name: PeerId, owner: SimulatedPeer, remote: SimulatedPeer): Wire {
    const [from, to] = [LINES[owner.plan.line], LINES[remote.plan.line]];
    return {
      name,
      remote,
      back: undefined,
      isOpen: true,
      buffer: new TransportBuffer(),
      oneWayMs: this.oneWayMs(owner, remote),
      jitterMs: (from.jitterMs + to.jitterMs) / 2,
      loss: from.loss + to.loss,
      stuckBytes: 0,
      isDrainAwaited: false,
      lastControlMs: 0,
    };
  }

  private roundTripMs(one: SimulatedPeer, other: SimulatedPeer): number {
    return 2 * this.oneWayMs(one, other);
  }

  /** The same answer for a pair whenever it is asked, whoever asks. */
  private isReachable(one: SimulatedPeer, other: SimulatedPeer): boolean {
    if (one.role === 'seeder' || other.role === 'seeder') return true;
    return pairFraction(one.plan.number, other.plan.number, this.seed) >= this.unreachablePairs;
  }

  private isHeld(one: SimulatedPeer, other: SimulatedPeer): boolean {
    const { weather, queue } = this;
    return weather.heldUntilMs(one, other) > queue.nowMs || weather.heldUntilMs(other, one) > queue.nowMs;
  }
}

function pairFraction(one: number, other: number, seed: number): number {
  const [low, high] = one < other ? [one, other] : [other, one];
  let hash = Math.imul(low ^ seed, 0x9e3779b1) ^ Math.imul(high + 0x7f4a7c15, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 0x1_0000_0000;
}
