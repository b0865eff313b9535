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

/** Of the time until a packet is overdue: then the children are warned. */
const WARNING_SHARE = 0.5;

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

/** Is a parent's next packet late, and what then: warn the children, be patient, ask another, leave (docs/ALGORITHM.md 5). */
export class Punctuality {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Sets the timer for the next look. */
  look(substream: Substream): void {
    const { context, serverStream, leases } = this.parts;
    const { nowMs, timers, config, endSequence } = context;
    const parent = parentOf(substream);
    if (parent === undefined || endSequence !== undefined) return;
    const dueMs = overdueAtMs(context, substream, parent);
    if (nowMs < dueMs) {
      const lateMs = overdueAtMs(context, substream, parent, WARNING_SHARE);
      if (nowMs >= lateMs && this.isNextEvident(parent)) this.warn(substream);
      timers.setSooner('overdue', nowMs < lateMs ? lateMs : dueMs);
      return;
    }
    if (!this.isNextEvident(parent)) {
      // The source may have paused: nobody is to blame for what was not made.
      timers.setSooner('overdue', nowMs + 100);
      return;
    }
    if (serverStream.isLeased(substream.index) && parent.hasPushed) {
      timers.setSooner('overdue', nowMs + 250);
      return;
    }
    this.warn(substream);
    substream.lateness = 'overdue';
    leases.consider(substream);
    // It knows, and looks for another way: one change of parents above us does for all below.
    const patientUntilMs = Math.min(parent.lateUntilMs, dueMs + config.latePatienceMs);
    if (nowMs < patientUntilMs) {
      timers.setSooner('overdue', patientUntilMs);
      return;
    }
    if (nowMs - dueMs >= config.deadParentMs) this.dropDead(substream, parent);
    else if (substream.feed.kind === 'fed') this.replace(substream, parent);
    timers.setSooner('overdue', Math.min(dueMs + config.deadParentMs, nowMs + 200));
  }

  private isNextEvident({ frontSequence, link }: Parent): boolean {
    const { context, wanted } = this.parts;
    return isEvident(context, wanted.newestKnown, frontSequence + context.config.substreams, link);
  }

  /** Children hear that what is late for them is late above us. */
  private warn(substream: Substream): void {
    if (substream.lateness !== 'none') return;
    substream.lateness = 'warned';
    this.parts.context.arePathsStale = true;
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
