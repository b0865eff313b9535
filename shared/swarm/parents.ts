import type { Millis, PeerId, Sequence } from '../basics/units.ts';
import type { Accept } from '../wire/accept.ts';
import type { Evict } from '../wire/evict.ts';
import { PATH_LENGTH_MAX } from '../wire/limits.ts';
import type { Path } from '../wire/path.ts';
import type { Refuse } from '../wire/refuse.ts';
import type { EngineContext } from './engine-context.ts';
import type { Introductions } from './introductions.ts';
import { Leases } from './leases.ts';
import type { Link } from './link.ts';
import { observeLag } from './overdue.ts';
import type { OwnLine } from './own-line.ts';
import { chooseParent, mayBeAsked } from './parent-choice.ts';
import { Punctuality } from './punctuality.ts';
import type { ServerStream } from './server-stream.ts';
import { FAREWELL_MS, Subscriptions } from './subscriptions.ts';
import { askOf, parentOf, type Substream } from './substream.ts';
import { Upgrades } from './upgrades.ts';
import type { Uplink } from './uplink.ts';
import type { PacketSource } from './verification.ts';
import type { WantedPackets } from './wanted.ts';

/** Of the deadline: who pushes sooner than this needs no help of the server. */
const IN_TIME_SHARE = 0.6;
/** Without a parent, and nothing happening that would help: looked again. */
const SEARCH_MS = [200, 400] as const;

/**
 * Finds, watches, replaces and improves the parent of each sub-stream (docs/ALGORITHM.md 5). The states of a feed are drawn in
 * substream.ts; its changes go through subscriptions.ts.
 */
export class Parents {
  private readonly context: EngineContext;
  private readonly line: OwnLine;
  private readonly serverStream: ServerStream;
  private readonly introductions: Introductions;
  private readonly leases: Leases;
  private readonly subscriptions: Subscriptions;
  private readonly upgrades: Upgrades;
  private readonly punctuality: Punctuality;
  /** Leased sub-streams look for a parent only now and then. */
  private readonly searchAtMs: Float64Array;

  constructor(
    context: EngineContext,
    line: OwnLine,
    uplink: Uplink,
    wanted: WantedPackets,
    serverStream: ServerStream,
    introductions: Introductions,
  ) {
    this.context = context;
    this.line = line;
    this.serverStream = serverStream;
    this.introductions = introductions;
    this.leases = new Leases(context, serverStream);
    this.subscriptions = new Subscriptions(context, uplink, wanted, serverStream);
    this.upgrades = new Upgrades(context, this.subscriptions);
    this.punctuality = new Punctuality({
      context,
      wanted,
      serverStream,
      introductions,
      leases: this.leases,
      subscriptions: this.subscriptions,
      onDead: (substream, link) => this.lose(substream, link),
    });
    this.searchAtMs = new Float64Array(context.config.substreams);
  }

  /** A new epoch: nobody feeds anybody. */
  restart(): void {
    for (const substream of this.context.substreams) {
      substream.feed = { kind: 'idle', sinceMs: this.context.nowMs };
      substream.lagMs = undefined;
      substream.deviationMs = 0;
      substream.lastSequence = -1;
      substream.isOverdue = false;
      substream.rescuesInRow = 0;
    }
    this.searchAtMs.fill(this.context.nowMs);
    this.context.timers.setSooner('search', this.context.nowMs);
    this.upgrades.schedule();
  }

  isAsking(substream: Substream, link: Link): boolean {
    return askOf(substream)?.link === link;
  }

  /** Pushes from this neighbour were asked for: a parent's, or one's that was or will be. */
  isWelcome(substream: Substream, link: Link): boolean {
    const isAwaited = this.involves(substream, link) || this.isAsking(substream, link);
    return isAwaited || (link.welcomeUntilMs[substream.index] as number) >= this.context.nowMs;
  }

  isParent(link: Link): boolean {
    return this.context.substreams.some((substream) => this.involves(substream, link));
  }

