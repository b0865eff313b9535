import type { Millis, PeerId } from '../basics/units.ts';
import type { Packet } from '../packets/packet.ts';
import { STRENGTH_UNBEATABLE } from '../wire/have.ts';
import { PATH_LENGTH_MAX } from '../wire/limits.ts';
import type { RefusalReason } from '../wire/refuse.ts';
import type { Subscribe } from '../wire/subscribe.ts';
import { considerSpares, copiesOf } from './copies.ts';
import { deadlineMs, type EngineContext, sendControl } from './engine-context.ts';
import type { FeedReport } from './feed-report.ts';
import type { Link } from './link.ts';
import type { OwnLine } from './own-line.ts';
import type { Pacer } from './pacer.ts';
import { mayDisplace } from './parent-choice.ts';
import type { Parents } from './parents.ts';
import type { Child, Substream } from './substream.ts';
import type { Uplink } from './uplink.ts';

/** Packets waiting for one child, over which it cannot keep up and is sent elsewhere. */
const CHILD_WAITING_MAX = 12;

const BACKLOG_INTERVAL_MS = 1000;
/** What waited behind pushes for so long is not sent any more. */
const BACKLOG_MS_MAX = 3000;
/** One child in grace for so many slots: about what `uplinkShare` leaves free. */
const GRACE_SLOTS = 8;

/** Whom we feed: admission, displacement, grace, shedding, and the relaying itself (docs/ALGORITHM.md 6). */
export class Children {
  private readonly context: EngineContext;
  private readonly line: OwnLine;
  private readonly pacer: Pacer;
  private readonly uplink: Uplink;
  private readonly parents: Parents;
  private readonly feedReport: FeedReport;
  private usedSlots = 0;
  /** Displaced children that are still fed beside those who displaced them. */
  private inGrace = 0;

  constructor(
    context: EngineContext,
    line: OwnLine,
    pacer: Pacer,
    uplink: Uplink,
    parents: Parents,
    feedReport: FeedReport,
  ) {
    this.context = context;
    this.line = line;
    this.pacer = pacer;
    this.uplink = uplink;
    this.parents = parents;
    this.feedReport = feedReport;
  }

  get used(): number {
    return this.usedSlots;
  }

  get slotsFree(): number {
    return Math.max(0, this.uplink.slotsUsable - this.usedSlots);
  }

  isChild(link: Link): boolean {
    return this.context.substreams.some((substream) => substream.children.some((child) => child.link === link));
  }

  /** Would a child find a free slot in this sub-stream? */
  isOpen(substream: Substream): boolean {
    if (this.slotsFree === 0) return false;
    return counted(substream).length < this.childrenMax(substream);
  }

  /**
   * Of one sub-stream no more than the fan and its share of the slots: a packet leaves for one child after the other, so many
   * children of the same sub-stream are late, and the line stands idle until the next packet.
   */
  private childrenMax(substream: Substream): number {
    const { role, config } = this.context;
    if (role === 'seeder') return copiesOf(this.context, substream);
    return Math.max(config.fan, Math.ceil(this.uplink.slots / config.substreams)) + 1;
  }

  /** Strength that a displacing child must exceed; 255: nobody is displaced here. */
  weakestStrength(substream: Substream): number {
    if (this.uplink.slots === 0 || !this.mayDisplaceAnother) return STRENGTH_UNBEATABLE;
    return this.victimFor(substream)?.child.strength ?? STRENGTH_UNBEATABLE;
  }

  /**
   * For a second both are fed, out of what is left beside the slots. Without this bound a swarm whose shortage ends displaces
   * everywhere at once: lines fill, slots are shed, and a third of all lose their parents (simulated: 150 viewers, 40 copies).
   */
  private get mayDisplaceAnother(): boolean {
    return this.line.isProven && this.inGrace < Math.max(1, Math.floor(this.uplink.slots / GRACE_SLOTS));
  }

  restart(): void {
    for (const substream of this.context.substreams) {
      substream.children = [];
      substream.announcedPath = [];
    }
    this.usedSlots = 0;
    this.inGrace = 0;
  }

