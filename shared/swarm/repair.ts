import type { Sequence } from '../basics/units.ts';
import type { Request } from '../wire/request.ts';
import { type EngineContext, sendControl, substreamOf } from './engine-context.ts';
import { isPulled } from './leases.ts';
import type { Link } from './link.ts';
import { lateAtMs } from './overdue.ts';
import type { Pacer } from './pacer.ts';
import { rescueAtMs } from './rescue.ts';
import type { ServerStream } from './server-stream.ts';
import type { Wanted, WantedPackets } from './wanted.ts';

/** Nobody shows the packet: the next map may. */
const RETRY_MS = 150;
/**
 * An answer comes within this or is of no use: whoever asked has turned to another by then. It leaves no later, and nobody asks
 * when the server will be asked sooner (simulated, 150 viewers with too little upload: 34.8 instead of 36.1 copies, duplicates 5.3
 * instead of 7.6 %).
 */
const ANSWER_MS = 300;
const NEVER = Number.POSITIVE_INFINITY;
/** Cost of a neighbour per request it has not answered yet, and of asking the seeder, whose upload is everybody's, ms. */
const OUTSTANDING_COST_MS = 40;
const SEEDER_COST_MS = 150;
const JITTER_MS = 30;
/** Of a neighbour's promises, with this many broken and more broken than kept, its map is not believed for a while. */
const BROKEN_PROMISES_MAX = 8;
const DISTRUST_MS = 15_000;

/** Repair by pull: holes are asked of a neighbour whose map shows the packet (docs/ALGORITHM.md 7), and others' requests are served. */
export class Repair {
  private readonly context: EngineContext;
  private readonly wanted: WantedPackets;
  private readonly serverStream: ServerStream;
  private readonly pacer: Pacer;

  constructor(context: EngineContext, wanted: WantedPackets, serverStream: ServerStream, pacer: Pacer) {
    this.context = context;
    this.wanted = wanted;
    this.serverStream = serverStream;
    this.pacer = pacer;
  }

  /** Asks for a missing packet where it is time; returns when to look again. */
  consider(wanted: Wanted): number {
    const { nowMs } = this.context;
    if (wanted.request !== undefined) {
      if (wanted.request.untilMs > nowMs) return wanted.request.untilMs;
      this.breakPromise(wanted);
    }
    if (wanted.fetchUntilMs !== undefined) return wanted.fetchUntilMs;
    const startMs = this.startMs(wanted.sequence);
    if (startMs > nowMs) return startMs;
    // Where the server has failed a neighbour is the only hope, and before the first packet nothing is known to be due.
    const isServerNext = wanted.fetchesFailed === 0 && this.context.ring.newest >= 0;
    if (isServerNext && rescueAtMs(this.context, wanted) < nowMs + ANSWER_MS) return NEVER;
    const link = this.choose(wanted);
    if (link === undefined) return nowMs + RETRY_MS;
    return this.request(wanted, link);
  }

  /** The neighbour does not have it after all. */
  missing(link: Link, sequence: Sequence): void {
    link.map?.remove(sequence);
    const wanted = this.wanted.get(sequence);
    if (wanted?.request?.link !== link) return;
    this.breakPromise(wanted);
    this.context.timers.setSooner('wanted', this.context.nowMs);
  }

  answered(link: Link): void {
    link.promisesKept++;
  }

  /** A neighbour asks for packets: each is sent when the line is idle, or refused at once. */
  requested(link: Link, message: Request): void {
    const { context } = this;
    if (message.epoch !== context.epoch) return;
    const { repairsPerSecond, repairsBurst } = context.config;
    for (const sequence of message.sequences) {
      const packet = context.ring.get(sequence);
      const expiresMs = context.nowMs + ANSWER_MS;
      const isSent =
        packet !== undefined &&
        link.repairs.refill(repairsPerSecond, repairsBurst, context.nowMs) >= 1 &&
        this.pacer.repair(link, context.codec.encode({ type: 'repair', packet }), expiresMs);
      if (!isSent) {
        sendControl(context, link, { type: 'missing', epoch: message.epoch, sequence });
        continue;
      }
      link.repairs.take(1);
      context.statistics.repairsSent++;
      link.map?.add(sequence);
    }
  }

  /** A hole behind the front is overdue by the usual lag; at the front the new parent usually brings it, a little later. */
  private startMs(sequence: number): number {
    const { context } = this;
    const { config } = context;
    const substream = substreamOf(context, sequence);
    if (this.serverStream.isBringingPacket(sequence, context.nowMs)) return context.nowMs + RETRY_MS;
    const isFront = sequence > substream.lastSequence;
    const lateMs = lateAtMs(context, substream, sequence) + (isFront ? config.frontRepairDelayMs : 0);
    const soonestMs = isPulled(context, substream) ? context.nowMs : lateMs;
    return Math.max(soonestMs, context.startedMs + config.firstRepairMs);
  }

  private choose(wanted: Wanted): Link | undefined {
    const { config, links, nowMs, random, swarm } = this.context;
    let best: Link | undefined;
    let bestCost = Number.POSITIVE_INFINITY;
    for (const link of links.list) {
      if (link.map === undefined || link.distrustedUntilMs > nowMs || link === wanted.lastAsked) continue;
      if (link.requestsOutstanding >= config.requestsPerLinkMax || !link.map.has(wanted.sequence)) continue;
      // What it sends is a copy more, as from the server, and there is nothing to spare at either.
      if (link.role === 'seeder' && swarm.isShort) continue;
      const cost =
        2 * link.oneWayMs +
        OUTSTANDING_COST_MS * link.requestsOutstanding +
        (link.role === 'seeder' ? SEEDER_COST_MS : 0) +
        random.between(0, JITTER_MS);
      if (cost >= bestCost) continue;
      best = link;
      bestCost = cost;
    }
    return best;
  }

  private request(wanted: Wanted, link: Link): number {
    const { config, epoch, nowMs, statistics } = this.context;
    if (epoch === undefined) return nowMs + RETRY_MS;
    const untilMs = nowMs + Math.round(2 * link.oneWayMs) + config.requestTimeoutMs;
    wanted.request = { link, untilMs };
    wanted.lastAsked = link;
    link.requestsOutstanding++;
    link.noteRequested(wanted.sequence);
    statistics.requestsSent++;
    sendControl(this.context, link, { type: 'request', epoch, sequences: [wanted.sequence as Sequence] });
    return untilMs;
  }

  private breakPromise(wanted: Wanted): void {
    const link = wanted.request?.link;
    wanted.request = undefined;
    if (link === undefined) return;
    link.requestsOutstanding = Math.max(0, link.requestsOutstanding - 1);
    link.promisesBroken++;
    if (link.promisesBroken < BROKEN_PROMISES_MAX || link.promisesBroken <= link.promisesKept) return;
    link.distrustedUntilMs = this.context.nowMs + DISTRUST_MS;
    link.promisesBroken = 0;
    link.promisesKept = 0;
  }
}
