/*
 * Viewers in real Chromium behind real lines, beside what the simulator says of the same lines:
 *   npm run bench:lines -- --scenario lines --seconds 60 --kbps 500
 * Each viewer is in a network namespace of its own behind an uplink and a downlink that carry no more than they should, some
 * behind routers that translate addresses (test/bench/lines/lab-line.ts). Needs Linux, root, Chromium, iproute2 and nftables,
 * and coturn for what is relayed. Prints two tables a scenario; with --json one line of JSON instead. --watch tells
 * each second what every viewer does.
 */
import { existsSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findChromium } from '../support/chromium.ts';
import { plainClip } from '../support/clips.ts';
import { positive } from '../support/figures.ts';
import { findProgram } from '../support/tools.ts';
import { figuresOf } from './lines/figures.ts';
import { LAB_SCENARIOS, type LabScenario } from './lines/lab-line.ts';
import { type LabOptions, runScenario } from './lines/lab-run.ts';
import { predict } from './lines/prediction.ts';
import { lookOf, reportOf } from './lines/report.ts';

const REMOVE_ATTEMPTS = 10;
const REMOVE_PAUSE_MS = 200;

const { values: options } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true, default: LAB_SCENARIOS.map(({ name }) => name) },
    seconds: { type: 'string', default: '60' },
    settle: { type: 'string', default: '20' },
    kbps: { type: 'string', default: '500' },
    seeds: { type: 'string', default: '9' },
    json: { type: 'boolean', default: false },
    watch: { type: 'boolean', default: false },
  },
});
const scenarios = options.scenario.map((wanted) => {
  const found = LAB_SCENARIOS.find(({ name }) => name === wanted);
  if (found === undefined)
    throw new TypeError(`there are ${LAB_SCENARIOS.map(({ name }) => name).join(', ')}, no ${wanted}`);
  return found;
});
const kbps = positive('kbps', options.kbps);
const seeds = positive('seeds', options.seeds);
const seconds = positive('seconds', options.seconds);
const settleSeconds = positive('settle', options.settle);

const turnserver = findProgram(['turnserver']);
const chromium = findChromium();
const missing = missingProgram();
if (chromium === undefined || missing !== undefined) {
  console.error(
    missing ??
      'bench:lines needs Chromium: install it (Debian: apt-get install chromium), or name one in SWARMTUBE_CHROMIUM.',
  );
  process.exit(1);
}

const folder = await mkdtemp(join(tmpdir(), 'swarmtube-lines-'));
process.env.TMPDIR = folder; // of browsers' profiles: gone with the rest, however this ends
const undo: (() => void)[] = [removeFolder];
process.on('exit', () => {
  for (const step of undo.toReversed()) step();
});
const aborter = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => aborter.abort(new Error(`ended by ${signal}`)));
}

// Sound has 64 kbit/s of it, and FLV a little.
const clip = await plainClip({ width: 426, height: 240, videoKbps: Math.max(50, kbps - 70), seconds: 20 });
const lab: LabOptions = {
  ...{ seconds, settleSeconds, clip, chromium, turnserver, folder },
  signal: aborter.signal,
  onUndo: (step) => undo.push(step),
};
try {
  for (const scenario of scenarios) await measure(scenario);
} catch (error) {
  if (!aborter.signal.aborted) throw error;
  console.error((aborter.signal.reason as Error).message);
  process.exitCode = 1;
}

async function measure(scenario: LabScenario): Promise<void> {
  if (scenario.hasTurn && turnserver === undefined) {
    console.error(`${scenario.name} is left out: it needs coturn (Debian: apt-get install coturn).`);
    return;
  }
  const onLook: LabOptions['onLook'] = (second, stats) => console.error(lookOf(second, scenario.lines, stats));
  const record = await runScenario(scenario, options.watch ? { ...lab, onLook } : lab);
  const figures = figuresOf(record);
  const prediction = predict(record, figures, seeds);
  if (options.json) console.log(JSON.stringify({ scenario, figures, prediction }));
  else console.log(`${reportOf(record, figures, prediction)}\n`);
}

/** Browsers that are just being killed may still write for a moment. */
function removeFolder(): void {
  for (let attempt = 0; existsSync(folder) && attempt < REMOVE_ATTEMPTS; attempt++) {
    if (attempt > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, REMOVE_PAUSE_MS);
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // once more
    }
  }
}

function missingProgram(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return 'bench:lines builds networks: run it on Linux, as root.';
  }
  const absent = ['ip', 'tc', 'nft'].filter((name) => findProgram([name]) === undefined);
  if (absent.length === 0) return undefined;
  return `bench:lines needs ${absent.join(', ')}: install iproute2 and nftables (Debian: apt-get install iproute2 nftables coturn).`;
}
