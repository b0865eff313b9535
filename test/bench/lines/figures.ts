import { type ChannelBytes, copiesBetween } from '../../support/channel-facts.ts';
import { quantile, sum } from '../../support/figures.ts';
import type { PlayerStats } from '../../support/player-page.ts';
import type { LabRecord, Reading } from './lab-run.ts';

type Spread = { readonly p50: number; readonly p95: number; readonly p99: number };

export type ViewerFigures = {
  readonly peerShare: number;
  readonly uploadKbps: number;
  readonly latencyMs: Spread;
  readonly stalls: number;
  readonly stallMs: number;
  /** From the first picture on. */
  readonly stallMsWithStartUp: number;
  readonly firstFrameMs: number;
  readonly links: number;
  readonly relayedLinks: number;
};

export type LabFigures = {
  readonly streamKbps: number;
  readonly packetsPerSecond: number;
  readonly seconds: number;
  readonly copies: { readonly push: number; readonly rest: number; readonly total: number };
  readonly copiesWithStartUp: number;
  readonly offload: number;
  /** Over data channels alone: what came over HTTP is not seen. */
  readonly arrivalMs: Spread;
  readonly latencyMs: Spread;
  readonly firstFrameMs: { readonly p50: number; readonly max: number };
  readonly stalls: number;
  readonly stalledShare: number;
  readonly duplicateShare: number;
  /** Of viewers in the swarm. */
  readonly linksMean: number;
  /** Of the bytes that came to viewers over connections still open at the end, what a TURN server carried. */
  readonly relayedShare: number;
  readonly viewers: readonly ViewerFigures[];
};

/** What the records of a run come to. Shares and copies are of the settled part, but for "with start-up". */
export function figuresOf(record: LabRecord): LabFigures {
  const { atStart, settled, end, arrivalsMs, latenciesMs } = record;
  const seconds = (end.atMs - settled.atMs) / 1000;
  const stream = Math.max(1, end.bytes.stream - settled.bytes.stream);
  const push = (pathBytes(end.bytes, 'push') - pathBytes(settled.bytes, 'push')) / stream;
  const total = copiesBetween(settled.bytes, end.bytes);
  const grown = (pick: (stats: PlayerStats) => number) => grownBetween(settled, end, pick);
  const fromPeers = sum(grown((stats) => stats.bytesFromPeers));
  const received = fromPeers + sum(grown((stats) => stats.bytesFromServer));
  const packets = sum(grown((stats) => stats.packetsFromPeers)) + sum(grown((stats) => stats.packetsFromServer));
  const duplicates = sum(grown((stats) => stats.packetsDuplicate));
  const swarm = record.scenario.lines.filter(({ isPlainHttp }) => isPlainHttp !== true);
  const stallMs = grown((stats) => stats.stallMs);
  const carried = end.looks.flatMap(({ links }) => links);
  const relayedBytes = sum(carried.filter(({ isRelayed }) => isRelayed).map(({ bytesReceived }) => bytesReceived));
  const firstFrames = end.looks.map(({ stats }) => stats.firstFrameMs);
  return {
    streamKbps: (stream * 8) / seconds / 1000,
    packetsPerSecond: Math.max(...grown((stats) => stats.newestSequence)) / seconds,
    seconds,
    copies: { push, rest: total - push, total },
    copiesWithStartUp: copiesBetween(atStart.bytes, end.bytes),
    offload: 1 - (total * stream) / Math.max(1, received),
    arrivalMs: spread(arrivalsMs.flat()),
    latencyMs: spread(latenciesMs.flat()),
    firstFrameMs: { p50: quantile(firstFrames, 0.5), max: quantile(firstFrames, 1) },
    stalls: sum(grown((stats) => stats.stalls)),
    stalledShare: sum(stallMs) / (seconds * 1000 * stallMs.length),
    duplicateShare: duplicates / Math.max(1, packets + duplicates),
    linksMean: sum(end.looks.map(({ links }) => links.length)) / Math.max(1, swarm.length),
    relayedShare: relayedBytes / Math.max(1, sum(carried.map(({ bytesReceived }) => bytesReceived))),
    viewers: end.looks.map(({ stats, links }, index) => {
      const at = (pick: (all: PlayerStats) => number) => grown(pick)[index] ?? 0;
      const peers = at((all) => all.bytesFromPeers);
      return {
        peerShare: peers / Math.max(1, peers + at((all) => all.bytesFromServer)),
        uploadKbps: (at((all) => all.bytesToPeers) * 8) / seconds / 1000,
        latencyMs: spread(latenciesMs[index] ?? []),
        stalls: at((all) => all.stalls),
        stallMs: at((all) => all.stallMs),
        stallMsWithStartUp: stats.stallMs,
        firstFrameMs: stats.firstFrameMs,
        links: links.length,
        relayedLinks: links.filter(({ isRelayed }) => isRelayed).length,
      };
    }),
  };
}

function grownBetween(before: Reading, after: Reading, pick: (stats: PlayerStats) => number): number[] {
  return after.looks.map(({ stats }, index) => {
    const earlier = before.looks[index];
    return pick(stats) - (earlier === undefined ? 0 : pick(earlier.stats));
  });
}

function pathBytes({ origin }: ChannelBytes, path: string): number {
  return origin.get(path) ?? 0;
}

function spread(values: readonly number[]): Spread {
  return { p50: quantile(values, 0.5), p95: quantile(values, 0.95), p99: quantile(values, 0.99) };
}
