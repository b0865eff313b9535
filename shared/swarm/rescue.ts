import type { Sequence } from '../basics/units.ts';
import { deadlineMs, type EngineContext, substreamOf } from './engine-context.ts';
import type { FetchReason } from './engine-types.ts';
import { isPulled } from './leases.ts';
import { isSilent } from './overdue.ts';
import type { OwnLine } from './own-line.ts';
import type { ServerStream } from './server-stream.ts';
import { parentOf } from './substream.ts';
import type { Verification } from './verification.ts';
import { rescueMargin, type Wanted, type WantedPackets } from './wanted.ts';

const RETRY_MS = 200;
/** A packet that might exist is asked for again after so long, doubled while the server says that it does not. */
const PROBE_BACKOFF_MS = 1000;
const PROBE_BACKOFF_MS_MAX = 16_000;
/** The swarm is taken to be silent, rather than the source, after so long without any packet. */
const SILENCE_MS = 1000;
const LOOK_AGAIN_MS = 250;
/** Many packets of a sub-stream that is pulled are rescued: slow answers among them must not be stalls. */
const PULLED_MARGIN_MS = 150;
/** Within the time that playback has left, so little silence must do. */
const SHORT_SILENCE_MS = 200;
/** Links are made by then. */
const LINKED_MS = 900;
/** Most answers take less. */
const LAST_MOMENT_MS = 300;
/** A probe that is unanswered for so long is slow. */
const SLOW_PROBE_MS = 200;
/** Most likely the source has paused for all. About so many of the audience ask in time; the others' turn comes later, spread over this. */
const PROBERS = 100;
const PROBE_SPREAD_MS: readonly [number, number] = [1000, 3000];

/** Of the newest packets that could exist so many may not be out yet. */
const PLAUSIBLE_SPARE = 3;

/** When the server is asked for a missing packet: nobody else need be asked shortly before. */
export function rescueAtMs(context: EngineContext, wanted: Wanted): number {
  const isLate = isPulled(context, substreamOf(context, wanted.sequence));
  return (
    deadlineMs(context, wanted.sequence) - wanted.rescueMarginMs - (isLate ? PULLED_MARGIN_MS : 0) - context.queueMs
  );
}

/** Asked for, given up at `untilMs`; at `slowMs` it is looked after. */
type Probe = { readonly sequence: number; readonly untilMs: number; slowMs: number };

type Turn = { readonly marginMs: number; readonly laterMs: number };

/** Packets that the swarm would bring too late, fetched one by one from the server just in time (docs/ALGORITHM.md 7). */
export class Rescue {
  private readonly context: EngineContext;
  private readonly line: OwnLine;
  private readonly wanted: WantedPackets;
  private readonly serverStream: ServerStream;
  private readonly verification: Verification;
  private due: Wanted[] = [];
  private probe: Probe | undefined;
  private probeBackoffMs = PROBE_BACKOFF_MS;
  private nextProbeMs = Number.NEGATIVE_INFINITY;
  /** What chance decided for this silence: how long before playback runs dry, or how much later than most, we ask. */
  private turn: Turn | undefined;

  constructor(
    context: EngineContext,
    line: OwnLine,
    wanted: WantedPackets,
    serverStream: ServerStream,
    verification: Verification,
  ) {
    this.context = context;
    this.line = line;
    this.wanted = wanted;
    this.serverStream = serverStream;
    this.verification = verification;
  }

  restart(): void {
    this.due = [];
    this.turn = undefined;
    this.probe = undefined;
    this.probeBackoffMs = PROBE_BACKOFF_MS;
    this.nextProbeMs = Number.NEGATIVE_INFINITY;
  }

  /** Notes a missing packet whose time has come, for `flush`; returns when to look again. */
  consider(wanted: Wanted): number {
    const { nowMs, config } = this.context;
    if (wanted.fetchUntilMs !== undefined) {
      if (wanted.fetchUntilMs > nowMs) return wanted.fetchUntilMs;
      this.failed(wanted.sequence);
    }
    if (wanted.fetchesFailed >= config.fetchAttemptsMax) return Number.POSITIVE_INFINITY;
    if (this.verification.isPending(wanted.sequence)) return nowMs + RETRY_MS;
    const rescueMs = this.rescueMs(wanted);
    if (rescueMs > nowMs) return rescueMs;
    if (this.serverStream.isBringingPacket(wanted.sequence, nowMs)) return nowMs + RETRY_MS;
    this.due.push(wanted);
    return nowMs + config.fetchTimeoutMs;
  }

