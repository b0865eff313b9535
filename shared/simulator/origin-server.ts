import type { Random } from '../basics/random.ts';
import type { Epoch, Sequence } from '../basics/units.ts';
import type { Packet } from '../packets/packet.ts';
import { DEFAULT_ENGINE_CONFIG } from '../swarm/engine-config.ts';
import type { FetchReason } from '../swarm/engine-types.ts';
import type { Broadcast } from './broadcast.ts';
import type { EventQueue } from './event-queue.ts';
import type { SimulatedPeer } from './simulated-peer.ts';

const HTTP_MS: readonly [number, number] = [60, 150];
/** An answer in fifty is slow. */
const SLOW_SHARE = 0.02;
const SLOW_MS: readonly [number, number] = [100, 400];
const { substreams: SUBSTREAMS } = DEFAULT_ENGINE_CONFIG;
const TCP_OVERHEAD = 1.04;
/** Measured at a viewer over plain HTTP: 10.5 kbit/s of acknowledgements for 525 kbit/s. And a GET of Chromium's. */
const TCP_ACKNOWLEDGED_SHARE = 0.02;
const REQUEST_BYTES = 600;
/** Whoever was turned away waits up to so long before it asks again. */
const FORGIVEN_MS = 10_000;

/** What is wrong with it just now. */
export type ServerTrouble = {
  /** Share of answers that are a 503. */
  readonly failing: number;
  /** Share of answers that break off half-way. */
  readonly truncating: number;
  /** Every answer takes so much longer. */
  readonly slowMs: number;
};

const NO_TROUBLE: ServerTrouble = { failing: 0, truncating: 0, slowMs: 0 };

export interface ServerObserver {
  serve(peer: SimulatedPeer, via: FetchReason | 'stream', bytes: number): void;
}

/** The server over HTTP: single packets, and streams of sub-streams. */
export class OriginServer {
  private readonly queue: EventQueue;
  private readonly random: Random;
  private readonly broadcast: Broadcast;
  private readonly observer: ServerObserver;
  /** Given: what every answer takes, and none is slower. */
  private readonly givenMs: readonly [number, number] | undefined;
  private readonly streaming = new Set<SimulatedPeer>();
  private trouble = NO_TROUBLE;
  private troubledMs = Number.NEGATIVE_INFINITY;
  private isEager = false;

  constructor(
    queue: EventQueue,
    random: Random,
    broadcast: Broadcast,
    observer: ServerObserver,
    givenMs?: readonly [number, number],
  ) {
    this.givenMs = givenMs;
    this.queue = queue;
    this.random = random;
    this.broadcast = broadcast;
    this.observer = observer;
  }

  /** Nothing is wrong with it, and has not been for so long that everybody has asked again. */
  get isSound(): boolean {
    return this.trouble === NO_TROUBLE && this.queue.nowMs - this.troubledMs > FORGIVEN_MS;
  }

  /** It can say what is broadcast. */
  get isAnswering(): boolean {
    return this.trouble.failing < 1;
  }

  beginTrouble(trouble: Partial<ServerTrouble>): void {
    this.trouble = { ...this.trouble, ...trouble };
  }

  endTrouble(): void {
    this.trouble = NO_TROUBLE;
    this.troubledMs = this.queue.nowMs;
  }

  /** Nothing is slow from now on: whoever still stalls has itself to blame. */
  becomeEager(): void {
    this.isEager = true;
  }

  /** The source began anew: responses of the epoch before end. */
  closeStreams(): void {
    for (const peer of [...this.streaming]) this.breakOff(peer, 'epoch-over');
  }

  /** Request, and the first byte of the answer. */
  answerMs(): number {
    const { random, trouble } = this;
    if (this.givenMs !== undefined) return random.between(...this.givenMs) + trouble.slowMs;
    const isSlow = random.fraction() < SLOW_SHARE && !this.isEager;
    const slowMs = isSlow ? random.between(...SLOW_MS) : 0;
    return random.between(...HTTP_MS) + slowMs + trouble.slowMs;
  }

