import type { Random } from '../../shared/basics/random.ts';
import type { Member } from './member.ts';

/*
 * Whom to introduce, out of candidates that the directory drew. The same candidates and generator give the same choice.
 */

/** Of the peers that a newcomer meets, so many are chosen blindly: what keeps clusters from closing and attackers from surrounding anybody. */
const RANDOM_SHARE = 0.25;
/** Points; with free slots counted up to 8 that makes chance about a third of the choice. */
const SCORE_JITTER = 4;
/** More free slots than a newcomer can use say nothing more about a peer. */
const FREE_SLOTS_COUNTED = 8;
const LINKS_PER_POINT = 4;
const LAG_MS_PER_POINT = 250;
/** No lag known: no feed yet. As good as 1 s behind. */
const LAG_MS_UNKNOWN = 1000;
const LAG_MS_COUNTED = 2000;
/** The same network: short, free, and often reachable without a relay. */
const NEARNESS_POINTS = 4;
/** Behind all others, and still there when nobody else is. */
const SUSPICION_POINTS = 24;
const SUSPICION_MS = 2000;

/**
 * For a newcomer: spare upload, small lag, few links, near by; a quarter at random.
 *
 * @param drawn candidates drawn evenly from all; the random quarter comes from these alone.
 * @param favoured further candidates, drawn from those near by or with slots to spare.
 */
export function pickForJoin(
  newcomer: Member,
  drawn: readonly Member[],
  favoured: readonly Member[],
  count: number,
  random: Random,
): Member[] {
  const chosen = new Set(drawn.slice(0, Math.ceil(count * RANDOM_SHARE)));
  const rest = new Set([...drawn, ...favoured].filter((member) => !chosen.has(member)));
  const scored = [...rest].map((member) => ({ member, score: joinScore(newcomer, member, random) }));
  scored.sort((a, b) => b.score - a.score || (a.member.peer < b.member.peer ? -1 : 1));
  for (const { member } of scored) {
    if (chosen.size >= count) break;
    chosen.add(member);
  }
  return [...chosen];
}

function joinScore(newcomer: Member, member: Member, random: Random): number {
  const lagMs = Math.min(member.meanLagMs ?? LAG_MS_UNKNOWN, LAG_MS_COUNTED);
  return (
    Math.min(member.freeSlots, FREE_SLOTS_COUNTED) -
    member.linkCount / LINKS_PER_POINT -
    lagMs / LAG_MS_PER_POINT -
    member.suspicion * SUSPICION_POINTS +
    (newcomer.isNear(member) ? NEARNESS_POINTS : 0) +
    random.between(-SCORE_JITTER, SCORE_JITTER)
  );
}

/** One may have given its slot away in the meantime. */
const PEERS_PER_SUBSTREAM = 2;
/** What a link between two networks costs over one within, ms: half of a round trip across a country. */
const DISTANCE_MS = 40;

/**
 * For "no candidate for these sub-streams": two peers each that have it and a free slot, lowest lag + distance. The slot
 * is promised at once, so that the next one who asks is not sent to the same. `mayMeet` is asked last, being the dearest.
 */
export function pickForSubstreams(
  asker: Member,
  candidates: readonly Member[],
  substreams: readonly number[],
  countMax: number,
  mayMeet: (member: Member) => boolean,
): Member[] {
  const chosen: Member[] = [];
  for (const substream of new Set(substreams)) {
    const able = candidates.filter((member) => member.hasFeed(substream) && member.freeSlots > 0);
    const priced = able.map((member) => ({ member, costMs: costMs(asker, member, substream) }));
    priced.sort((a, b) => a.costMs - b.costMs || (a.member.peer < b.member.peer ? -1 : 1));
    let found = 0;
    for (const { member } of priced) {
      if (found === PEERS_PER_SUBSTREAM) break;
      const isChosen = chosen.includes(member);
      if (!isChosen && (chosen.length >= countMax || !mayMeet(member))) continue;
      if (!isChosen) chosen.push(member);
      member.promiseSlot();
      found++;
    }
  }
  return chosen;
}

function costMs(asker: Member, member: Member, substream: number): number {
  const distanceMs = asker.isNear(member) ? 0 : DISTANCE_MS;
  return (member.lagMs[substream] ?? 0) + distanceMs + member.suspicion * SUSPICION_MS;
}

/** For a seeder: those who can pass on most. */
export function pickStrongest(candidates: readonly Member[], count: number): Member[] {
  return [...candidates]
    .sort((a, b) => b.slots - a.slots || a.linkCount - b.linkCount || (a.peer < b.peer ? -1 : 1))
    .slice(0, count);
}
