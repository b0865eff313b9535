import type { EngineContext } from './engine-context.ts';
import type { Link } from './link.ts';
import type { Parent, Substream } from './substream.ts';

/** Believed of a sub-stream that has not been pushed yet. */
const UNKNOWN_LAG_MS = 400;
const LAG_WEIGHT = 1 / 4;
/** A feed that has brought nothing since acceptance is given so long, beside one round of sub-streams. */
const FIRST_PACKET_MS = 300;

/** Takes a pushed packet's lag into the mean and the mean deviation. */
export function observeLag(substream: Substream, lagMs: number): void {
  if (substream.lagMs === undefined) {
    substream.lagMs = lagMs;
    substream.deviationMs = 0;
    return;
  }
  const error = lagMs - substream.lagMs;
  substream.lagMs = Math.round(substream.lagMs + error * LAG_WEIGHT);
  substream.deviationMs = Math.round(substream.deviationMs + (Math.abs(error) - substream.deviationMs) * LAG_WEIGHT);
}

/** When a packet captured at some moment is later than usual in this sub-stream. */
export function lateAtMs(context: EngineContext, substream: Substream, sequence: number): number {
  const { config, clock } = context;
  const allowanceMs = config.overdueMs + Math.min(config.overdueDeviationMsMax, 2 * substream.deviationMs);
  return clock.localMs(clock.captureMs(sequence)) + (substream.lagMs ?? UNKNOWN_LAG_MS) + allowanceMs;
}

/** When the next packet of a parent is overdue. One that was accepted just now is given time for its first. */
export function overdueAtMs(context: EngineContext, substream: Substream, parent: Parent): number {
  const { config, clock } = context;
  const usualMs = lateAtMs(context, substream, parent.frontSequence + config.substreams);
  if (parent.hasPushed) return usualMs;
  const roundMs = clock.intervalMs * config.substreams;
  return Math.max(usualMs, parent.acceptedMs + 2 * parent.link.oneWayMs + roundMs + FIRST_PACKET_MS);
}

/** The packet exists: a later one was seen, or is claimed; or the link that should bring it has fallen silent. */
export function isEvident(context: EngineContext, newestKnown: number, sequence: number, link: Link): boolean {
  if (newestKnown > sequence || context.ring.newest > sequence) return true;
  return isSilent(context, link);
}

/** One of its maps should have come by now, even if it was lost once. */
export function isSilent(context: EngineContext, link: Link): boolean {
  return context.nowMs - link.lastHeardMs > 1.4 * context.config.haveIntervalMs;
}
