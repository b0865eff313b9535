import type { PeerId } from '../basics/units.ts';
import { DEFAULT_ENGINE_CONFIG } from '../swarm/engine-config.ts';
import type { EngineInput, EngineOutput } from '../swarm/engine-types.ts';
import { HAVE_BITS, SUBSTREAMS_MAX } from '../wire/limits.ts';
import { decodeWireMessage } from '../wire/wire-message.ts';
import { WIRE_TYPE } from '../wire/wire-types.ts';
import { sequenceOf } from './broadcast.ts';
import type { SimulatedPeer } from './simulated-peer.ts';

type Send = Extract<EngineOutput, { type: 'send' }>;

/** Reports a broken promise. */
export type Blame = (rule: string, text: string) => void;

/** Requests that one neighbour may be asked at a time (engine: `requestsPerLinkMax`), and how long one counts at least. */
const REQUESTS_MAX = 6;
const REQUEST_MS = 250;
/** A question that is not answered is given up: its timeout is 300 ms and a round trip. */
const ASK_MS_MAX = 3000;
/** Who was a child goes on being fed for a second of grace, and what stands in the queue then leaves before its deadline. */
const FAREWELL_MS = 4000;
/** A repair comes no later than the deadline of what it repairs. */
const REPAIR_MS_MAX = 15_000;
/** Over this an honest peer would be cut off for flooding (engine: 120 a second, and 480 at once). */
const CONTROL_A_SECOND_MAX = 300;
const MAP_AT = 10;
const { substreams: SUBSTREAMS } = DEFAULT_ENGINE_CONFIG;

type Neighbour = {
  /** Its last map, as bytes. */
  have: Uint8Array | undefined;
  /** By sub-stream: until when it may be pushed to. */
  readonly fedUntilMs: number[];
  /** What it asked for, and when. Most neighbours ask for nothing and are asked for nothing: no table then. */
  wanted: Map<number, number> | undefined;
  /** What was asked of it and not answered, and when. */
  asked: Map<number, number> | undefined;
  secondMs: number;
  controls: number;
};

/** What an honest peer says to its neighbours, held against what they said to it. */
export class LinkPromises {
  private readonly neighbours = new Map<PeerId, Neighbour>();
  /** By sub-stream: who was asked to be a parent and has not answered, and since when. */
  private readonly asks = new Map<number, { readonly peer: PeerId; readonly sinceMs: number }>();
  private readonly peer: SimulatedPeer;
  private readonly blame: Blame;

  constructor(peer: SimulatedPeer, blame: Blame) {
    this.peer = peer;
    this.blame = blame;
  }

  /** Nothing of another epoch counts. */
  restart(): void {
    this.asks.clear();
    for (const neighbour of this.neighbours.values()) {
      neighbour.have = undefined;
      neighbour.fedUntilMs.fill(0);
      neighbour.wanted = undefined;
      neighbour.asked = undefined;
    }
  }

  input(input: EngineInput, nowMs: number): void {
    if (input.type === 'link-opened') this.neighbours.set(input.peer, makeNeighbour());
    else if (input.type === 'link-closed') this.forget(input.peer);
    else if (input.type === 'message') {
      const neighbour = this.neighbours.get(input.peer);
      if (neighbour === undefined) return;
      if (input.channel === 'control') this.hears(neighbour, input.peer, input.bytes, nowMs);
      else neighbour.asked?.delete(sequenceOf(input.bytes));
    }
  }

  output(output: EngineOutput, nowMs: number): void {
    if (output.type === 'disconnect') this.forget(output.peer);
    if (output.type !== 'send') return;
    const neighbour = this.neighbours.get(output.peer);
    if (neighbour === undefined) {
      this.blame('sent-to-nobody', `to ${output.peer}, to whom there is no link`);
      return;
    }
    if (output.channel === 'data') this.sendsPacket(neighbour, output, nowMs);
    else this.says(neighbour, output, nowMs);
  }

  /** Once a second. */
  look(nowMs: number): void {
    for (const [substream, { sinceMs }] of this.asks) {
      if (nowMs - sinceMs <= ASK_MS_MAX) continue;
      this.asks.delete(substream);
      this.blame('request-ends', `a question in sub-stream ${substream} was neither answered nor given up`);
    }
    for (const neighbour of this.neighbours.values()) {
      neighbour.wanted = youngerThan(neighbour.wanted, nowMs - REPAIR_MS_MAX);
      neighbour.asked = youngerThan(neighbour.asked, nowMs - REQUEST_MS);
    }
  }

  private forget(peer: PeerId): void {
    this.neighbours.delete(peer);
    for (const [substream, ask] of this.asks) if (ask.peer === peer) this.asks.delete(substream);
  }

