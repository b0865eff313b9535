import type { Camera } from '../../support/camera.ts';
import type { LaunchedBrowser } from '../../support/chromium.ts';
import { quantile, sum } from '../../support/figures.ts';
import { Onlooker } from '../../support/onlooker.ts';
import { cpuSecondsOfTree } from '../../support/process-cpu.ts';
import type { Delivered } from './hls-page.ts';
import type { RunningSystem, Traffic } from './system.ts';

const SAMPLE_MS = 1000;
/** The first of a run belong to start-up: figures "settled" leave them out. */
const SETTLE_MS = 20_000;

export type Run = {
  readonly camera: Camera;
  readonly chromium: LaunchedBrowser;
  readonly system: RunningSystem;
  readonly viewers: number;
  readonly minutes: number;
  /** Where a picture of the first and the last viewer goes. */
  readonly screenshot?: string;
};

export type Figures = Awaited<ReturnType<typeof measure>>;

/** Lets so many viewers watch for so long. */
export async function measure({ camera, chromium, system, viewers: count, minutes, screenshot }: Run) {
  const viewers: Onlooker[] = [];
  const look = async (): Promise<Moment> => {
    const [traffic, server, browser, delivered] = await Promise.all([
      system.traffic(),
      cpuSecondsOfTree(system.serverPid),
      cpuSecondsOfTree(chromium.pid),
      Promise.all(viewers.map((viewer) => system.delivered(viewer))),
    ]);
    return { atMs: performance.now(), traffic, cpu: { server, browser }, delivered };
  };
  const before = await look();
  for (let index = 0; index < count; index++) viewers.push(await Onlooker.open(chromium.browser, system.pageUrl));
  await Promise.all(viewers.map((viewer) => viewer.waitForPlayback(1000)));

  const openedMs = performance.now();
  const settleMs = Math.min(SETTLE_MS, (minutes * 60_000) / 2);
  const delays: (number | undefined)[] = [];
  let settled: Moment | undefined;
  while (performance.now() - openedMs < minutes * 60_000) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    const seen = (await Promise.all(viewers.map((viewer) => viewer.delays(camera)))).flat();
    if (settled !== undefined) delays.push(...seen);
    else if (performance.now() - openedMs >= settleMs) settled = await look();
  }
  if (settled === undefined) throw new Error('the run was too short to settle');
  const end = await look();
  const watched = await Promise.all(viewers.map((viewer) => viewer.watched()));
  if (screenshot !== undefined) await viewers[0]?.page.screenshot({ path: `${screenshot}.png` });

  const read = delays.filter((delay) => delay !== undefined);
  const spread = (values: readonly (number | undefined)[]) => {
    const known = values.map((value) => value ?? Number.NaN);
    return { p50: quantile(known, 0.5), max: quantile(known, 1) };
  };
  return {
    streamKbps: Math.round(((end.traffic.streamBytes - settled.traffic.streamBytes) * 8) / (end.atMs - settled.atMs)),
    copiesSettled: copies(settled.traffic, end.traffic),
    copiesWithStartUp: copies(before.traffic, end.traffic),
    offloadSettled: offload(settled, end),
    offloadWithStartUp: offload({ ...before, delivered: viewers.map(() => NOTHING) }, end),
    latencyMs: { p50: quantile(read, 0.5), p95: quantile(read, 0.95) },
    picturesRead: `${read.length} of ${delays.length}`,
    stalls: sum(watched.map(({ stalls }) => stalls)),
    stallMs: sum(watched.map(({ stallMs }) => stallMs)),
    skippedMs: sum(watched.map(({ skippedMs }) => skippedMs)),
    firstFrameMs: spread(watched.map(({ firstFrameMs }) => firstFrameMs)),
    playingMs: spread(watched.map(({ playingMs }) => playingMs)),
    cores: {
      browser: share(settled.cpu.browser, end.cpu.browser, end.atMs - settled.atMs),
      server: share(settled.cpu.server, end.cpu.server, end.atMs - settled.atMs),
    },
    scriptBytes: system.scriptBytes,
    complaints: [...new Set(viewers.flatMap(({ console }) => console))].slice(0, 10),
  };
}

type Moment = {
  readonly atMs: number;
  readonly traffic: Traffic;
  readonly cpu: { readonly server: number | undefined; readonly browser: number | undefined };
  readonly delivered: readonly Delivered[];
};

const NOTHING: Delivered = { fromPeers: 0, fromServer: 0, toPeers: 0 };

function copies(first: Traffic, last: Traffic): number {
  return (last.sentBytes - first.sentBytes) / (last.streamBytes - first.streamBytes);
}

/** Of the bytes that reached players, the share that the server did not have to send. */
function offload(first: Moment, last: Moment): number {
  const received = (all: readonly Delivered[]) => sum(all.map(({ fromPeers, fromServer }) => fromPeers + fromServer));
  const sentBytes = last.traffic.sentBytes - first.traffic.sentBytes;
  return 1 - sentBytes / Math.max(1, received(last.delivered) - received(first.delivered));
}

function share(before: number | undefined, after: number | undefined, ms: number): number | undefined {
  return before === undefined || after === undefined ? undefined : ((after - before) * 1000) / ms;
}