  // --- What neighbours say -------------------------------------------------------------------------------------------------

  accepted(link: Link, message: Accept): void {
    const substream = this.context.substreams[message.substream];
    if (substream === undefined || message.epoch !== this.context.epoch) return;
    const { feed } = substream;
    const ask = askOf(substream);
    if (ask?.link !== link) {
      // An answer too late: whoever is our parent in the meantime stays.
      const isKnown = parentOf(substream)?.link === link || (feed.kind === 'fed-switching' && feed.next.link === link);
      if (isKnown) this.pathChanged(link, { type: 'path', substream: message.substream, path: message.path });
      else this.subscriptions.unsubscribe(substream, link);
      return;
    }
    if (this.isLoop(message.path)) {
      this.subscriptions.unsubscribe(substream, link);
      this.refusedBy(link, substream);
      this.giveUpAsk(substream);
      return;
    }
    const parent = this.subscriptions.makeParent(substream, ask, message.path);
    this.serverStream.takenOver(substream.index);
    this.context.statistics.parentsFound++;
    if (feed.kind === 'fed-asking' && ask.purpose === 'upgrade' && !ask.hasPushed) {
      this.subscriptions.setFeed(substream, { kind: 'fed-switching', parent: feed.parent, next: parent });
    } else {
      if (feed.kind === 'fed-asking') this.subscriptions.unsubscribe(substream, feed.parent.link);
      this.subscriptions.setFeed(substream, { kind: 'fed', parent });
      this.punctuality.look(substream);
    }
  }

  refused(link: Link, message: Refuse): void {
    const substream = this.context.substreams[message.substream];
    if (substream === undefined) return;
    this.refusedBy(link, substream);
    if (message.hint !== undefined) this.follow(substream, message.hint);
    if (this.isAsking(substream, link)) this.giveUpAsk(substream);
    else if (this.involves(substream, link)) this.lose(substream, link);
  }

  evicted(link: Link, message: Evict): void {
    const substream = this.context.substreams[message.substream];
    if (substream === undefined || !this.involves(substream, link)) return;
    const { nowMs, config } = this.context;
    this.refusedBy(link, substream);
    // Its pushes go on for the time of grace, and are neither unwanted nor a reason to unsubscribe.
    substream.graceLink = message.hasGrace ? link : undefined;
    link.welcomeUntilMs[substream.index] = nowMs + FAREWELL_MS + (message.hasGrace ? config.graceMs : 0);
    this.lose(substream, link, message.goTo);
  }

  pathChanged(link: Link, message: Path): void {
    const substream = this.context.substreams[message.substream];
    if (substream === undefined) return;
    const { feed } = substream;
    const parent = parentOf(substream);
    const known = feed.kind === 'fed-switching' && feed.next.link === link ? feed.next : parent;
    if (known?.link !== link) return;
    known.path = message.path;
    this.context.arePathsStale = true;
    if (this.isLoop(message.path)) this.leaveLoop(substream, link);
  }

  /** New figures: an event that may end a search, never a reason to poll. */
  haveReceived(link: Link): void {
    if (link.openSubstreams === 0) return;
    for (const substream of this.context.substreams) {
      if (substream.feed.kind === 'idle' && link.isOpen(substream.index)) this.find(substream);
    }
  }

  linkClosed(link: Link): void {
    for (const substream of this.context.substreams) {
      if (this.isAsking(substream, link)) this.giveUpAsk(substream);
      if (this.involves(substream, link)) this.lose(substream, link);
    }
  }

  // --- Packets -------------------------------------------------------------------------------------------------------------

  /** A verified packet, or another copy of one: who feeds us, and how fast. */
  arrived(substream: Substream, sequence: Sequence, source: PacketSource, receivedMs: Millis, captureMs: number): void {
    if (sequence > substream.lastSequence) substream.lastSequence = sequence;
    if (source.kind === 'peer' && source.how !== 'repair') {
      const link = this.context.links.get(source.peer);
      if (link !== undefined) this.pushed(substream, link, sequence, source.how === 'push', receivedMs, captureMs);
    } else if (source.kind === 'server' && source.via === 'stream' && parentOf(substream) === undefined) {
      observeLag(substream, this.context.clock.lagMs(captureMs, receivedMs));
    }
    this.punctuality.look(substream);
  }

