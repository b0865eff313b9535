import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChannelBytes, channelBytes, liveChannel } from '../../support/channel-facts.ts';
import type { PlayerStats } from '../../support/player-page.ts';
import { cpuSecondsOfTree } from '../../support/process-cpu.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { publishViewer } from '../../support/viewers.ts';
import { openWebsite } from '../../support/website.ts';
import type { LabScenario } from './lab-line.ts';
import { LabNetwork } from './lab-network.ts';
import { LabViewer } from './lab-viewer.ts';
import type { LinkFacts } from './page-ears.ts';
import { TurnServer } from './turn-server.ts';

export type LabOptions = {
  readonly seconds: number;
  readonly settleSeconds: number;
  readonly clip: string;
  readonly chromium: string;
  readonly turnserver: string | undefined;
  /** Empty, and removed by whoever made it. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Once a second: seconds since all played, and each viewer's stats. */
  readonly onLook?: (second: number, stats: readonly PlayerStats[]) => void;
  /** Told of everything that a process which is about to end must take away at once. */
  readonly onUndo: (undo: () => void) => void;
};

/** One viewer at one moment. */
type Look = { readonly stats: PlayerStats; readonly links: readonly LinkFacts[] };

/** What was read at the moment when the settled part began, and at the end. */
export type Reading = { readonly atMs: number; readonly bytes: ChannelBytes; readonly looks: readonly Look[] };

export type LabRecord = {
  readonly scenario: LabScenario;
  /** From the start of the broadcast's measurement to each viewer's page being opened, ms. */
  readonly arrivesMs: readonly number[];
  readonly atStart: { readonly atMs: number; readonly bytes: ChannelBytes };
  readonly settled: Reading;
  readonly end: Reading;
  /** By viewer, once settled. */
  readonly latenciesMs: readonly (readonly number[])[];
  readonly arrivalsMs: readonly (readonly number[])[];
  readonly cores: { readonly server: number | undefined; readonly browsers: number | undefined };
};

const CHANNEL = 'lines';
const SAMPLE_MS = 1000;
/** Between two viewers. */
const ARRIVAL_GAP_MS = 1500;
const TURN_SECRET = 'lines-bench';

/** Builds the lines of a scenario, lets its viewers watch, takes everything away again, and tells what was seen. */
export async function runScenario(scenario: LabScenario, options: LabOptions): Promise<LabRecord> {
  const { folder, signal, onUndo } = options;
  const undo: (() => Promise<void> | void)[] = [];
  try {
    const network = await LabNetwork.open(`st${process.pid.toString(36)}`.slice(0, 8));
    undo.push(() => network.close());
    onUndo(() => network.close());
    const host = network.serverAddress;
    const turn = scenario.hasTurn ? await startTurn(options, host) : undefined;
    if (turn !== undefined) undo.push(() => turn.close());

    const data = join(folder, `data-${scenario.name}`);
    await mkdir(data);
    const args = ['seed', options.clip, '--channel', CHANNEL, '--loop', ...(turn?.serverArguments ?? [])];
    const server = new ServerProcess({ args, host }, data);
    undo.push(() => server.dispose());
    onUndo(() => kill(server.pid));
    await server.start();
    const website = await openWebsite(host);
    undo.push(() => website.close());
    await liveChannel(server.url, CHANNEL);

    const viewers: LabViewer[] = [];
    undo.push(async () => void (await Promise.all(viewers.map((viewer) => viewer.close()))));
    for (const line of scenario.lines) {
      signal.throwIfAborted();
      const site = await network.addSite(line);
      const attributes = line.isPlainHttp === true ? 'p2p="off"' : '';
      const url = await publishViewer({ site: website, serverUrl: server.url, channel: CHANNEL, attributes });
      const viewer = await LabViewer.launch({ chromium: options.chromium, site, line, url, folder });
      viewers.push(viewer);
      onUndo(() => kill(-viewer.pid)); // it leads a group of processes
    }
    return await watch(scenario, server, viewers, options);
  } finally {
    for (const step of undo.toReversed()) {
      await Promise.resolve(step()).catch((error: Error) => console.error(`while ending: ${error.message}`));
    }
  }
}

