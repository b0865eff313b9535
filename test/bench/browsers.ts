/*
 * How many copies of the stream leave the server when viewers in real Chromium watch it, and how far behind live they are:
 *   npm run bench:browsers -- --viewers 6 --minutes 2 --kbps 500
 * Each viewer has a window of its own in one browser, on a page of another origin than the server's. Prints a table.
 * With --json one line of JSON instead.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ChannelBytes, channelBytes, copiesBetween, NO_BYTES } from '../support/channel-facts.ts';
import { findChromium, launchChromium } from '../support/chromium.ts';
import { plainClip } from '../support/clips.ts';
import { positive, quantile, sum } from '../support/figures.ts';
import type { PlayerPage, PlayerStats } from '../support/player-page.ts';
import { cpuSecondsOfTree } from '../support/process-cpu.ts';
import { ServerProcess } from '../support/server-process.ts';
import { openViewers } from '../support/viewers.ts';
import { openWebsite } from '../support/website.ts';

const CHANNEL = 'bench';
const SAMPLE_MS = 1000;
/** The first of this run belong to start-up: the figure "once settled" leaves them out. */
const SETTLE_SECONDS = 20;

const { values: options } = parseArgs({
  options: {
    viewers: { type: 'string', default: '6' },
    minutes: { type: 'string', default: '2' },
    kbps: { type: 'string', default: '500' },
    json: { type: 'boolean', default: false },
  },
});
const viewerCount = positive('viewers', options.viewers);
const minutes = positive('minutes', options.minutes);
const kbps = positive('kbps', options.kbps);

const executablePath = findChromium();
if (executablePath === undefined) throw new Error('no Chromium found: install it, or name one in SWARMTUBE_CHROMIUM');
// Sound has 64 kbit/s of it, and FLV a little.
const clip = await plainClip({ width: 640, height: 360, videoKbps: Math.max(50, kbps - 70), seconds: 20 });
const args = ['seed', clip, '--channel', CHANNEL, '--loop'];
const server = new ServerProcess({ args }, await mkdtemp(join(tmpdir(), 'swarmtube-bench-')));
const website = await openWebsite('127.0.0.1');
const chromium = await launchChromium(executablePath);
try {
  await server.start();
  const figures = await measure();
  if (options.json) console.log(JSON.stringify(figures));
  else print(figures);
} finally {
  await chromium.close();
  website.close();
  await server.dispose();
}

type Figures = Awaited<ReturnType<typeof measure>>;