  private pushed(
    substream: Substream,
    link: Link,
    sequence: number,
    isLive: boolean,
    receivedMs: Millis,
    captureMs: number,
  ): void {
    const { feed } = substream;
    const ask = askOf(substream);
    if (ask?.link === link) ask.hasPushed = true;
    if (feed.kind === 'fed-switching' && feed.next.link === link && isLive) {
      this.subscriptions.unsubscribe(substream, feed.parent.link);
      this.subscriptions.setFeed(substream, { kind: 'fed', parent: feed.next });
    }
    const parent = parentOf(substream);
    if (parent?.link !== link) return;
    const isFirst = !parent.hasPushed;
    parent.hasPushed = true;
    parent.frontSequence = Math.max(parent.frontSequence, sequence);
    link.blackHoles = 0;
    substream.rescuesInRow = 0;
    if (!isLive) return;
    substream.isOverdue = false;
    const lagMs = this.context.clock.lagMs(captureMs, receivedMs);
    observeLag(substream, lagMs);
    // A parent that was late, and leased for, pushes in time again: no answer of its will ever say so.
    if (lagMs < this.context.targetLatencyMs * IN_TIME_SHARE) this.serverStream.takenOver(substream.index);
    this.subscriptions.endGrace(substream, link);
    if (isFirst) this.introductions.helped();
    if (isFirst) this.context.timers.setSooner('have', this.context.nowMs);
  }

  /** A packet came from the server because nobody else brought it. */
  rescued(substream: Substream): void {
    substream.rescuesInRow++;
    this.leases.consider(substream);
  }

  /** The server has shown that the broadcast goes on while no neighbour brought any of it. */
  silenced(substream: Substream): void {
    substream.rescuesInRow = Math.max(substream.rescuesInRow, this.context.config.rescuesBeforeLease);
    this.punctuality.look(substream);
    this.leases.consider(substream);
  }

  // --- Timers --------------------------------------------------------------------------------------------------------------

  onOverdueTimer(): void {
    this.punctuality.lookAtAll();
  }

  onAsksTimer(): void {
    const { nowMs } = this.context;
    for (const substream of this.context.substreams) {
      const ask = askOf(substream);
      if (ask === undefined) continue;
      if (ask.untilMs > nowMs) {
        this.context.timers.setSooner('asks', ask.untilMs);
        continue;
      }
      // It may have accepted and the answer be late: say that it is no longer wanted.
      this.subscriptions.unsubscribe(substream, ask.link);
      this.refusedBy(ask.link, substream);
      this.giveUpAsk(substream);
    }
  }

  onSearchTimer(): void {
    if (this.context.role === 'seeder') return;
    for (const substream of this.context.substreams) {
      if (substream.feed.kind !== 'idle') continue;
      this.leases.consider(substream);
      if ((this.searchAtMs[substream.index] as number) <= this.context.nowMs) this.find(substream);
      this.scheduleSearch(substream);
    }
  }

  onUpgradeTimer(): void {
    this.upgrades.onTimer();
  }

  // --- Finding -------------------------------------------------------------------------------------------------------------

  /** Asks the best candidate of a sub-stream that has no parent. */
  private find(substream: Substream): void {
    const { context } = this;
    // A seeder is the source: nobody feeds it.
    if (context.role === 'seeder' || context.epoch === undefined || context.endSequence !== undefined) return;
    if (substream.feed.kind !== 'idle' || !context.isSwarmEnabled) return;
    const best = chooseParent(context, substream, this.subscriptions.asker(substream), () => false);
    if (best === undefined) this.introductions.lack(substream.index);
    // What the server brings can wait for its turn.
    else if (!this.serverStream.isLeased(substream.index) || this.line.takeTurn())
      this.subscriptions.ask(substream, best.link, 'find');
  }