  private hears(neighbour: Neighbour, from: PeerId, bytes: Uint8Array, nowMs: number): void {
    switch (bytes[0]) {
      case WIRE_TYPE.have:
        neighbour.have = bytes;
        break;
      case WIRE_TYPE.subscribe:
        neighbour.fedUntilMs[bytes[1] as number] = Number.POSITIVE_INFINITY;
        break;
      case WIRE_TYPE.unsubscribe:
        this.leaves(neighbour, bytes[1] as number, nowMs);
        break;
      case WIRE_TYPE.accept:
      case WIRE_TYPE.refuse:
        if (this.asks.get(bytes[1] as number)?.peer === from) this.asks.delete(bytes[1] as number);
        break;
      case WIRE_TYPE.request:
        neighbour.wanted ??= new Map();
        for (const sequence of sequencesOf(bytes)) neighbour.wanted.set(sequence, nowMs);
        break;
      case WIRE_TYPE.missing:
        for (const sequence of sequencesOf(bytes)) neighbour.asked?.delete(sequence);
        break;
      default:
    }
  }

  private says(neighbour: Neighbour, { bytes, peer }: Send, nowMs: number): void {
    if (nowMs - neighbour.secondMs >= 1000) {
      neighbour.secondMs = nowMs;
      neighbour.controls = 0;
    }
    // Answers to a flood are as many as its questions.
    if (bytes[0] !== WIRE_TYPE.missing && ++neighbour.controls === CONTROL_A_SECOND_MAX) {
      this.blame('control-flood', `${CONTROL_A_SECOND_MAX} messages to one neighbour within a second`);
    }
    const substream = bytes[1] as number;
    switch (bytes[0]) {
      case WIRE_TYPE.subscribe:
        this.asks.set(substream, { peer, sinceMs: nowMs });
        break;
      case WIRE_TYPE.unsubscribe:
        if (this.asks.get(substream)?.peer === peer) this.asks.delete(substream);
        break;
      case WIRE_TYPE.evict:
      case WIRE_TYPE.refuse:
        this.leaves(neighbour, substream, nowMs);
        break;
      case WIRE_TYPE.request:
        for (const sequence of sequencesOf(bytes)) this.requests(neighbour, peer, sequence, nowMs);
        break;
      default:
    }
  }

  private requests(neighbour: Neighbour, name: PeerId, sequence: number, nowMs: number): void {
    const remote = this.peer.wires.get(name)?.remote;
    const isHeld = remote === undefined || remote.role === 'seeder' || remote.has(sequence);
    if (!isHeld && !isInMap(neighbour.have, sequence)) {
      this.blame('asked-unannounced', `packet ${sequence} is asked of a peer that neither announced nor holds it`);
    }
    neighbour.asked ??= new Map();
    neighbour.asked.set(sequence, nowMs);
    let open = 0;
    for (const [asked, atMs] of neighbour.asked) {
      // What playback has passed is waited for no more.
      const isWanted = !this.peer.has(asked) && asked >= this.peer.firstMissing;
      if (isWanted && nowMs - atMs < REQUEST_MS) open++;
    }
    if (open > REQUESTS_MAX) this.blame('requests-cap', `${open} requests to one neighbour at a time`);
  }

  private sendsPacket(neighbour: Neighbour, { bytes }: Send, nowMs: number): void {
    const sequence = sequenceOf(bytes);
    const substream = sequence % SUBSTREAMS;
    const isFed = (neighbour.fedUntilMs[substream] ?? 0) >= nowMs;
    if (isFed || neighbour.wanted?.has(sequence)) return;
    this.blame('sent-unasked', `packet ${sequence} is sent to one who did not ask for it`);
  }

  private leaves({ fedUntilMs }: Neighbour, substream: number, nowMs: number): void {
    fedUntilMs[substream] = Math.min(fedUntilMs[substream] as number, nowMs + FAREWELL_MS);
  }
}

function makeNeighbour(): Neighbour {
  return {
    have: undefined,
    fedUntilMs: new Array<number>(SUBSTREAMS_MAX).fill(0),
    wanted: undefined,
    asked: undefined,
    secondMs: 0,
    controls: 0,
  };
}

/** Drops what is older, and the whole table when that was all. */
function youngerThan(table: Map<number, number> | undefined, oldestMs: number): Map<number, number> | undefined {
  if (table === undefined) return undefined;
  for (const [sequence, atMs] of table) if (atMs < oldestMs) table.delete(sequence);
  return table.size === 0 ? undefined : table;
}

/** Of a REQUEST or MISSING; none of what is neither. */
function sequencesOf(bytes: Uint8Array): readonly number[] {
  try {
    const message = decodeWireMessage(bytes, 'control');
    if (message.type === 'request') return message.sequences;
    return message.type === 'missing' ? [message.sequence] : [];
  } catch {
    return [];
  }
}

function isInMap(have: Uint8Array | undefined, sequence: number): boolean {
  if (have === undefined) return false;
  const base = new DataView(have.buffer, have.byteOffset).getUint32(6);
  const at = sequence - base;
  if (at < 0 || at >= HAVE_BITS) return false;
  return ((have[MAP_AT + (at >> 3)] as number) & (0x80 >> (at & 7))) !== 0;
}