async function measure() {
  const cpu = async () => ({
    server: await cpuSecondsOfTree(server.pid),
    browser: await cpuSecondsOfTree(chromium.pid),
  });
  const atStart = await channelBytes(server.url, CHANNEL).catch(() => NO_BYTES);
  const startedMs = performance.now();
  const audience = { site: website, serverUrl: server.url, channel: CHANNEL };
  const viewers = await openViewers(chromium.browser, audience, viewerCount);
  const openedMs = performance.now();

  let settled:
    | { bytes: ChannelBytes; cpu: Awaited<ReturnType<typeof cpu>>; atMs: number; stats: PlayerStats[] }
    | undefined;
  const latencies: number[] = [];
  const endMs = openedMs + minutes * 60_000;
  const settleMs = Math.min(SETTLE_SECONDS * 1000, (minutes * 60_000) / 2);
  while (performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    const stats = await statsOf(viewers);
    if (settled !== undefined) latencies.push(...stats.map(({ latencyMs }) => latencyMs));
    else if (performance.now() - openedMs >= settleMs) {
      settled = { bytes: await channelBytes(server.url, CHANNEL), cpu: await cpu(), atMs: performance.now(), stats };
    }
  }
  if (settled === undefined) throw new Error('the run was too short to settle');
  const atEnd = await channelBytes(server.url, CHANNEL);
  const cpuAtEnd = await cpu();
  const stats = await statsOf(viewers);
  const seconds = (performance.now() - settled.atMs) / 1000;
  const share = (before: number | undefined, after: number | undefined) =>
    before === undefined || after === undefined ? undefined : (after - before) / seconds;
  const delivered = (all: readonly PlayerStats[]) => ({
    peers: sum(all.map(({ bytesFromPeers }) => bytesFromPeers)),
    server: sum(all.map(({ bytesFromServer }) => bytesFromServer)),
  });
  const [first, last] = [delivered(settled.stats), delivered(stats)];
  const fromPeers = last.peers - first.peers;
  return {
    viewers: viewerCount,
    minutes,
    streamKbps: Math.round(((atEnd.stream - settled.bytes.stream) * 8) / seconds / 1000),
    copiesSettled: copiesBetween(settled.bytes, atEnd),
    copiesWithStartUp: copiesBetween(atStart, atEnd),
    copiesByPath: Object.fromEntries(
      [...atEnd.origin].map(([path, bytes]) => [
        path,
        (bytes - (settled.bytes.origin.get(path) ?? 0)) / (atEnd.stream - settled.bytes.stream),
      ]),
    ),
    peerShare: fromPeers / Math.max(1, fromPeers + last.server - first.server),
    relayedBytes: sum(stats.map(({ bytesToPeers }) => bytesToPeers)),
    latencyMs: { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95) },
    firstFrameMs: { p50: quantile(firstFrames(stats), 0.5), max: quantile(firstFrames(stats), 1) },
    stalls: sum(stats.map(({ stalls }) => stalls)),
    stallMs: sum(stats.map(({ stallMs }) => stallMs)),
    rejected: sum(stats.map(({ packetsRejected }) => packetsRejected)),
    duplicates: sum(stats.map(({ packetsDuplicate }) => packetsDuplicate)),
    cores: {
      server: share(settled.cpu.server, cpuAtEnd.server),
      browser: share(settled.cpu.browser, cpuAtEnd.browser),
    },
    openedSeconds: (openedMs - startedMs) / 1000,
  };
}

function print(figures: Figures): void {
  const cores = (value: number | undefined) =>
    value === undefined ? 'not measured' : `${(value * 100).toFixed(1)} % of a core`;
  const { copiesByPath, latencyMs, firstFrameMs } = figures;
  const rows: [string, string][] = [
    ['viewers, minutes, stream', `${figures.viewers}, ${figures.minutes}, ${figures.streamKbps} kbit/s`],
    ['copies, settled', figures.copiesSettled.toFixed(2)],
    ...Object.entries(copiesByPath)
      .filter(([, copies]) => copies > 0)
      .map(([path, copies]): [string, string] => [`  ${path}`, copies.toFixed(3)]),
    ['copies, with start-up', figures.copiesWithStartUp.toFixed(2)],
    ['bytes from peers, settled', `${(figures.peerShare * 100).toFixed(1)} %`],
    ['relayed by viewers', `${(figures.relayedBytes / 1e6).toFixed(1)} MB`],
    ['latency p50 / p95', `${Math.round(latencyMs.p50)} / ${Math.round(latencyMs.p95)} ms`],
    ['first frame p50 / max', `${Math.round(firstFrameMs.p50)} / ${Math.round(firstFrameMs.max)} ms`],
    ['stalls', `${figures.stalls} (${Math.round(figures.stallMs)} ms)`],
    ['packets rejected / duplicate', `${figures.rejected} / ${figures.duplicates}`],
    ['CPU of the server', cores(figures.cores.server)],
    ['CPU of the browser', cores(figures.cores.browser)],
  ];
  for (const [name, value] of rows) console.log(`${name.padEnd(30)} ${value}`);
}

function statsOf(viewers: readonly PlayerPage[]): Promise<PlayerStats[]> {
  return Promise.all(viewers.map((viewer) => viewer.stats()));
}

function firstFrames(stats: readonly PlayerStats[]): number[] {
  return stats.map(({ firstFrameMs }) => firstFrameMs);
}