  /** One request for what is due, with its neighbours that are about to be. */
  flush(): void {
    const { context } = this;
    if (this.due.length === 0 || context.epoch === undefined) return;
    // Many requests do not get through a line full of making links, one does.
    if (this.isAlone || this.line.isDoubtful) {
      for (const substream of context.substreams) {
        if (parentOf(substream) === undefined || substream.isOverdue) this.serverStream.lease(substream.index);
      }
      this.serverStream.update(context.nowMs);
      this.due = this.due.filter(({ sequence }) => !this.serverStream.isBringingPacket(sequence, context.nowMs));
      context.timers.setSooner('wanted', context.nowMs + RETRY_MS);
      if (this.due.length === 0) return;
    }
    const batch = this.withNeighbours();
    this.due = [];
    const isOld = (wanted: Wanted): boolean => wanted.sequence <= context.joinedSequence;
    this.send('start', batch.filter(isOld));
    this.send(
      'rescue',
      batch.filter((wanted) => !isOld(wanted)),
    );
  }

  /** Links should be there by now, and nobody has told what it holds. */
  private get isAlone(): boolean {
    const { links, nowMs, startedMs } = this.context;
    return nowMs - startedMs > LINKED_MS && links.list.every(({ map }) => map === undefined);
  }

  /** These are needed at once, from nobody else. */
  take(from: number, to: number): void {
    const missing = [...this.wanted.values()].filter(({ sequence }) => sequence >= from && sequence <= to);
    this.send(
      'start',
      missing.filter((wanted) => wanted.fetchUntilMs === undefined && !this.verification.isPending(wanted.sequence)),
    );
  }

  failed(sequence: number): void {
    const { context } = this;
    if (this.probe?.sequence === sequence) {
      this.probe = undefined;
      this.nextProbeMs = context.nowMs + this.probeBackoffMs;
      this.probeBackoffMs = Math.min(this.probeBackoffMs * 2, PROBE_BACKOFF_MS_MAX);
      context.timers.setSooner('wanted', this.nextProbeMs);
    }
    const wanted = this.wanted.get(sequence);
    if (wanted === undefined || wanted.fetchUntilMs === undefined || this.wanted.retract(sequence)) return;
    wanted.fetchUntilMs = undefined;
    wanted.fetchesFailed++;
    wanted.nextFetchMs = context.nowMs + RETRY_MS * 2 ** wanted.fetchesFailed;
    context.timers.setSooner('wanted', wanted.nextFetchMs);
  }

  /** True when this packet was a probe's: the broadcast goes on, and nobody in the swarm had told. */
  arrived(sequence: number): boolean {
    this.turn = undefined;
    if (this.probe?.sequence !== sequence) {
      this.probeBackoffMs = PROBE_BACKOFF_MS;
      return false;
    }
    this.probe = undefined;
    this.probeBackoffMs = PROBE_BACKOFF_MS;
    this.nextProbeMs = Number.NEGATIVE_INFINITY;
    this.presumeAfter(sequence);
    this.context.timers.setSooner('wanted', this.context.nowMs);
    return true;
  }

  /**
   * Nothing comes and nobody says that there is anything: has the source paused, or have all links died? One packet that would
   * exist if the source went on is asked of the server. Returns when to look again.
   */
  considerProbe(lastArrivalMs: number): number {
    const { context } = this;
    const { nowMs, config, ring, epoch } = context;
    if (epoch === undefined || context.endSequence !== undefined || ring.newest < 0) return Number.POSITIVE_INFINITY;
    if (this.probe !== undefined) {
      if (this.probe.untilMs > nowMs) return this.awaitProbe(this.probe);
      this.failed(this.probe.sequence);
    }
    const next = this.wanted.newestKnown + 1;
    // A stream of all sub-streams tells what there is, unless it hangs.
    const isWhole = this.serverStream.substreams.length === config.substreams;
    if (isWhole && this.serverStream.isBringing(0, nowMs)) return nowMs + SILENCE_MS;
    this.turn ??= this.drawTurn();
    const dueMs = Math.max(this.nextProbeMs, this.silentUntilMs(next, lastArrivalMs, this.turn));
    // Sooner it may be only for who is cut off, and then not before a whole silence.
    if (dueMs > nowMs) return Math.min(dueMs, Math.max(nowMs + LOOK_AGAIN_MS, lastArrivalMs + SILENCE_MS));
    this.turn = undefined;
    this.probe = { sequence: next, untilMs: nowMs + config.fetchTimeoutMs, slowMs: nowMs + SLOW_PROBE_MS };
    context.statistics.rescues++;
    context.outputs.push({ type: 'fetch', reason: 'rescue', epoch, sequences: [next as Sequence] });
    return this.probe.slowMs;
  }