  // --- Admission -----------------------------------------------------------------------------------------------------------

  subscribed(link: Link, message: Subscribe): void {
    const substream = this.context.substreams[message.substream];
    if (substream === undefined) return;
    // Without a map of this epoch we would send what it has.
    if (message.epoch !== this.context.epoch || link.map === undefined) {
      this.refuse(link, message.substream, 'epoch');
      return;
    }
    const present = substream.children.find((child) => child.link === link);
    if (present !== undefined && present.graceUntilMs === undefined) {
      present.strength = message.strength;
      this.accept(substream, present, message);
      return;
    }
    const objection = this.objection(link, substream, message);
    if (objection !== undefined) {
      this.refuse(link, message.substream, objection);
    } else if (this.isOpen(substream) || this.makeRoom(link, substream, message)) {
      if (present !== undefined) this.drop(substream, present);
      const child: Child = { link, strength: message.strength, graceUntilMs: undefined };
      this.usedSlots++;
      substream.children.push(child);
      this.accept(substream, child, message);
    } else {
      this.refuse(link, message.substream, 'full');
    }
  }

  private objection(link: Link, substream: Substream, message: Subscribe): RefusalReason | undefined {
    const { context } = this;
    if (this.uplink.slots === 0) return 'full';
    if (this.feedReport.lagMs(substream) === undefined) return 'no-feed';
    const path = this.feedReport.pathBelow(substream);
    if (path.length >= PATH_LENGTH_MAX) return 'no-feed';
    if (link.node === undefined || path.includes(link.node)) return 'loop';
    // Two peers that ask each other in the same moment: the one with the lower number feeds.
    if (this.parents.isAsking(substream, link) && context.node > link.node) return 'loop';
    if (context.role === 'seeder' && isHeadOfEnough(context, link, message)) return 'head-of-enough';
    return undefined;
  }

  private accept(substream: Substream, child: Child, message: Subscribe): void {
    const { context } = this;
    sortChildren(substream);
    const path = this.feedReport.pathBelow(substream);
    if (substream.children.length === 1) substream.announcedPath = path;
    if (context.epoch !== undefined) {
      sendControl(context, child.link, { type: 'accept', substream: substream.index, epoch: context.epoch, path });
    }
    this.sendBacklog(substream, child.link, message);
  }

  /** What the child misses: two packets at once, some more when the line is idle: a burst would block it for all. */
  private sendBacklog(substream: Substream, link: Link, message: Subscribe): void {
    const { config, ring, nowMs } = this.context;
    // Who subscribes again and again does not get the backlog each time.
    if (nowMs - (link.backlogSentMs[substream.index] as number) < BACKLOG_INTERVAL_MS) return;
    link.backlogSentMs[substream.index] = nowMs;
    const step = config.substreams;
    const aligned = message.from + ((substream.index - (message.from % step) + step) % step);
    const from = aligned as typeof message.from;
    const count = this.line.isProven ? config.backlogPushes + config.backlogRepairs : 1;
    const backlog = ring.from(from, step, count);
    for (const [at, packet] of backlog.entries()) {
      const { sequence } = packet.header;
      if (link.map?.has(sequence)) continue;
      const bytes = this.context.codec.encode({ type: 'push', isBacklog: true, packet });
      // Our own deadline may be over for what the child has yet to play; or far away, and the child long with another.
      const aheadMs = Math.max(BACKLOG_INTERVAL_MS, deadlineMs(this.context, sequence) - nowMs);
      const expiresMs = nowMs + Math.min(BACKLOG_MS_MAX, aheadMs);
      const isSent =
        at < config.backlogPushes ? this.pacer.push(link, bytes, expiresMs) : this.pacer.repair(link, bytes, expiresMs);
      if (isSent) link.map?.add(sequence);
    }
  }

  private refuse(link: Link, substream: number, reason: RefusalReason): void {
    this.context.statistics.refusals++;
    const hint = reason === 'full' || reason === 'head-of-enough' ? this.hintFor(link, substream) : undefined;
    sendControl(this.context, link, { type: 'refuse', substream, reason, hint });
  }

