/*
 * A swarm of hundreds, for real: viewers in Node (node-datachannel) in a few processes, one server process, loopback.
 *   npm run bench:scale -- --node-peers 200 --processes 4 --kbps 120 --packets 5 --seconds 40
 * What is scarce here is CPU, since every packet of every viewer is encrypted, decrypted and checked on one machine: for that
 * reason alone the broadcast has 5 packets a second, where 18 are usual, and a low bitrate. Prints a table, with --json one line
 * of JSON instead.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type ChannelBytes, channelBytes, copiesBetween, liveChannel } from '../support/channel-facts.ts';
import { positive, quantile } from '../support/figures.ts';
import { cpuSecondsOfTree } from '../support/process-cpu.ts';
import { ServerProcess } from '../support/server-process.ts';
import { within } from '../support/wait.ts';
import type { PeersCommand, PeersMessage, PeersOrder, PeersReport } from './scale/peer-report.ts';
import { sparseClip } from './scale/sparse-clip.ts';

const CHANNEL = 'scale';
const PEERS_PROCESS = fileURLToPath(new URL('scale/peers-process.ts', import.meta.url));
/** As in browsers: what a viewer allows, in bitrates. */
const UPLOAD_LIMIT = 1.2;
const ANSWER_TIMEOUT_MS = 60_000;
/** Above this it is the machine that is measured. */
const LATE_MS = 100;
const NO_TIME = ': the machine has no time for so many viewers, and the figures say nothing of the swarm';
const MEBIBYTE = 1024 * 1024;

const { values: options } = parseArgs({
  options: {
    'node-peers': { type: 'string', default: '200' },
    processes: { type: 'string', default: '4' },
    kbps: { type: 'string', default: '120' },
    packets: { type: 'string', default: '5' },
    join: { type: 'string', default: '30' },
    settle: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '40' },
    links: { type: 'string', default: '8' },
    json: { type: 'boolean', default: false },
  },
});
const peerCount = positive('node-peers', options['node-peers']);
const processCount = Math.min(peerCount, positive('processes', options.processes));
const kbps = positive('kbps', options.kbps);
const joinSeconds = positive('join', options.join);
const settleSeconds = positive('settle', options.settle);
const seconds = positive('seconds', options.seconds);
const linksMax = positive('links', options.links);

const clip = await sparseClip(positive('packets', options.packets), kbps);
const args = ['seed', clip, '--channel', CHANNEL, '--loop'];
const server = new ServerProcess({ args }, await mkdtemp(join(tmpdir(), 'swarmtube-bench-')));
const processes: ChildProcess[] = [];
try {
  await server.start();
  const figures = await measure();
  if (options.json) console.log(JSON.stringify(figures));
  else print(figures);
} finally {
  await Promise.all(processes.map(dismiss));
  await server.dispose();
}

type Figures = Awaited<ReturnType<typeof measure>>;

async function measure() {
  const { bitrate } = await liveChannel(server.url, CHANNEL);
  const uploadBytesPerSecond = Math.round((Math.max(bitrate, kbps * 1000) / 8) * UPLOAD_LIMIT);
  const atStart = await channelBytes(server.url, CHANNEL);
  for (let index = 0; index < processCount; index++) {
    const peers = Math.floor((peerCount + index) / processCount);
    const order: PeersOrder = {
      channelUrl: `${server.url}/live/${CHANNEL}`,
      peers,
      joinSeconds,
      uploadBytesPerSecond,
      linksMax,
    };
    processes.push(fork(PEERS_PROCESS, [JSON.stringify(order)]));
  }
  await Promise.all(processes.map((child) => answer(child, 'joined', joinSeconds * 4000 + ANSWER_TIMEOUT_MS)));
  await sleep(settleSeconds * 1000);

  const before = await look();
  for (const child of processes) command(child, 'begin');
  await sleep(seconds * 1000);
  const after = await look();
  const reports = await Promise.all(
    processes.map((child) => {
      const reported = answer(child, 'report', ANSWER_TIMEOUT_MS);
      command(child, 'report');
      return reported;
    }),
  );
  return figuresOf(atStart, before, after, reports);
}

type Look = { readonly atMs: number; readonly bytes: ChannelBytes; readonly serverCpu: number | undefined };

async function look(): Promise<Look> {
  const serverCpu = await cpuSecondsOfTree(server.pid);
  return { atMs: performance.now(), bytes: await channelBytes(server.url, CHANNEL), serverCpu };
}

