import type { Millis } from '../basics/units.ts';
import type { EngineContext } from './engine-context.ts';
import type { Substream } from './substream.ts';

/** Audience up to which a seeder pushes so many copies: one for a handful on good lines, more for a crowd. */
const COPIES_BY_AUDIENCE: readonly (readonly [viewers: number, copies: number])[] = [
  [10, 1],
  [300, 2],
  [15_000, 3],
];
const COPIES_MOST = 4;
/** An audience must fall this far under a threshold before a copy is taken back: one viewer's coming and going moves nobody. */
const COPIES_HYSTERESIS = 0.8;
/** Beside the usual ones, while many lack a sub-stream, and so long after, ms. */
const SPARE_COPIES = 1;
const SPARE_MS = 8000;
/** So many of a seeder's neighbours, and this share of them, lack a sub-stream: its heads fail. */
const LACKING_MIN = 3;
const LACKING_SHARE = 0.25;
/** A link this young says nothing of how its peer is fed, ms. */
const SETTLED_MS = 5000;

/*
 * How many children a seeder has in each sub-stream (docs/ALGORITHM.md 6). Functions and no part of the engine: no page is a
 * seeder, and what nobody calls there is left out.
 */

/** By the audience, or as was set. */
export function usualCopies(context: EngineContext): number {
  const { config, swarm, links } = context;
  if (config.copies > 0) return config.copies;
  context.copies = copiesFor(Math.max(swarm.viewers, links.size), context.copies);
  return context.copies;
}

export function mostCopies(context: EngineContext): number {
  return usualCopies(context) + SPARE_COPIES;
}

/** Of one sub-stream, now. */
export function copiesOf(context: EngineContext, substream: Substream): number {
  return substream.spareUntilMs > context.nowMs ? mostCopies(context) : usualCopies(context);
}

/**
 * All heads of a sub-stream may lose their lines at once, and then everybody lacks it: one more copy of it for a while is less
 * than what all of them would fetch.
 */
export function considerSpares(context: EngineContext): void {
  const { nowMs, timers, substreams } = context;
  for (const substream of substreams) {
    if (!isLacking(context, substream)) continue;
    if (substream.spareUntilMs <= nowMs) timers.setSooner('have', nowMs);
    substream.spareUntilMs = (nowMs + SPARE_MS) as Millis;
  }
}

function isLacking({ config, nowMs, links }: EngineContext, substream: Substream): boolean {
  let settled = 0;
  let lacking = 0;
  for (const { have, haveReceivedMs, openedMs } of links.list) {
    // Who has just come lacks everything, and who is gone says nothing.
    if (have === undefined || nowMs - openedMs < SETTLED_MS) continue;
    if (nowMs - haveReceivedMs > 2 * config.haveIntervalMs) continue;
    settled++;
    if (have.substreams[substream.index]?.lagMs === undefined) lacking++;
  }
  return lacking >= LACKING_MIN && lacking > settled * LACKING_SHARE;
}

/** How many copies a seeder pushes, given how many it pushes now. */
export function copiesFor(viewers: number, present: number): number {
  const wanted = copiesByAudience(viewers);
  if (wanted >= present) return wanted;
  return Math.min(present, copiesByAudience(viewers / COPIES_HYSTERESIS));
}

function copiesByAudience(viewers: number): number {
  for (const [most, copies] of COPIES_BY_AUDIENCE) if (viewers <= most) return copies;
  return COPIES_MOST;
}
