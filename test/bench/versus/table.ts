import type { Figures } from './measure.ts';

type Row = readonly [name: string, value: (figures: Figures) => string];

const seconds = (ms: number) => (ms / 1000).toFixed(2);
// Bytes on their way when the run ends are sent and not yet received: what comes of it is no less than nothing.
const percent = (share: number) => `${Math.max(0, share * 100).toFixed(1)} %`;
const cores = (value: number | undefined) => (value === undefined ? 'not measured' : percent(value));

const ROWS: readonly Row[] = [
  ['latency p50, s', ({ latencyMs }) => seconds(latencyMs.p50)],
  ['latency p95, s', ({ latencyMs }) => seconds(latencyMs.p95)],
  ['copies, settled', ({ copiesSettled }) => copiesSettled.toFixed(2)],
  ['copies, with start-up', ({ copiesWithStartUp }) => copiesWithStartUp.toFixed(2)],
  ['offload, settled', ({ offloadSettled }) => percent(offloadSettled)],
  ['offload, with start-up', ({ offloadWithStartUp }) => percent(offloadWithStartUp)],
  ['stalls, of all', ({ stalls }) => String(stalls)],
  ['stalled time of all, s', ({ stallMs }) => seconds(stallMs)],
  ['skipped time of all, s', ({ skippedMs }) => seconds(skippedMs)],
  ['first frame p50, ms', ({ firstFrameMs }) => firstFrameMs.p50.toFixed(0)],
  ['first frame max, ms', ({ firstFrameMs }) => firstFrameMs.max.toFixed(0)],
  ['playing after p50, ms', ({ playingMs }) => playingMs.p50.toFixed(0)],
  ['CPU, all browsers', (figures) => cores(figures.cores.browser)],
  ['CPU, server', (figures) => cores(figures.cores.server)],
  ['script, gzipped', ({ scriptBytes }) => `${(scriptBytes / 1024).toFixed(1)} KB`],
  ['pictures read', ({ picturesRead }) => picturesRead],
  ['stream, kbit/s', ({ streamKbps }) => String(streamKbps)],
];

/** A column a system. CPU in shares of one core. */
export function table(systems: readonly { readonly title: string; readonly figures: Figures }[]): string {
  const lines = [
    ['', ...systems.map(({ title }) => title)],
    ...ROWS.map(([name, value]) => [name, ...systems.map(({ figures }) => value(figures))]),
  ];
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines
    .map((line) => line.map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0))))
    .map((line) => line.join('  '))
    .join('\n');
}
