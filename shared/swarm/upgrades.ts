import type { EngineContext } from './engine-context.ts';
import { type Candidate, chooseParent } from './parent-choice.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { Substream } from './substream.ts';

/** At random moments the sub-stream that gains most changes to a better parent (docs/ALGORITHM.md 5). */
export class Upgrades {
  private readonly context: EngineContext;
  private readonly subscriptions: Subscriptions;

  constructor(context: EngineContext, subscriptions: Subscriptions) {
    this.context = context;
    this.subscriptions = subscriptions;
  }

  schedule(): void {
    const { config, random, timers, nowMs, substreams } = this.context;
    const isInterior = substreams.some((substream) => substream.children.length > 0);
    const [low, high] = isInterior ? config.upgradeIntervalInteriorMs : config.upgradeIntervalLeafMs;
    timers.set('upgrade', nowMs + random.between(low, high));
  }

  onTimer(): void {
    this.schedule();
    if (this.context.endSequence !== undefined) return;
    let most = 0;
    let best: (() => void) | undefined;
    for (const substream of this.context.substreams) {
      const candidate = this.candidateFor(substream);
      if (candidate === undefined) continue;
      const gain = (substream.lagMs ?? 0) - candidate.score - this.leastGainMs(substream);
      if (gain <= most) continue;
      most = gain;
      best = () => this.subscriptions.ask(substream, candidate.link, 'upgrade');
    }
    best?.();
  }

  private candidateFor(substream: Substream): Candidate | undefined {
    const { feed } = substream;
    if (feed.kind !== 'fed' || substream.isOverdue || substream.lagMs === undefined) return undefined;
    const asker = this.subscriptions.asker(substream);
    return chooseParent(this.context, substream, asker, (link) => link === feed.parent.link);
  }

  private leastGainMs(substream: Substream): number {
    const { config, targetLatencyMs } = this.context;
    if ((substream.lagMs ?? 0) > targetLatencyMs / 2) return config.upgradeGainLateMs;
    return substream.children.length > 0 ? config.upgradeGainInteriorMs : config.upgradeGainLeafMs;
  }
}
