/*
 * What HTTP-FLV costs the server: 1,800 readers of one stream of 500 kbit/s, then the same with 100 of them stalled, each for half a
 * minute, then until the server has cut those. The load comes out of a process of its own.
 *   npm run bench:http -- --readers 1800 --stalled 100 --seconds 30
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { liveChannel } from '../support/channel-facts.ts';
import { positive } from '../support/figures.ts';
import { cpuSecondsOfTree } from '../support/process-cpu.ts';
import { ServerProcess } from '../support/server-process.ts';
import type { LoadCommand, LoadReport } from './http-load.ts';

const CHANNEL = 'bench';
/** As it is installed: running TypeScript as it is costs 25 MB more, for the compiler. */
const ENTRY = fileURLToPath(new URL('../../dist/server/seeder/main.js', import.meta.url));
const CLIP = fileURLToPath(new URL('../../seeder/demo/demo.flv', import.meta.url));
/** After all are in: the burst of their first pictures is over. */
const SETTLE_MS = 4000;
/** How long the server may take to give the stalled readers up: the system's own buffers take a minute or more to fill. */
const CUT_SECONDS_MAX = 240;

const { values: options } = parseArgs({
  options: {
    readers: { type: 'string', default: '1800' },
    stalled: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '30' },
    json: { type: 'boolean', default: false },
  },
});
const readers = positive('readers', options.readers);
const stalled = positive('stalled', options.stalled);
const seconds = positive('seconds', options.seconds);

type Phase = LoadReport & {
  readonly name: string;
  readonly seconds: number;
  readonly cpuShare: number;
  readonly rssMegabytes: number;
};

const server = new ServerProcess(
  { args: ['seed', CLIP, '--channel', CHANNEL, '--loop', '--log-level', 'warn'], entry: ENTRY },
  await mkdtemp(join(tmpdir(), 'swarmtube-bench-')),
);
const load = fork(fileURLToPath(new URL('./http-load.ts', import.meta.url)), {
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});
try {
  await server.start();
  await liveChannel(server.url, CHANNEL);
  const idleMegabytes = await rssMegabytes();
  const startedMs = performance.now();
  await tell({ type: 'open', port: server.port, channel: CHANNEL, readers });
  const openSeconds = (performance.now() - startedMs) / 1000;
  await pause(SETTLE_MS);
  const phases = [await measure('all reading', 0)];
  phases.push(await measure(`${stalled} stalled`, stalled));
  phases.push(await measure(`${stalled} cut`, stalled, ({ cut }) => cut === stalled));
  if (options.json) console.log(JSON.stringify({ readers, idleMegabytes, openSeconds, phases }));
  else print(idleMegabytes, openSeconds, phases);
} finally {
  load.disconnect();
  await server.dispose();
}

/** For `seconds`; then on until the report is as it shall be. */
async function measure(name: string, stalledNow: number, isOver = (_: LoadReport): boolean => true): Promise<Phase> {
  await tell({ type: 'measure', stalled: stalledNow });
  const cpuBefore = await cpuSeconds();
  const startedMs = performance.now();
  let rss = 0;
  let report: LoadReport | undefined;
  for (let second = 1; report === undefined; second++) {
    await pause(1000);
    rss = Math.max(rss, await rssMegabytes());
    if (second < seconds) continue;
    const soFar = (await tell({ type: 'report' })) as LoadReport;
    if (isOver(soFar) || second > CUT_SECONDS_MAX) report = soFar;
  }
  const elapsed = (performance.now() - startedMs) / 1000;
  const cpuShare = ((await cpuSeconds()) - cpuBefore) / elapsed;
  return { ...report, name, seconds: elapsed, cpuShare, rssMegabytes: rss };
}

async function tell(command: LoadCommand): Promise<unknown> {
  const answer = once(load, 'message');
  load.send(command);
  const [message] = await answer;
  return message;
}

async function cpuSeconds(): Promise<number> {
  return (await cpuSecondsOfTree(server.pid)) ?? Number.NaN;
}

async function rssMegabytes(): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}

function print(idleMegabytes: number, openSeconds: number, phases: readonly Phase[]): void {
  const row = (name: string, target: string, cell: (phase: Phase) => string): string =>
    `| ${name.padEnd(34)} | ${phases.map((phase) => cell(phase).padStart(16)).join(' | ')} | ${target.padEnd(9)} |`;
  console.log(
    `${readers} readers of HTTP-FLV; all in after ${openSeconds.toFixed(1)} s; server before: ${idleMegabytes.toFixed(0)} MB`,
  );
  console.log(row('', 'target', ({ name }) => name));
  console.log(row('readers that read', '', (phase) => String(phase.readers)));
  console.log(row('kbit/s of each: min', 'all fed', (phase) => kbps(phase.bytesMin, phase)));
  console.log(row('kbit/s of each: mean', '', (phase) => kbps(phase.bytesMean, phase)));
  console.log(row('kbit/s of each: max', '', (phase) => kbps(phase.bytesMax, phase)));
  console.log(row('pictures of the one with fewest', '', (phase) => String(phase.videoTagsMin)));
  console.log(row('added delay p50, ms', '', (phase) => String(phase.addedMs.p50)));
  console.log(row('added delay p95, ms', '<= 200', (phase) => String(phase.addedMs.p95)));
  console.log(row('added delay p99, ms', '', (phase) => String(phase.addedMs.p99)));
  console.log(row('added delay max, ms', '', (phase) => String(phase.addedMs.max)));
  console.log(row('server CPU, % of a core', '<= 10', (phase) => (phase.cpuShare * 100).toFixed(1)));
  console.log(row('server RSS at most, MB', '<= 160', (phase) => phase.rssMegabytes.toFixed(0)));
  console.log(row('readers lost', '0', (phase) => String(phase.lost)));
  console.log(row('stalled readers cut', '', (phase) => String(phase.cut)));
  console.log(row('measured for, s', '', (phase) => phase.seconds.toFixed(0)));
}

function kbps(bytes: number, phase: Phase): string {
  return ((bytes * 8) / 1000 / phase.seconds).toFixed(0);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