  /** A child of ours with room for children of its own. */
  private hintFor(link: Link, substream: number): PeerId | undefined {
    const children = this.context.substreams[substream]?.children ?? [];
    return children.find((child) => child.link !== link && child.link.slotsFree > 0)?.link.peer;
  }

  // --- Displacement --------------------------------------------------------------------------------------------------------

  private makeRoom(link: Link, substream: Substream, message: Subscribe): boolean {
    const victim = this.victimFor(substream);
    if (victim === undefined || victim.child.link === link || !this.mayDisplaceAnother) return false;
    if (!mayDisplace(message, victim.child.strength, this.context.swarm.isShort)) return false;
    if (this.context.swarm.isShort && message.parent === undefined) return false;
    // A swap of places: the newcomer's old slot is free now. Else the newcomer itself takes the displaced.
    const previous = message.parent === undefined ? undefined : this.context.links.get(message.parent);
    const isSwap =
      message.parent !== undefined && message.parent !== victim.child.link.peer && previous?.role !== 'seeder';
    this.evict(victim.substream, victim.child, isSwap ? message.parent : link.peer, true);
    return true;
  }

  /** The weakest child here, or among sub-streams that we never meant to serve when we did mean to serve this one. */
  private victimFor(substream: Substream): Victim | undefined {
    let victim = weakestOf(substream);
    if (substream.commitment === 0 || this.context.role === 'seeder') return victim;
    for (const other of this.context.substreams) {
      if (other === substream || other.commitment > 0) continue;
      const candidate = weakestOf(other);
      if (candidate !== undefined && (victim === undefined || candidate.child.strength < victim.child.strength)) {
        victim = candidate;
      }
    }
    return victim;
  }

  private evict(substream: Substream, child: Child, goTo: PeerId | undefined, hasGrace: boolean): void {
    const { context } = this;
    context.statistics.evictions++;
    sendControl(context, child.link, { type: 'evict', substream: substream.index, hasGrace, goTo });
    if (!hasGrace) {
      this.drop(substream, child);
      return;
    }
    this.usedSlots--;
    this.inGrace++;
    child.graceUntilMs = (context.nowMs + context.config.graceMs) as Millis;
    context.timers.setSooner('grace', child.graceUntilMs);
  }

  onGraceTimer(): void {
    const { nowMs, timers } = this.context;
    for (const substream of this.context.substreams) {
      for (const child of [...substream.children]) {
        if (child.graceUntilMs === undefined) continue;
        if (child.graceUntilMs <= nowMs) this.drop(substream, child);
        else timers.setSooner('grace', child.graceUntilMs);
      }
    }
  }

  /** Slots became fewer than children: the weakest of all goes, one at a time, without grace since the line is full. */
  shedOne(): void {
    let victim: Victim | undefined;
    for (const substream of this.context.substreams) {
      const candidate = weakestOf(substream);
      if (candidate !== undefined && (victim === undefined || candidate.child.strength <= victim.child.strength)) {
        victim = candidate;
      }
    }
    if (victim !== undefined) this.evict(victim.substream, victim.child, undefined, false);
  }

  /** As many children as slots: one goes at a time; all at once only where no upload is allowed at all. */
  fitToSlots(): void {
    const { slotsUsable } = this.uplink;
    if (slotsUsable === 0) while (this.usedSlots > 0) this.shedOne();
    else if (this.usedSlots > slotsUsable) this.shedOne();
    if (this.context.role !== 'seeder') return;
    considerSpares(this.context);
    // The audience shrank, or a spare copy has done its service: of too many heads the one with the poorest line goes to another.
    for (const substream of this.context.substreams) {
      const children = counted(substream);
      if (children.length <= this.childrenMax(substream)) continue;
      const poorest = children.reduce((one, other) => (uplinkOf(other) < uplinkOf(one) ? other : one));
      this.evict(substream, poorest, children.find((child) => child !== poorest)?.link.peer, true);
      return;
    }
  }

