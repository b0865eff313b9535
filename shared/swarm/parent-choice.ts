import type { Millis } from '../basics/units.ts';
import { STRENGTH_UNBEATABLE } from '../wire/have.ts';
import type { EngineContext } from './engine-context.ts';
import type { Link } from './link.ts';
import { parentOf, type Substream, strengthIn } from './substream.ts';

export type Candidate = { readonly link: Link; readonly score: number };

/** What we may offer and allow ourselves when we ask. */
export type Asker = {
  readonly strength: number;
  /** Displaces nobody: the swarm is short of upload, or the sub-stream is leased (docs/ALGORITHM.md 6). */
  readonly isPeaceful: boolean;
};

/** Each change of places costs pushes that come twice or late: so much stronger, at least. */
const STRENGTH_GAP = 2;

export function askerFor(context: EngineContext, substream: Substream, slots: number, isLeased: boolean): Asker {
  // A place that brings nothing any more is no place to give.
  const hasPlace = parentOf(substream) !== undefined && !substream.isOverdue;
  return { strength: strengthIn(substream, slots), isPeaceful: isLeased || (context.swarm.isShort && !hasPlace) };
}

/** The neighbour through which a packet would come soonest, or none that may be asked. */
export function chooseParent(
  context: EngineContext,
  substream: Substream,
  asker: Asker,
  isExcluded: (link: Link) => boolean,
): Candidate | undefined {
  let best: Candidate | undefined;
  // Ordered by id, and only a lower score displaces: ties go to the first.
  for (const link of context.links.list) {
    if (isExcluded(link) || !mayBeAsked(context, substream, asker, link)) continue;
    const score = parentScore(context, substream.index, link);
    if (best === undefined || score < best.score) best = { link, score };
  }
  return best;
}

export function mayBeAsked(context: EngineContext, substream: Substream, asker: Asker, link: Link): boolean {
  const { have } = link;
  const { nowMs } = context;
  if (have === undefined || link.node === undefined || !isHeard(context, link, nowMs)) return false;
  if ((link.refusedUntilMs[substream.index] as number) > nowMs || link.avoidedUntilMs > nowMs) return false;
  const offer = have.substreams[substream.index];
  if (offer?.lagMs === undefined) return false;
  if (substream.children.some((child) => child.link === link)) return false;
  if (link.isOpen(substream.index)) return true;
  return mayDisplace(asker, offer.weakestStrength, context.swarm.isShort);
}

/**
 * The stronger displaces the weaker, but not where that would only move the shortage about (docs/ALGORITHM.md 9): in a short swarm only who
 * has a place of its own to give in exchange, so that nobody loses one. A receiver only may always be displaced unless the swarm is
 * short: it displaces nobody in turn, so no storm comes of it.
 */
export function mayDisplace(asker: Asker, weakestStrength: number, isShort: boolean): boolean {
  if (weakestStrength === STRENGTH_UNBEATABLE || asker.strength < weakestStrength + STRENGTH_GAP) return false;
  return !asker.isPeaceful || (weakestStrength === 0 && !isShort);
}

/** docs/ALGORITHM.md 5: lag there, distance, time on its line, chance; in ms. */
function parentScore(context: EngineContext, substream: number, link: Link): number {
  const { config, clock, random } = context;
  const offer = link.have?.substreams[substream];
  const uplink = Math.max(config.uplinkBytesPerSecondMin, link.have?.uplinkBytesPerSecond ?? 0);
  const serialisationMs = (clock.packetBytesMean * 1000) / uplink;
  return (
    (offer?.lagMs ?? 0) +
    link.oneWayMs +
    serialisationMs * (1 + 0.5 * (offer?.children ?? 0)) +
    random.between(0, config.scoreJitterMs) +
    (link.isOpen(substream) ? 0 : config.displacingPenaltyMs) -
    (link.role === 'seeder' ? config.seederBonusMs : 0)
  );
}

/** Its last map is recent enough to be believed. */
function isHeard(context: EngineContext, link: Link, nowMs: Millis): boolean {
  return nowMs - link.haveReceivedMs <= 2.5 * context.config.haveIntervalMs + 300;
}