async function startTurn({ turnserver, folder, onUndo }: LabOptions, host: string): Promise<TurnServer> {
  if (turnserver === undefined) throw new Error('this scenario needs coturn');
  const turn = await TurnServer.start(turnserver, host, TURN_SECRET, folder);
  onUndo(() => turn.kill());
  return turn;
}

async function watch(
  scenario: LabScenario,
  server: ServerProcess,
  viewers: readonly LabViewer[],
  options: LabOptions,
): Promise<LabRecord> {
  const { seconds, settleSeconds, signal } = options;
  const startMs = performance.now();
  const atStart = { atMs: startMs, bytes: await channelBytes(server.url, CHANNEL) };
  const arrivesMs: number[] = [];
  for (const [index, viewer] of viewers.entries()) {
    if (index > 0) await sleep(ARRIVAL_GAP_MS, undefined, { signal });
    arrivesMs.push(Math.round(performance.now() - startMs));
    await viewer.open();
  }
  // Who never plays is a figure as well: no first picture.
  const complain = (error: Error) => console.error(error.message);
  await Promise.all(viewers.map((viewer) => viewer.waitForPlayback().catch(complain)));
  const openedMs = performance.now();
  await lookOn(viewers, openedMs, settleSeconds, options);

  const settled = await read(server, viewers);
  const cpuBefore = await cpu(server, viewers);
  const { latenciesMs, arrivalsMs } = await lookOn(viewers, openedMs, seconds, options);
  const end = await read(server, viewers);
  const cpuAfter = await cpu(server, viewers);
  const cores = (name: 'server' | 'browsers') => {
    const [before, after] = [cpuBefore[name], cpuAfter[name]];
    return before === undefined || after === undefined
      ? undefined
      : ((after - before) * 1000) / (end.atMs - settled.atMs);
  };
  return {
    scenario,
    arrivesMs,
    atStart,
    settled,
    end,
    latenciesMs,
    arrivalsMs,
    cores: { server: cores('server'), browsers: cores('browsers') },
  };
}

/** Once a second, for so long: by viewer, how far behind live it was, and what came from peers. */
async function lookOn(
  viewers: readonly LabViewer[],
  openedMs: number,
  seconds: number,
  { signal, onLook }: LabOptions,
): Promise<{ latenciesMs: number[][]; arrivalsMs: number[][] }> {
  const latenciesMs: number[][] = viewers.map(() => []);
  const arrivalsMs: number[][] = viewers.map(() => []);
  const endMs = performance.now() + seconds * 1000;
  while (performance.now() < endMs) {
    await sleep(SAMPLE_MS, undefined, { signal });
    const all = await Promise.all(viewers.map(async (one) => [await one.stats(), await one.arrivals()] as const));
    for (const [index, [stats, arrivals]] of all.entries()) {
      latenciesMs[index]?.push(stats.latencyMs);
      for (const lagMs of arrivals) arrivalsMs[index]?.push(lagMs);
    }
    onLook?.(
      (performance.now() - openedMs) / 1000,
      all.map(([stats]) => stats),
    );
  }
  return { latenciesMs, arrivalsMs };
}

async function read(server: ServerProcess, viewers: readonly LabViewer[]): Promise<Reading> {
  const looks = await Promise.all(
    viewers.map(async (viewer) => ({ stats: await viewer.stats(), links: await viewer.links() })),
  );
  return { atMs: performance.now(), bytes: await channelBytes(server.url, CHANNEL), looks };
}

async function cpu(server: ServerProcess, viewers: readonly LabViewer[]) {
  const each = await Promise.all(viewers.map(({ pid }) => cpuSecondsOfTree(pid)));
  const browsers = each.reduce<number | undefined>(
    (sum, seconds) => (sum === undefined || seconds === undefined ? undefined : sum + seconds),
    0,
  );
  return { server: await cpuSecondsOfTree(server.pid), browsers };
}

function kill(pid: number): void {
  try {
    if (pid !== 0) process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended already
  }
}