  /** The question was answered with no, or not at all. */
  private giveUpAsk(substream: Substream): void {
    const { feed } = substream;
    if (feed.kind === 'asking') {
      this.subscriptions.setFeed(substream, { kind: 'idle', sinceMs: feed.sinceMs });
      this.find(substream);
      this.scheduleSearch(substream);
    } else if (feed.kind === 'fed-asking') {
      this.subscriptions.setFeed(substream, { kind: 'fed', parent: feed.parent });
      this.punctuality.look(substream);
    }
  }

  private refusedBy(link: Link, substream: Substream): void {
    const { config, random, nowMs } = this.context;
    link.refusedUntilMs[substream.index] = nowMs + random.between(...config.refusalBackoffMs);
  }

  /** Somebody named a peer with a free slot: asked first if it is a neighbour, else met. */
  private follow(substream: Substream, peer: PeerId): void {
    const link = this.context.links.get(peer);
    if (link !== undefined) link.noteHint(substream.index);
    else this.introductions.hinted(peer);
  }

  private scheduleSearch(substream: Substream): void {
    if (substream.feed.kind !== 'idle' || !this.context.isSwarmEnabled) return;
    const { config, random, timers, nowMs } = this.context;
    if ((this.searchAtMs[substream.index] as number) <= nowMs) {
      // While upload is short a map that shows a free slot ends the search; asking again and again finds none.
      const isPatient = this.serverStream.isLeased(substream.index) || this.context.swarm.isShort;
      const [low, high] = isPatient ? config.leaseSearchMs : SEARCH_MS;
      this.searchAtMs[substream.index] = nowMs + Math.round(random.between(low, high));
    }
    timers.setSooner('search', this.searchAtMs[substream.index] as number);
  }

  // --- Losing --------------------------------------------------------------------------------------------------------------

  /** The parent is gone, or no longer ours: on to the next one if there is one, else to whoever was named, else to the best. */
  private lose(substream: Substream, link: Link, goTo?: PeerId): void {
    const { feed } = substream;
    const { nowMs } = this.context;
    this.context.statistics.parentsLost++;
    if (feed.kind === 'fed-switching') {
      this.subscriptions.setFeed(substream, {
        kind: 'fed',
        parent: feed.parent.link === link ? feed.next : feed.parent,
      });
      this.punctuality.look(substream);
      return;
    }
    this.serverStream.resume(substream.index);
    if (feed.kind === 'fed-asking') {
      this.subscriptions.setFeed(substream, { kind: 'asking', sinceMs: nowMs, ask: { ...feed.ask, purpose: 'find' } });
      return;
    }
    this.subscriptions.setFeed(substream, { kind: 'idle', sinceMs: nowMs });
    this.searchAtMs[substream.index] = nowMs;
    if (goTo !== undefined && goTo !== link.peer) this.follow(substream, goTo);
    const named = goTo === undefined ? undefined : this.context.links.get(goTo);
    const asker = this.subscriptions.asker(substream);
    if (named !== undefined && this.context.isSwarmEnabled && mayBeAsked(this.context, substream, asker, named)) {
      this.subscriptions.ask(substream, named, 'find');
    } else {
      this.find(substream);
    }
    this.scheduleSearch(substream);
  }

  private leaveLoop(substream: Substream, link: Link): void {
    this.subscriptions.unsubscribe(substream, link);
    this.refusedBy(link, substream);
    this.lose(substream, link);
  }

  private isLoop(path: readonly number[]): boolean {
    return path.includes(this.context.node) || path.length >= PATH_LENGTH_MAX;
  }

  private involves(substream: Substream, link: Link): boolean {
    const { feed } = substream;
    return parentOf(substream)?.link === link || (feed.kind === 'fed-switching' && feed.next.link === link);
  }
}