function figuresOf(atStart: ChannelBytes, before: Look, after: Look, reports: readonly PeersReport[]) {
  const elapsed = (after.atMs - before.atMs) / 1000;
  const of = (pick: (report: PeersReport) => number) => reports.reduce((total, report) => total + pick(report), 0);
  const lags = reports.flatMap(({ lagsMs }) => lagsMs);
  const stream = Math.max(1, after.bytes.stream - before.bytes.stream);
  const copies = copiesBetween(before.bytes, after.bytes);
  const copiesByPath = [...after.bytes.origin].map(
    ([path, bytes]) => [path, (bytes - (before.bytes.origin.get(path) ?? 0)) / stream] as const,
  );
  const received = of(({ lagsMs }) => lagsMs.length);
  const serverCpu =
    before.serverCpu === undefined || after.serverCpu === undefined ? undefined : after.serverCpu - before.serverCpu;
  const controlBytes = of((report) => report.controlBytes);
  return {
    peers: peerCount,
    processes: processCount,
    seconds: elapsed,
    packetsPerSecond: received / peerCount / elapsed,
    streamKbps: (stream * 8) / elapsed / 1000,
    copies,
    copiesByPath: Object.fromEntries(copiesByPath),
    copiesWithStartUp: copiesBetween(atStart, after.bytes),
    offload: 1 - copies / peerCount,
    arrivalMs: { p50: quantile(lags, 0.5), p95: quantile(lags, 0.95), p99: quantile(lags, 0.99) },
    received,
    shareFromPeers: of(({ fromPeers }) => fromPeers) / Math.max(1, received),
    lost: of(({ lost }) => lost),
    rescued: of(({ rescues }) => rescues),
    rejected: of(({ rejected }) => rejected),
    duplicateShare: of(({ duplicates }) => duplicates) / Math.max(1, received),
    controlShare: controlBytes / Math.max(1, controlBytes + of(({ bytesToPeers }) => bytesToPeers)),
    links: { mean: of(({ links }) => links) / peerCount, most: Math.max(...reports.map((report) => report.linksMost)) },
    cores: {
      server: serverCpu === undefined ? undefined : serverCpu / elapsed,
      peers: of(({ cpuSeconds }) => cpuSeconds) / elapsed,
    },
    timersLateMs: Math.max(...reports.map((report) => report.timersLateMs)),
    peersMiB: of(({ rssBytes }) => rssBytes) / MEBIBYTE,
  };
}

function print(figures: Figures): void {
  const { arrivalMs, links, cores } = figures;
  const rows: [string, string][] = [
    ['viewers, processes', `${figures.peers}, ${figures.processes}`],
    ['stream', `${Math.round(figures.streamKbps)} kbit/s in ${figures.packetsPerSecond.toFixed(1)} packets a second`],
    ['copies, settled', figures.copies.toFixed(2)],
    ...Object.entries(figures.copiesByPath)
      .filter(([, copies]) => copies > 0)
      .map(([path, copies]): [string, string] => [`  ${path}`, copies.toFixed(3)]),
    ['copies, with start-up', figures.copiesWithStartUp.toFixed(2)],
    ['offload, settled', percent(figures.offload)],
    ['arrival p50 / p95 / p99', `${arrivalMs.p50} / ${arrivalMs.p95} / ${arrivalMs.p99} ms`],
    ['packets received, from peers', `${figures.received}, ${percent(figures.shareFromPeers)}`],
    ['packets lost / rescued / forged', `${figures.lost} / ${figures.rescued} / ${figures.rejected}`],
    ['duplicates', percent(figures.duplicateShare)],
    ['control traffic', percent(figures.controlShare)],
    ['connections mean, most', `${links.mean.toFixed(1)}, ${links.most}`],
    ['CPU of the server', cores.server === undefined ? 'not measured' : `${percent(cores.server)} of a core`],
    ['CPU of the viewers', `${percent(cores.peers)} of a core`],
    ['timers late, p99', `${Math.round(figures.timersLateMs)} ms${figures.timersLateMs > LATE_MS ? NO_TIME : ''}`],
    ['memory of the viewers', `${Math.round(figures.peersMiB)} MiB`],
  ];
  for (const [name, value] of rows) console.log(`${name.padEnd(34)} ${value}`);
}

async function answer<Type extends PeersMessage['type']>(
  child: ChildProcess,
  type: Type,
  timeoutMs: number,
): Promise<Extract<PeersMessage, { type: Type }>> {
  const said = new Promise<Extract<PeersMessage, { type: Type }>>((resolve, reject) => {
    child.on('message', (message: PeersMessage) => {
      if (message.type === type) resolve(message as Extract<PeersMessage, { type: Type }>);
    });
    child.once('exit', (code) => reject(new Error(`a process of viewers ended with ${code}`)));
  });
  return within(said, { timeoutMs, text: `a process of viewers says "${type}"` });
}

function command(child: ChildProcess, text: PeersCommand): void {
  child.send(text);
}

async function dismiss(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.send('leave' satisfies PeersCommand, () => {});
  await within(exit, { timeoutMs: 10_000, text: 'a process of viewers ends' }).catch(() => child.kill('SIGKILL'));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
