import type { TrackerServer } from '../../tracker/socket-server.ts';
import type { AudienceFigures } from '../metrics.ts';

const NOBODY: AudienceFigures = { viewers: 0, bytesFromPeers: 0, stallMs: 0, latencyMs: [] };
const QUANTILES = [0.5, 0.95, 0.99];

/** What the tracker heard from a channel's viewers, as the metrics want it. */
export function audienceOf(tracker: TrackerServer): (channel: string) => AudienceFigures {
  return (channel) => {
    const counters = tracker.stats().channels.find((candidate) => candidate.channel === channel);
    if (counters === undefined) return NOBODY;
    const sorted = counters.latencySamplesMs.toSorted((left, right) => left - right);
    const latencyMs = QUANTILES.flatMap((quantile) => {
      const value = sorted[Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))];
      return value === undefined ? [] : [{ quantile, value }];
    });
    return { ...counters, latencyMs };
  };
}