  /** Its answer is slow: what follows it may be due before it comes. Returns when to look again. */
  private awaitProbe(probe: Probe): number {
    const { nowMs, queueMs } = this.context;
    const { sequence, untilMs, slowMs } = probe;
    if (slowMs > nowMs) return slowMs;
    // Behind a queue of our own every answer is slow, and more requests would make it longer.
    if (queueMs > 0) return Math.min(untilMs, nowMs + LOOK_AGAIN_MS);
    probe.slowMs = untilMs;
    // Once a silence, and only by who is cut off: where the source has paused for all, all would ask for what is not there.
    if (!this.isCutOff || this.probeBackoffMs > PROBE_BACKOFF_MS) return untilMs;
    this.presumeAfter(sequence);
    // It is on its way itself.
    const probed = this.wanted.get(sequence);
    if (probed !== undefined) probed.fetchUntilMs = untilMs;
    return untilMs;
  }

  /** If the source went on to this packet, it probably still does: what came after it exists too then, and some of it is due. */
  private presumeAfter(sequence: number): void {
    const { clock, nowMs, config } = this.context;
    this.wanted.presume(Math.min(clock.newestPlausible(nowMs) - PLAUSIBLE_SPARE, sequence + config.rescueBatchMax));
  }

  private send(reason: FetchReason, batch: readonly Wanted[]): void {
    const { epoch, config, nowMs, statistics, outputs } = this.context;
    if (batch.length === 0 || epoch === undefined) return;
    for (const wanted of batch) wanted.fetchUntilMs = nowMs + config.fetchTimeoutMs;
    if (reason === 'rescue') statistics.rescues += batch.length;
    outputs.push({ type: 'fetch', reason, epoch, sequences: batch.map(({ sequence }) => sequence as Sequence) });
  }

  /** Until when silence may be the source's: then we ask. */
  private silentUntilMs(next: number, lastArrivalMs: number, turn: Turn): number {
    const { context } = this;
    const dueMs = deadlineMs(context, next);
    // What trickles in late puts it off, but not for ever.
    const inTimeMs = Math.max(
      dueMs - turn.marginMs,
      Math.min(lastArrivalMs + SHORT_SILENCE_MS, dueMs - LAST_MOMENT_MS),
    );
    if (this.isCutOff) return Math.min(inTimeMs, lastArrivalMs + SILENCE_MS);
    const isAlone = context.links.list.every((link) => isSilent(context, link));
    // Neighbours live and have nothing either: most likely there is nothing.
    return isAlone ? inTimeMs : inTimeMs + turn.laterMs;
  }

  /** Who has lost a parent most likely is: the source goes on. */
  private get isCutOff(): boolean {
    return this.context.substreams.some(({ feed }) => feed.kind === 'idle' || feed.kind === 'asking');
  }

  private drawTurn(): Turn {
    const { random, swarm } = this.context;
    const isProber = random.fraction() * Math.max(1, swarm.viewers) < PROBERS;
    return {
      marginMs: Math.round(random.between(...rescueMargin(this.context))),
      laterMs: isProber ? 0 : Math.round(random.between(...PROBE_SPREAD_MS)),
    };
  }

  private rescueMs(wanted: Wanted): number {
    // Before the first packet no capture time is known, so no deadline either.
    if (this.context.ring.newest < 0)
      return wanted.fetchesFailed > 0 ? wanted.nextFetchMs : this.context.nowMs + RETRY_MS;
    return Math.max(rescueAtMs(this.context, wanted), wanted.nextFetchMs);
  }

  private withNeighbours(): Wanted[] {
    const { config, nowMs } = this.context;
    const batch = this.due.slice(0, config.rescueBatchMax);
    const last = batch.at(-1)?.sequence ?? 0;
    const first = batch[0]?.sequence ?? 0;
    for (const wanted of this.wanted.values()) {
      if (batch.length >= config.rescueBatchMax) break;
      if (wanted.sequence < first || wanted.sequence > last + config.substreams) continue;
      if (batch.includes(wanted) || wanted.fetchUntilMs !== undefined || wanted.fetchesFailed > 0) continue;
      if (this.verification.isPending(wanted.sequence)) continue;
      if (this.serverStream.isBringingPacket(wanted.sequence, nowMs)) continue;
      // What was drawn for it does not count here, only the least: it may lie next to one that cannot wait.
      const [leastMs] = this.wanted.marginOf(wanted.sequence);
      if (deadlineMs(this.context, wanted.sequence) - leastMs <= nowMs + config.rescueBatchMs) batch.push(wanted);
    }
    return batch.sort((one, other) => one.sequence - other.sequence);
  }
}
