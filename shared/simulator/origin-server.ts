import type { Random } from '../basics/random.ts';
import type { Epoch, Sequence } from '../basics/units.ts';
import type { Packet } from '../packets/packet.ts';
import type { FetchReason } from '../swarm/engine-types.ts';
import { type Broadcast, SIMULATED_EPOCH } from './broadcast.ts';
import type { EventQueue } from './event-queue.ts';
import type { SimulatedPeer } from './simulated-peer.ts';

const HTTP_MS: readonly [number, number] = [60, 150];
/** An answer in fifty is slow. */
const SLOW_SHARE = 0.02;
const SLOW_MS: readonly [number, number] = [100, 400];
const SUBSTREAMS = 8;
const TCP_OVERHEAD = 1.04;

export interface ServerObserver {
  serve(peer: SimulatedPeer, via: FetchReason | 'stream', bytes: number): void;
}

/** The server over HTTP: single packets, and streams of sub-streams. */
export class OriginServer {
  /** Share of answers that fail just now. */
  failing = 0;
  private readonly queue: EventQueue;
  private readonly random: Random;
  private readonly broadcast: Broadcast;
  private readonly observer: ServerObserver;
  /** Given: what every answer takes, and none is slower. */
  private readonly givenMs: readonly [number, number] | undefined;
  private readonly streaming = new Set<SimulatedPeer>();

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

  /** Request, and the first byte of the answer. */
  answerMs(): number {
    if (this.givenMs !== undefined) return this.random.between(...this.givenMs);
    const slowMs = this.random.fraction() < SLOW_SHARE ? this.random.between(...SLOW_MS) : 0;
    return this.random.between(...HTTP_MS) + slowMs;
  }

  answer(peer: SimulatedPeer, reason: FetchReason, epoch: Epoch, sequence: Sequence): void {
    this.queue.after(this.answerMs(), () => {
      if (!peer.isAlive) return;
      const packet = epoch === SIMULATED_EPOCH ? this.broadcast.packet(sequence) : undefined;
      if (packet === undefined || this.fails()) {
        peer.feed({ type: 'fetch-failed', epoch, sequence });
        return;
      }
      this.observer.serve(peer, reason, packet.bytes.byteLength);
      this.bring(peer, packet, 0, () => peer.feed({ type: 'packet-from-server', packet, via: reason }));
    });
  }

  /** Replaces the stream there was. */
  keep(peer: SimulatedPeer, substreams: readonly number[], from: number): void {
    const generation = ++peer.streamGeneration;
    // What is under way goes on until the new request arrives: the old response is dropped by the client at once.
    peer.stream = undefined;
    this.streaming.delete(peer);
    if (substreams.length === 0) {
      peer.hasEndedStart = true;
      return;
    }
    this.queue.after(this.answerMs(), () => {
      if (!peer.isAlive || peer.streamGeneration !== generation) return;
      if (this.fails()) {
        peer.feed({ type: 'server-stream-closed', reason: 'http-503' });
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
    this.observer.serve(peer, 'stream', packet.bytes.byteLength);
    this.bring(peer, packet, peer.httpOneWayMs, () => {
      if (peer.streamGeneration === stream.generation) peer.feed({ type: 'packet-from-server', packet, via: 'stream' });
    });
  }

  private bring(peer: SimulatedPeer, packet: Packet, delayMs: number, run: () => void): void {
    const { queue } = this;
    queue.after(delayMs, () => {
      if (!peer.isAlive) return;
      queue.at(peer.downlink.take(packet.bytes.byteLength * TCP_OVERHEAD, queue.nowMs), () => {
        if (peer.isAlive) run();
      });
    });
  }

  private fails(): boolean {
    return this.failing > 0 && this.random.fraction() < this.failing;
  }
}