  // --- Leaving -------------------------------------------------------------------------------------------------------------

  unsubscribed(link: Link, index: number): void {
    const substream = this.context.substreams[index];
    const child = substream?.children.find((other) => other.link === link);
    if (substream !== undefined && child !== undefined) this.drop(substream, child);
  }

  linkClosed(link: Link): void {
    for (const substream of this.context.substreams) this.unsubscribed(link, substream.index);
  }

  private drop(substream: Substream, child: Child): void {
    const wasFull = this.slotsFree === 0;
    substream.children = substream.children.filter((other) => other !== child);
    if (child.graceUntilMs === undefined) this.usedSlots--;
    else this.inGrace--;
    const { timers, nowMs } = this.context;
    // A slot that stands empty while others starve is the dearest mistake: tell at once.
    if (wasFull || this.context.role === 'seeder') timers.setSooner('have', nowMs);
  }

  // --- Relaying ------------------------------------------------------------------------------------------------------------

  /** A verified packet leaves for all children but those that have it, in order of strength, within the same input. */
  relay(substream: Substream, packet: Packet, isFrom: (peer: PeerId) => boolean): void {
    if (substream.children.length === 0) return;
    const { sequence } = packet.header;
    const bytes = this.context.codec.encode({ type: 'push', isBacklog: false, packet });
    const expiresMs = deadlineMs(this.context, sequence);
    for (const { link } of substream.children) {
      if (isFrom(link.peer) || link.map?.has(sequence)) continue;
      if (this.pacer.push(link, bytes, expiresMs)) link.map?.add(sequence);
    }
  }

  /** A child whose line takes nothing is one that another may feed better; its packets must not fill our memory. */
  cutClogged(): void {
    for (const substream of this.context.substreams) {
      for (const child of [...substream.children]) {
        if (child.graceUntilMs === undefined && this.pacer.waitingFor(child.link) >= CHILD_WAITING_MAX) {
          this.evict(substream, child, undefined, false);
        }
      }
    }
  }

  /** Tells the children of a sub-stream when its way to the source has changed. */
  announcePaths(): void {
    if (!this.context.arePathsStale) return;
    this.context.arePathsStale = false;
    for (const substream of this.context.substreams) {
      if (substream.children.length === 0) continue;
      const path = this.feedReport.pathBelow(substream);
      if (isSamePath(path, substream.announcedPath)) continue;
      if (path.length > PATH_LENGTH_MAX || this.feedReport.isUnfed(substream)) continue;
      substream.announcedPath = path;
      for (const { link } of substream.children) {
        sendControl(this.context, link, { type: 'path', substream: substream.index, path });
      }
    }
  }
}

/** A seeder spreads its copies: who already is head of two sub-streams shall not be of a third. */
function isHeadOfEnough({ config, swarm, links, substreams }: EngineContext, link: Link, message: Subscribe): boolean {
  if (Math.max(swarm.viewers, links.size) <= config.smallAudience) return false;
  let heads = 0;
  for (const substream of substreams) {
    if (substream.index !== message.substream && counted(substream).some((child) => child.link === link)) heads++;
  }
  return heads >= config.headsPerPeerMax;
}

type Victim = { readonly substream: Substream; readonly child: Child };

/** Children that hold a slot: not those in grace. */
function counted(substream: Substream): Child[] {
  return substream.children.filter((child) => child.graceUntilMs === undefined);
}

function uplinkOf({ link }: Child): number {
  return link.have?.uplinkBytesPerSecond ?? 0;
}

function weakestOf(substream: Substream): Victim | undefined {
  for (let at = substream.children.length - 1; at >= 0; at--) {
    const child = substream.children[at] as Child;
    if (child.graceUntilMs === undefined) return { substream, child };
  }
  return undefined;
}

function sortChildren(substream: Substream): void {
  substream.children.sort((one, other) => other.strength - one.strength || (one.link.peer < other.link.peer ? -1 : 1));
}

function isSamePath(one: readonly number[], other: readonly number[]): boolean {
  return one === other || (one.length === other.length && one.every((node, at) => node === other[at]));
}
