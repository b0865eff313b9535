import type { Millis, Sequence } from '../basics/units.ts';
import { type EngineContext, sendControl } from './engine-context.ts';
import type { Link } from './link.ts';
import { isSilent } from './overdue.ts';
import { type Asker, askerFor } from './parent-choice.ts';
import type { ServerStream } from './server-stream.ts';
import { type Ask, type Feed, type Parent, parentOf, type Substream } from './substream.ts';
import type { Uplink } from './uplink.ts';
import type { WantedPackets } from './wanted.ts';

/** Packets under way when a parent is left are welcome for so long. */
export const FAREWELL_MS = 2000;

/** SUBSCRIBE and UNSUBSCRIBE, and the one place where a feed changes. What to ask, and of whom, is decided in parents.ts. */
export class Subscriptions {
  private readonly context: EngineContext;
  private readonly uplink: Uplink;
  private readonly wanted: WantedPackets;
  private readonly serverStream: ServerStream;

  constructor(context: EngineContext, uplink: Uplink, wanted: WantedPackets, serverStream: ServerStream) {
    this.context = context;
    this.uplink = uplink;
    this.wanted = wanted;
    this.serverStream = serverStream;
  }

  /** As whom we ask. */
  asker(substream: Substream): Asker {
    return askerFor(this.context, substream, this.uplink.slots, this.serverStream.isLeased(substream.index));
  }

  ask(substream: Substream, link: Link, purpose: Ask['purpose']): void {
    const { context } = this;
    const { epoch, nowMs, config } = context;
    if (epoch === undefined) return;
    const { feed } = substream;
    const untilMs = (nowMs + Math.round(2 * link.oneWayMs) + config.subscribeTimeoutMs) as Millis;
    const ask: Ask = { link, untilMs, purpose, hasPushed: false };
    if (feed.kind === 'idle') this.setFeed(substream, { kind: 'asking', sinceMs: feed.sinceMs, ask });
    else if (feed.kind === 'fed') this.setFeed(substream, { kind: 'fed-asking', parent: feed.parent, ask });
    else return;
    link.noteAsked(substream.index);
    const { strength, isPeaceful } = this.asker(substream);
    sendControl(context, link, {
      type: 'subscribe',
      substream: substream.index,
      epoch,
      from: this.firstAsked(substream, purpose) as Sequence,
      strength,
      isPeaceful,
      depth: Math.min(255, parentOf(substream)?.path.length ?? 0),
      parent: parentOf(substream)?.link.peer,
    });
    context.timers.setSooner('asks', untilMs);
  }

  /** Whatever comes from whom we leave, asked of the new parent too, would come twice. What neither brings is repaired. */
  private firstAsked(substream: Substream, purpose: Ask['purpose']): number {
    const { nowMs, config } = this.context;
    const { graceLink, index, lastSequence } = substream;
    const graceUntilMs = graceLink === undefined ? 0 : (graceLink.welcomeUntilMs[index] as number) - FAREWELL_MS;
    if (purpose === 'upgrade' || graceUntilMs > nowMs) return lastSequence + 2 * config.substreams;
    const parent = parentOf(substream);
    const isOnlyLate = purpose === 'replace' && parent?.hasPushed === true && !isSilent(this.context, parent.link);
    // Most parents that are left for being late have only been late: the packet that was overdue is under way.
    return Math.max(this.firstUnpromised(substream), isOnlyLate ? parent.frontSequence + 2 * config.substreams : 0);
  }

  /** First packet that is missing and not already coming from somewhere else. */
  private firstUnpromised(substream: Substream): number {
    const { config, nowMs } = this.context;
    const beyond = this.wanted.newestKnown + 1;
    if (this.serverStream.isBringing(substream.index, nowMs)) return beyond;
    for (const wanted of this.wanted.values()) {
      if (wanted.sequence % config.substreams !== substream.index) continue;
      if (wanted.request === undefined && wanted.fetchUntilMs === undefined) return wanted.sequence;
    }
    return beyond;
  }

  unsubscribe(substream: Substream, link: Link): void {
    link.welcomeUntilMs[substream.index] = this.context.nowMs + FAREWELL_MS;
    sendControl(this.context, link, { type: 'unsubscribe', substream: substream.index });
  }

  /** Another feeds us: what the one who displaced us sends beside it would come twice. */
  endGrace(substream: Substream, parent: Link): void {
    const { graceLink } = substream;
    substream.graceLink = undefined;
    if (graceLink === undefined || graceLink === parent) return;
    if (this.context.links.get(graceLink.peer) === graceLink) this.unsubscribe(substream, graceLink);
  }

  setFeed(substream: Substream, feed: Feed): void {
    substream.feed = feed;
    this.context.arePathsStale = true;
  }

  makeParent(substream: Substream, ask: Ask, path: readonly number[]): Parent {
    substream.isOverdue = false;
    return {
      link: ask.link,
      acceptedMs: this.context.nowMs,
      hasPushed: ask.hasPushed,
      frontSequence: substream.lastSequence >= 0 ? substream.lastSequence : this.beforeStart(substream),
      path,
    };
  }

  /** The packet of the sub-stream before the first that we want; negative where there is none. */
  private beforeStart(substream: Substream): number {
    const { startSequence, config } = this.context;
    const first =
      startSequence + ((substream.index - (startSequence % config.substreams) + config.substreams) % config.substreams);
    return first - config.substreams;
  }
}
