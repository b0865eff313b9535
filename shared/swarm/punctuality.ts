import type { EngineContext } from './engine-context.ts';
import type { Introductions } from './introductions.ts';
import type { Leases } from './leases.ts';
import type { Link } from './link.ts';
import { isEvident, overdueAtMs } from './overdue.ts';
import { chooseParent } from './parent-choice.ts';
import type { ServerStream } from './server-stream.ts';
import type { Subscriptions } from './subscriptions.ts';
import { type Parent, parentOf, type Substream } from './substream.ts';
import type { WantedPackets } from './wanted.ts';

const NEVER = Number.POSITIVE_INFINITY;
/** Looked again, where nothing says when: whether the source goes on, whether the lease is over, whether there is a better parent. */
const PAUSE_LOOK_MS = 100;
const LEASED_LOOK_MS = 250;
const SEARCH_LOOK_MS = 200;

type Parts = {
  readonly context: EngineContext;
  readonly wanted: WantedPackets;
  readonly serverStream: ServerStream;
  readonly introductions: Introductions;
  readonly leases: Leases;
  readonly subscriptions: Subscriptions;
  /** This parent was left for good, and nobody is in its place. */
  readonly onDead: (substream: Substream, link: Link) => void;
};

/** Is a parent's next packet late, and what then: ask another, leave (docs/ALGORITHM.md 5). */
export class Punctuality {
  private readonly parts: Parts;
  /** By sub-stream: when its parent is to be looked at again. */
  private readonly lookAtMs: number[];

  constructor(parts: Parts) {
    this.parts = parts;
    this.lookAtMs = parts.context.substreams.map(() => NEVER);
  }

  /** Looks at one sub-stream's parent, and sets the timer for the next look: what came in time wakes nobody. */
  look(substream: Substream): void {
    this.lookAtMs[substream.index] = this.judge(substream);
    this.parts.context.timers.set('overdue', Math.min(...this.lookAtMs));
  }

  /** The timer, or all moments of the stream are others now. */
  lookAtAll(): void {
    for (const substream of this.parts.context.substreams) this.look(substream);
  }

  /** When to look again. */
  private judge(substream: Substream): number {
    const { context, serverStream, leases } = this.parts;
    const { nowMs, config, endSequence } = context;
    const parent = parentOf(substream);
    if (parent === undefined || endSequence !== undefined) return NEVER;
    const dueMs = overdueAtMs(context, substream, parent);
    if (nowMs < dueMs) return dueMs;
    // The source may have paused: nobody is to blame for what was not made.
    if (!this.isNextEvident(parent)) return nowMs + PAUSE_LOOK_MS;
    if (serverStream.isLeased(substream.index) && parent.hasPushed) return nowMs + LEASED_LOOK_MS;
    substream.isOverdue = true;
    leases.consider(substream);
    if (nowMs - dueMs >= config.deadParentMs) this.dropDead(substream, parent);
    else if (substream.feed.kind === 'fed') this.replace(substream, parent);
    return Math.min(dueMs + config.deadParentMs, nowMs + SEARCH_LOOK_MS);
  }

  private isNextEvident({ frontSequence, link }: Parent): boolean {
    const { context, wanted } = this.parts;
    return isEvident(context, wanted.newestKnown, frontSequence + context.config.substreams, link);
  }

  private replace(substream: Substream, parent: Parent): void {
    const { context, subscriptions, introductions } = this.parts;
    const best = chooseParent(context, substream, subscriptions.asker(substream), (link) => link === parent.link);
    if (best !== undefined) subscriptions.ask(substream, best.link, 'replace');
    else introductions.lack(substream.index);
  }

  private dropDead(substream: Substream, { link, hasPushed }: Parent): void {
    const { context, subscriptions, onDead } = this.parts;
    const { config, random, nowMs } = context;
    subscriptions.unsubscribe(substream, link);
    link.refusedUntilMs[substream.index] = nowMs + random.between(...config.failedParentBackoffMs);
    if (!hasPushed) link.noteBlackHole(nowMs, config.blackHoleBackoffMs);
    onDead(substream, link);
  }
}
