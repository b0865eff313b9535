import { median, quantile } from '../../support/figures.ts';
import type { PlayerStats } from '../../support/player-page.ts';
import type { LabFigures } from './figures.ts';
import type { LabRecord } from './lab-run.ts';
import type { PredictedRun, Prediction } from './prediction.ts';

/** Two tables: the viewers one by one, and the whole beside what the simulator said of it. */
export function reportOf({ scenario, cores }: LabRecord, figures: LabFigures, prediction: Prediction): string {
  const { viewers, streamKbps, packetsPerSecond, seconds } = figures;
  const stream = `${Math.round(streamKbps)} kbit/s in ${packetsPerSecond.toFixed(1)} packets a second`;
  const facts = `${viewers.length} viewers, ${stream}; once settled ${Math.round(seconds)} s were measured`;
  return [
    `${scenario.name}: ${scenario.what}`,
    facts,
    '',
    viewerTable(scenario.lines, figures, prediction.settled),
    '',
    comparison(figures, prediction, cores),
  ].join('\n');
}

function viewerTable(
  lines: LabRecord['scenario']['lines'],
  { viewers, seconds }: LabFigures,
  runs: readonly PredictedRun[],
): string {
  const rows = viewers.map((viewer, index) => {
    const line = lines[index];
    const seen = runs.flatMap((run) => run.seen[index] ?? []);
    const share = median(seen.map((one) => one.bytesFromPeers / (one.bytesFromPeers + one.bytesFromServer)));
    const given = median(seen.map((one) => (one.bytesToPeers * 8) / seconds / 1000));
    return [
      line?.name ?? '',
      line?.isPlainHttp === true ? 'plain HTTP' : (line?.nat ?? ''),
      `${line?.uplinkKbps} / ${line?.downlinkKbps}`,
      `${percent(viewer.peerShare)} | ${percent(share)}`,
      `${Math.round(viewer.uploadKbps)} | ${Math.round(given)}`,
      times(viewer.latencyMs.p50, viewer.latencyMs.p95),
      `${viewer.stalls} (${Math.round(viewer.stallMs)}, ${Math.round(viewer.stallMsWithStartUp)})`,
      viewer.firstFrameMs > 0 ? String(Math.round(viewer.firstFrameMs)) : 'none',
      `${viewer.links} (${viewer.relayedLinks})`,
    ];
  });
  const head = ['line', 'router', 'up / down', 'from peers | simulated', 'gives | simulated'];
  return aligned([
    [...head, 'latency p50 / p95', 'stalls (ms, with start-up)', 'first picture', 'links (relayed)'],
    ...rows,
  ]);
}

/** A line for whoever looks on: each viewer's state, latency, what it has given and had from peers and server in kB, stalls. */
export function lookOf(second: number, lines: LabRecord['scenario']['lines'], all: readonly PlayerStats[]): string {
  const parts = all.map((stats, index) => {
    const kB = [stats.bytesToPeers, stats.bytesFromPeers, stats.bytesFromServer].map((bytes) =>
      Math.round(bytes / 1000),
    );
    const late = `${Math.round(stats.latencyMs)}/${Math.round(stats.targetLatencyMs)}`;
    return `${lines[index]?.name} ${stats.state} ${late} gave ${kB[0]} had ${kB[1]}+${kB[2]} stalls ${stats.stalls}`;
  });
  return `${Math.round(second)} s: ${parts.join(' | ')}`;
}

type Pick = (run: PredictedRun) => number;
type Show = (value: number) => string;

function comparison(real: LabFigures, { settled, whole }: Prediction, cores: LabRecord['cores']): string {
  const each = (runs: readonly PredictedRun[], pick: Pick, show: Show) => {
    const values = runs.map(pick);
    return `${show(median(values))} (${show(Math.min(...values))} to ${show(Math.max(...values))})`;
  };
  const often = (pick: Pick, show: Show) => each(settled, pick, show);
  const arrival = (share: number) => (run: PredictedRun) =>
    quantile(
      run.seen.flatMap(({ arrivalsMs }) => arrivalsMs),
      share,
    );
  const viewerMinutes = (real.seconds * real.viewers.length) / 60;
  const { copies, arrivalMs, latencyMs } = real;
  const firstPacket = each(whole, (run) => run.firstPacketMs.p50, rounded);
  const rows = [
    ['', 'real lines', `simulated: median (least to most) of ${settled.length} seeds`],
    ['copies, settled', fixed(copies.total), often((run) => run.copies.total, fixed)],
    ['  pushed', fixed(copies.push), often((run) => run.copies.push, fixed)],
    ['  over HTTP', fixed(copies.rest), often((run) => run.copies.start + run.copies.rescue, fixed)],
    ['copies, with start-up', fixed(real.copiesWithStartUp), each(whole, (run) => run.copies.total, fixed)],
    ['offload, settled', percent(real.offload), often((run) => run.offload, percent)],
    ['arrival from peers p50, ms', rounded(arrivalMs.p50), often(arrival(0.5), rounded)],
    ['arrival from peers p95, ms', rounded(arrivalMs.p95), often(arrival(0.95), rounded)],
    ['arrival from peers p99, ms', rounded(arrivalMs.p99), often(arrival(0.99), rounded)],
    ['latency p50 / p95, ms', times(latencyMs.p50, latencyMs.p95), often((run) => run.latencyMs.p50, rounded)],
    [
      'first picture p50 / most, ms',
      times(real.firstFrameMs.p50, real.firstFrameMs.max),
      `${firstPacket}: first packet`,
    ],
    [
      'stalls in 10 viewer minutes',
      fixed((real.stalls * 10) / viewerMinutes),
      often((run) => run.stallsPerTenMinutes, fixed),
    ],
    ['stalled time', percent(real.stalledShare), often((run) => run.stalledShare, percent)],
    ['duplicates', percent(real.duplicateShare), often((run) => run.duplicateShare, percent)],
    ['connections, mean', fixed(real.linksMean), often((run) => run.connections.mean, fixed)],
    ['relayed by TURN', percent(real.relayedShare), ''],
    ['CPU of server, of browsers', `${ofCore(cores.server)}, ${ofCore(cores.browsers)}`, ''],
  ];
  const told = [...new Set([...settled, ...whole].flatMap(brokenPromises))];
  return aligned(rows) + (told.length > 0 ? `\nTHE SIMULATION BROKE ${told.length} PROMISES\n${told.join('\n')}` : '');
}

/** Those of the settled run are in the whole one too. */
function brokenPromises({ seed, failures }: PredictedRun): string[] {
  return failures.map(({ atMs, peer, rule, text }) => `seed ${seed}, ${atMs} ms, peer ${peer}: ${text} (${rule})`);
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const padded = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return padded.map((row) => row.trimEnd()).join('\n');
}

function times(one: number, other: number): string {
  return `${Math.round(one)} / ${Math.round(other)}`;
}

function fixed(value: number): string {
  return value.toFixed(2);
}

function rounded(value: number): string {
  return String(Math.round(value));
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}

function ofCore(value: number | undefined): string {
  return value === undefined ? 'not measured' : `${(value * 100).toFixed(0)} %`;
}
