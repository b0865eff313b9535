import type { PeerId } from '../basics/units.ts';
import type { Bans } from './bans.ts';
import { usualCopies } from './copies.ts';
import type { EngineContext } from './engine-context.ts';
import type { EngineInput } from './engine-types.ts';
import type { Link } from './link.ts';
import type { OwnLine } from './own-line.ts';

type Introduced = Extract<EngineInput, { type: 'introduced' }>['peers'][number];

/** Links over the limit that are tolerated while one is being replaced. */
const LINKS_TOLERANCE = 2;
/** A seeder's links: half as many again as it has children, and some to choose from. */
const SEEDER_LINKS_FACTOR = 2;
const SEEDER_LINKS_SPARE = 8;
/** Peers that could not be reached, and peers met, remembered. */
const REMEMBERED_MAX = 128;
const ASK_BACKOFF = 1.5;

/** Whom to connect to, and when to ask the tracker for more (docs/ALGORITHM.md 8). */
export class Introductions {
  private readonly context: EngineContext;
  private readonly line: OwnLine;
  private readonly bans: Bans;
  /** Connections being made, and until when. */
  private readonly connecting = new Map<PeerId, number>();
  private readonly unreachable = new Map<PeerId, { readonly times: number; readonly untilMs: number }>();
  /** Introduced, and not connected to for want of room: who may still be called. */
  private readonly met = new Map<PeerId, Introduced>();
  private readonly lacking = new Set<number>();
  private askedMs = Number.NEGATIVE_INFINITY;
  private askIntervalMs: number;

  constructor(context: EngineContext, line: OwnLine, bans: Bans) {
    this.context = context;
    this.line = line;
    this.bans = bans;
    this.askIntervalMs = context.config.askIntervalMs;
  }

  get linksMax(): number {
    const { role, config } = this.context;
    if (role !== 'seeder') return config.linksMax;
    const heads = usualCopies(this.context) * config.substreams;
    return SEEDER_LINKS_FACTOR * heads + SEEDER_LINKS_SPARE;
  }

  introduced(peers: readonly Introduced[]): void {
    for (const introduced of peers.slice(0, REMEMBERED_MAX)) {
      if (this.isKnown(introduced.peer)) continue;
      if (this.canConnect(introduced)) this.connect(introduced);
      else this.remember(introduced);
    }
  }

  /** Somebody named this peer as one with room. Only who was introduced can be called: the tracker relays for no one else. */
  hinted(peer: PeerId): void {
    const introduced = this.met.get(peer);
    if (introduced !== undefined && this.canConnect(introduced)) this.connect(introduced);
  }

  /** True when the link may stay. */
  opened(peer: PeerId): boolean {
    this.connecting.delete(peer);
    this.unreachable.delete(peer);
    return this.context.links.size < this.linksMax + LINKS_TOLERANCE;
  }

  /** The connection is gone, or was never made: then it is not tried again at once. */
  closed(peer: PeerId): void {
    if (this.connecting.delete(peer)) this.refusedBy(peer);
  }

  /** It does not want us, or cannot be reached. */
  refusedBy(peer: PeerId): void {
    const { config, nowMs } = this.context;
    const times = (this.unreachable.get(peer)?.times ?? 0) + 1;
    const backoffMs = Math.min(config.connectBackoffMsMax, config.connectBackoffMs * 2 ** (times - 1));
    bounded(this.unreachable, peer, { times, untilMs: nowMs + backoffMs });
  }

  /** No neighbour can feed this sub-stream: the tracker knows more. */
  lack(substream: number): void {
    this.lacking.add(substream);
    this.askWhenAllowed();
  }

  /** A parent was found: the next question need not wait as long. */
  helped(): void {
    this.askIntervalMs = this.context.config.askIntervalMs;
    this.lacking.clear();
  }

  trackerReturned(): void {
    this.askIntervalMs = this.context.config.askIntervalMs;
    this.askWhenAllowed();
  }

  onAskTimer(): void {
    this.askWhenAllowed();
  }

  /** So long connections have been in the making, and none is there yet. */
  get makingMs(): number {
    const { links, nowMs, config } = this.context;
    if (links.size > 0 || this.connecting.size === 0) return 0;
    return nowMs + config.connectTimeoutMs - Math.min(...this.connecting.values());
  }

  /** Attempts that led nowhere are given up; too few links are made more. */
  look(): void {
    const { context } = this;
    for (const [peer, untilMs] of [...this.connecting]) {
      if (untilMs > context.nowMs) continue;
      context.outputs.push({ type: 'disconnect', peer, reason: 'no connection in time' });
      this.closed(peer);
    }
    for (const introduced of [...this.met.values()]) if (this.canConnect(introduced)) this.connect(introduced);
    if (context.role !== 'seeder' && context.links.size + this.connecting.size < context.config.linksLow) {
      this.askWhenAllowed(true);
    }
  }

  /** Which link gives way when there are too many: neither parent nor child, without a free slot, oldest first. */
  uselessLink(isUsed: (link: Link) => boolean): Link | undefined {
    if (this.context.links.size <= this.linksMax) return undefined;
    const idle = this.context.links.list.filter((link) => !isUsed(link));
    idle.sort((one, other) => one.slotsFree - other.slotsFree || one.openedMs - other.openedMs);
    return idle[0];
  }

  clear(): readonly PeerId[] {
    const attempts = [...this.connecting.keys()];
    this.connecting.clear();
    this.met.clear();
    this.lacking.clear();
    return attempts;
  }

  private isKnown(peer: PeerId): boolean {
    return this.context.links.get(peer) !== undefined || this.connecting.has(peer);
  }

  private canConnect({ peer, offers }: Introduced): boolean {
    const { context } = this;
    const { nowMs, config } = context;
    if (!context.isSwarmEnabled || this.isKnown(peer) || this.bans.isBanned(peer, nowMs)) return false;
    if ((this.unreachable.get(peer)?.untilMs ?? Number.NEGATIVE_INFINITY) > nowMs) return false;
    // Whoever is called is not asked to wait for our own calls: the other side has begun. After a rest one at a time is enough.
    const most = this.line.isWary ? 1 : config.connectingMax * (offers ? 1 : 2);
    if (this.connecting.size >= most) return false;
    return context.links.size + this.connecting.size < this.linksMax + LINKS_TOLERANCE;
  }

  private connect({ peer, offers }: Introduced): void {
    this.met.delete(peer);
    this.connecting.set(peer, this.context.nowMs + this.context.config.connectTimeoutMs);
    this.context.outputs.push({ type: 'connect', peer, offers });
  }

  private remember(introduced: Introduced): void {
    // Who waits for our answer cannot be called later; whom we call can.
    if (introduced.offers) bounded(this.met, introduced.peer, introduced);
  }

  private askWhenAllowed(isForLinks = false): void {
    const { context } = this;
    if (!context.isTrackerConnected || !context.isSwarmEnabled) return;
    if (this.lacking.size === 0 && !isForLinks) return;
    const readyMs = this.askedMs + this.askIntervalMs;
    if (context.nowMs < readyMs) {
      if (this.lacking.size > 0) context.timers.setSooner('ask-tracker', readyMs);
      return;
    }
    this.askedMs = context.nowMs;
    this.askIntervalMs = Math.min(context.config.askIntervalMsMax, this.askIntervalMs * ASK_BACKOFF);
    const substreams = [...this.lacking].sort((one, other) => one - other);
    this.lacking.clear();
    context.outputs.push({ type: 'ask-tracker', substreams });
  }
}

function bounded<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= REMEMBERED_MAX) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