  answer(peer: SimulatedPeer, reason: FetchReason, epoch: Epoch, sequence: Sequence): void {
    this.queue.at(peer.uplink.ask(REQUEST_BYTES, this.queue.nowMs) + this.answerMs(), () => {
      if (!peer.isAlive) return;
      const packet = epoch === this.broadcast.epoch ? this.broadcast.packet(sequence) : undefined;
      if (packet === undefined || this.happens(this.trouble.failing)) {
        peer.feed({ type: 'fetch-failed', epoch, sequence });
        return;
      }
      this.observer.serve(peer, reason, packet.bytes.byteLength);
      const isWhole = !this.happens(this.trouble.truncating);
      this.bring(peer, packet, 0, () => {
        peer.feed(
          isWhole ? { type: 'packet-from-server', packet, via: reason } : { type: 'fetch-failed', epoch, sequence },
        );
      });
    });
  }

  /** Replaces the stream there was. */
  keep(peer: SimulatedPeer, substreams: readonly number[], from: number): void {
    const generation = ++peer.streamGeneration;
    // What is under way goes on until the new request arrives: the old response is dropped by the client at once.
    peer.stream = undefined;
    this.streaming.delete(peer);
    if (substreams.length === 0) return;
    this.queue.at(peer.uplink.ask(REQUEST_BYTES, this.queue.nowMs) + this.answerMs(), () => {
      if (!peer.isAlive || peer.streamGeneration !== generation) return;
      const isOver = peer.epoch !== this.broadcast.epoch;
      if (isOver || this.happens(this.trouble.failing)) {
        peer.feed({ type: 'server-stream-closed', reason: isOver ? 'epoch-over' : 'http-503' });
        return;
      }
      peer.stream = { substreams, generation };
      this.streaming.add(peer);
      for (let sequence = from; sequence <= this.broadcast.newest; sequence++) {
        const packet = this.broadcast.packet(sequence);
        if (packet !== undefined) this.stream(peer, packet);
      }
    });
  }

  /** A packet is new: every stream that has its sub-stream carries it. */
  produced(packet: Packet): void {
    for (const peer of this.streaming) {
      if (peer.isAlive) this.stream(peer, packet);
      else this.streaming.delete(peer);
    }
  }

  private stream(peer: SimulatedPeer, packet: Packet): void {
    const { stream } = peer;
    if (stream === undefined || !stream.substreams.includes(packet.header.sequence % SUBSTREAMS)) return;
    if (this.happens(this.trouble.truncating)) {
      this.breakOff(peer, 'truncated');
      return;
    }
    this.observer.serve(peer, 'stream', packet.bytes.byteLength);
    this.bring(peer, packet, peer.httpOneWayMs, () => {
      if (peer.streamGeneration === stream.generation) peer.feed({ type: 'packet-from-server', packet, via: 'stream' });
    });
  }

  private bring(peer: SimulatedPeer, packet: Packet, delayMs: number, run: () => void): void {
    const { queue } = this;
    queue.after(delayMs, () => {
      if (!peer.isAlive) return;
      peer.uplink.note(packet.bytes.byteLength * TCP_ACKNOWLEDGED_SHARE, queue.nowMs);
      queue.at(peer.downlink.take(packet.bytes.byteLength * TCP_OVERHEAD, queue.nowMs), () => {
        if (peer.isAlive) run();
      });
    });
  }

  private breakOff(peer: SimulatedPeer, reason: string): void {
    this.streaming.delete(peer);
    peer.stream = undefined;
    const { streamGeneration } = peer;
    this.queue.after(peer.httpOneWayMs, () => {
      if (peer.streamGeneration === streamGeneration) peer.feed({ type: 'server-stream-closed', reason });
    });
  }

  private happens(share: number): boolean {
    return share > 0 && this.random.fraction() < share;
  }
}
