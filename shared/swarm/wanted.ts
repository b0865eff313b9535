import type { EngineContext } from './engine-context.ts';
import type { Link } from './link.ts';
import type { Verification } from './verification.ts';

/** A packet that is not here yet, and what was done about it. */
export type Wanted = {
  readonly sequence: number;
  /** Rescue comes this long before the deadline; drawn once, so that a subtree does not ask in the same moment. */
  readonly rescueMarginMs: number;
  /** Asked of this neighbour, unanswered until then. */
  request: { readonly link: Link; readonly untilMs: number } | undefined;
  /** Whoever was asked before, so that the next is another. */
  lastAsked: Link | undefined;
  /** The server was asked: until when an answer is awaited. */
  fetchUntilMs: number | undefined;
  fetchesFailed: number;
  /** The server is not asked (again) before. */
  nextFetchMs: number;
};

/**
 * The packets between what playback needs next and the newest that is known to exist, as far as they are missing. Grows at
 * the front only; a packet leaves it by arriving, or by playback's passing it.
 */
export class WantedPackets {
  private readonly context: EngineContext;
  private readonly verification: Verification;
  private readonly entries = new Map<number, Wanted>();
  private front = -1;
  /** Highest sequence that came, or that somebody told of; up to `front` the rest is presumed. */
  private proven = -1;

  constructor(context: EngineContext, verification: Verification) {
    this.context = context;
    this.verification = verification;
  }

  /** Highest sequence looked for so far. */
  get newestKnown(): number {
    return this.front;
  }

  get size(): number {
    return this.entries.size;
  }

  /** In the order of their sequences. */
  values(): IterableIterator<Wanted> {
    return this.entries.values();
  }

  get(sequence: number): Wanted | undefined {
    return this.entries.get(sequence);
  }

  restart(startSequence: number): void {
    this.entries.clear();
    this.front = startSequence - 1;
    this.proven = this.front;
  }

  /** Packets up to this one exist. */
  extend(sequence: number): void {
    this.proven = Math.max(this.proven, sequence);
    this.presume(sequence);
  }

  /** The server has none of this number. True: it was presumed only, and all from there on is forgotten until somebody tells. */
  retract(sequence: number): boolean {
    if (sequence <= this.proven || sequence > this.front) return false;
    const presumed = [...this.entries.values()].filter((wanted) => wanted.sequence >= sequence);
    // A neighbour was asked, since it claims to have it: its answer will tell.
    if (presumed.some(({ request }) => request !== undefined)) return false;
    for (const wanted of presumed) this.entries.delete(wanted.sequence);
    this.front = Math.max(this.proven, sequence - 1);
    return true;
  }

  /** Packets up to this one exist if the source goes on as before. */
  presume(sequence: number): void {
    const { ring } = this.context;
    if (sequence <= this.front) return;
    for (let at = Math.max(this.front + 1, sequence - ring.capacity + 1); at <= sequence; at++) {
      if (!ring.has(at)) this.entries.set(at, this.make(at));
    }
    this.front = sequence;
    while (this.entries.size > ring.capacity) this.dropFirst();
    this.context.timers.setSooner('wanted', this.context.nowMs + FIRST_LOOK_MS);
  }

  arrived(sequence: number): void {
    this.extend(sequence);
    const wanted = this.entries.get(sequence);
    if (wanted === undefined) return;
    release(wanted);
    this.entries.delete(sequence);
  }

  /** Playback went past these, or they cannot be kept any more: nobody needs them here. */
  forgetBefore(sequence: number): void {
    for (const wanted of this.entries.values()) {
      if (wanted.sequence >= sequence) return;
      release(wanted);
      this.entries.delete(wanted.sequence);
      this.context.statistics.packetsLost++;
    }
  }

  /** A link is gone: what was asked of it is asked of another. */
  forgetLink(link: Link): void {
    for (const wanted of this.entries.values()) {
      if (wanted.request?.link === link) wanted.request = undefined;
      if (wanted.lastAsked === link) wanted.lastAsked = undefined;
    }
    this.context.timers.setSooner('wanted', this.context.nowMs);
  }

  /** First packet of these sub-streams, and not before `least`, that is neither here nor being checked. */
  firstMissing(isIncluded: (substream: number) => boolean, least = 0): number {
    const { substreams } = this.context.config;
    for (const { sequence } of this.entries.values()) {
      if (sequence < least) continue;
      if (isIncluded(sequence % substreams) && !this.verification.isPending(sequence)) return sequence;
    }
    for (let at = Math.max(least, this.front + 1); ; at++) if (isIncluded(at % substreams)) return at;
  }

  private make(sequence: number): Wanted {
    return {
      sequence,
      rescueMarginMs: Math.round(this.context.random.between(...this.marginOf(sequence))),
      request: undefined,
      lastAsked: undefined,
      fetchUntilMs: undefined,
      fetchesFailed: 0,
      nextFetchMs: Number.NEGATIVE_INFINITY,
    };
  }

  /** Between these rescue is drawn, ms before the deadline. */
  marginOf(sequence: number): readonly [low: number, high: number] {
    const { config, joinedSequence } = this.context;
    return sequence <= joinedSequence ? config.startMarginMs : rescueMargin(this.context);
  }

  private dropFirst(): void {
    for (const [sequence, wanted] of this.entries) {
      release(wanted);
      this.entries.delete(sequence);
      this.context.statistics.packetsLost++;
      return;
    }
  }
}

/** Missing packets are first looked over so long after they became known; the look itself finds the next moment. */
const FIRST_LOOK_MS = 150;

function release(wanted: Wanted): void {
  if (wanted.request === undefined) return;
  wanted.request.link.requestsOutstanding = Math.max(0, wanted.request.link.requestsOutstanding - 1);
  wanted.request = undefined;
}

const LONG_DEADLINE_MS = 2500;
const SHORT_DEADLINE_MS = 2000;

/** An answer of the server takes up to about so long, behind what we upload ourselves. */
const ANSWER_MS = 400;

/** 400 to 650 ms at 2.5 s and more, 400 to 550 ms at 2 s, in between and below in proportion, though not less than an answer takes. */
export function rescueMargin(context: EngineContext): readonly [low: number, high: number] {
  const { rescueMarginMs: long, rescueMarginShortMs: short } = context.config;
  const overMs = context.targetLatencyMs - SHORT_DEADLINE_MS;
  const scale = Math.min(1, 1 + overMs / SHORT_DEADLINE_MS);
  const share = Math.min(1, Math.max(0, overMs / (LONG_DEADLINE_MS - SHORT_DEADLINE_MS)));
  const leastMs = Math.min(ANSWER_MS, context.targetLatencyMs / 3, short[0]);
  const edge = (at: 0 | 1): number => short[at] * scale + (long[at] - short[at]) * share;
  // The width stays: one asks first, and its neighbours have it from there.
  const laterMs = Math.max(0, leastMs - edge(0));
  return [edge(0) + laterMs, edge(1) + laterMs];
}
