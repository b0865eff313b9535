import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { SwarmtubeError } from '../../shared/basics/errors.ts';
import type { PlannedFault } from '../../shared/simulator/fault-names.ts';
import { faultText, parseFault, planFaults } from '../../shared/simulator/fault-plan.ts';
import { SIMULATION_HEAP } from '../../shared/simulator/heap.ts';
import { PLANTED_BUGS, type PlantedBug } from '../../shared/simulator/planted-bugs.ts';
import { planAudience } from '../../shared/simulator/population.ts';
import {
  SCENARIO_NAMES,
  SCENARIOS,
  type ScenarioName,
  type SimulationOptions,
  simulationOptions,
} from '../../shared/simulator/scenarios.ts';
import { Simulation, type SimulationResult } from '../../shared/simulator/simulation.ts';
import { type EngineConfig, parseEngineConfig } from '../../shared/swarm/engine-config.ts';
import { fileReason } from '../file-reason.ts';
import { nearest } from '../nearest.ts';
import { EXIT_FAILED, EXIT_USAGE, UsageError } from '../usage-error.ts';
import type { OptionValues } from './command-input.ts';
import { shrinkRun } from './shrink-run.ts';
import { endWithOutput } from './standard-output.ts';

const PEERS_MAX = 20_000;
const MINUTES_MAX = 24 * 60;
/** Lines of a trace are written in pieces of so many. */
const TRACE_LINES = 5000;
const PROGRESS_SECONDS = 10;

type ThreadData = { readonly simulate: OptionValues; readonly isWatched: boolean };

/** `swarmtube simulate`: one run, its figures, and exit 1 where a promise was broken. */
export async function simulate(values: OptionValues): Promise<void> {
  // 1 is for broken promises.
  endWithOutput(EXIT_USAGE);
  // What is wrong with the options is said here, where it is caught.
  readOptions(values);
  if (values.bug !== undefined) named(values.bug, PLANTED_BUGS, 'bug');
  // A server keeps its nursery small (seeder/young-heap.ts); of what a simulation makes, much lives longer than that lets it.
  setFlagsFromString('--semi-space-growth-factor=2');
  const data: ThreadData = { simulate: values, isWatched: process.stderr.isTTY };
  const worker = new Worker(new URL(import.meta.url), { workerData: data, resourceLimits: SIMULATION_HEAP });
  const [exitCode] = await once(worker, 'exit');
  process.exitCode = exitCode;
}

if (!isMainThread && isThreadData(workerData)) {
  try {
    run(workerData);
  } catch (thrown) {
    if (!(thrown instanceof SwarmtubeError)) throw thrown;
    process.stderr.write(`swarmtube: ${thrown.message}\n`);
    process.exitCode = EXIT_USAGE;
  }
}

function isThreadData(data: unknown): data is ThreadData {
  return typeof data === 'object' && data !== null && 'simulate' in data;
}

function run({ simulate: values, isWatched }: ThreadData): void {
  const options = readOptions(values);
  const bug = values.bug === undefined ? undefined : named(values.bug, PLANTED_BUGS, 'bug');
  const isJson = values.json === true;
  const trace = typeof values.trace === 'string' ? openTrace(values.trace) : undefined;
  if (!isJson) process.stdout.write(`${describe(options, bug)}\n`);
  const simulation = new Simulation(options, {
    ...(bug !== undefined && { bug }),
    ...(trace !== undefined && { onTrace: trace.add }),
    ...(isWatched && { onSecond: showProgress }),
  });
  const startedMs = performance.now();
  const result = simulation.run();
  const wallSeconds = (performance.now() - startedMs) / 1000;
  trace?.close();
  process.stdout.write(`${isJson ? toJson(options, result, wallSeconds) : toTable(options, result, wallSeconds)}\n`);
  const [failure] = result.failures;
  if (failure === undefined) return;
  process.exitCode = EXIT_FAILED;
  if (values.shrink !== true) return;
  const channel = isJson ? process.stderr : process.stdout;
  shrinkRun({ options, failure, bug }, (line) => channel.write(`${line}\n`));
}

function readOptions(values: OptionValues): SimulationOptions {
  const whole = (name: string, least: number, most: number, usual: number): number => {
    const value = quantity(values, name, least, most, usual);
    if (!Number.isInteger(value)) throw new UsageError(`--${name} must be a whole number, not ${value}`);
    return value;
  };
  const minutes = quantity(values, 'minutes', 0.1, MINUTES_MAX, 2);
  const latencySeconds = quantity(values, 'latency', 0.5, 10, 2.5);
  const untilSeconds = values.until === undefined ? undefined : quantity(values, 'until', 0.1, minutes * 60, 0);
  const warmUp = values.warmUp === undefined ? undefined : quantity(values, 'warmUp', 0, MINUTES_MAX * 60, 0) * 1000;
  const options = {
    scenario: named(values.scenario ?? 'rich', SCENARIO_NAMES, 'scenario') as ScenarioName,
    peers: whole('peers', 1, PEERS_MAX, 100),
    minutes,
    seed: whole('seed', 0, 0xffffffff, 1),
    bitrateKbps: whole('bitrate', 50, 2500, 2500),
    latencyMs: Math.round(latencySeconds * 1000),
    // Not given: as the simulator does by itself.
    copies: whole('copies', 1, 16, 0),
    uploadLimit: quantity(values, 'uploadLimit', 0.01, 100, 0),
    engine: readEngine(values.engine),
    faults: readFaults(values.fault, minutes),
    without: readNumbers(values.without),
    untilMs: untilSeconds === undefined ? undefined : Math.round(untilSeconds * 1000),
    ...(warmUp !== undefined && { warmUpMs: Math.round(warmUp) }),
  };
  const checked = asUsage(() => simulationOptions(options));
  checkWithout(checked);
  return checked;
}

/** What the simulator refuses is a mistake at the command line. */
function asUsage<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (thrown) {
    if (!(thrown instanceof SwarmtubeError)) throw thrown;
    throw new UsageError(thrown.message);
  }
}

/** `--engine fan=3`, several times: numbers, or ranges as `low:high`. */
function readEngine(value: unknown): Partial<EngineConfig> {
  const settings = Object.fromEntries(
    (Array.isArray(value) ? value : []).map((text) => {
      const [key = '', right = ''] = String(text).split('=');
      return [key, right.includes(':') ? right.split(':').map(Number) : Number(right || Number.NaN)];
    }),
  );
  asUsage(() => parseEngineConfig(settings));
  return settings as Partial<EngineConfig>;
}

/** `--fault partition@17+10`, several times, or `--fault none`. */
function readFaults(value: unknown, minutes: number): readonly PlannedFault[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const faults = value.filter((text) => text !== 'none').map((text) => asUsage(() => parseFault(String(text))));
  const late = faults.find(({ strikesMs }) => strikesMs >= minutes * 60_000);
  if (late === undefined) return faults;
  throw new UsageError(`--fault ${faultText(late)} would strike after the end of the run: give it more --minutes`);
}

/** `--without 3,7` */
function readNumbers(value: unknown): readonly number[] {
  if (typeof value !== 'string') return [];
  const numbers = value.split(',').map(Number);
  if (numbers.every((number) => Number.isInteger(number) && number >= 0)) return numbers;
  throw new UsageError(`--without takes numbers of viewers, as in 3,7, not ${value}`);
}

function checkWithout(options: SimulationOptions): void {
  if (options.without.length === 0) return;
  const last = planAudience({ ...options, without: [] }).length - 1;
  const unknown = options.without.find((number) => number > last);
  if (unknown === undefined) return;
  throw new UsageError(`--without ${unknown}: there is no such viewer; with these options they are 0 to ${last}`);
}

function quantity(values: OptionValues, name: string, least: number, most: number, usual: number): number {
  const value = values[name];
  if (value === undefined) return usual;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  if (Number.isFinite(number) && number >= least && number <= most) return number;
  const spelt = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UsageError(`--${spelt} must be a number from ${least} to ${most}, not ${String(value)}`);
}

function named<Name extends string>(value: unknown, names: readonly Name[], what: string): Name {
  const known = names.find((name) => name === value);
  if (known !== undefined) return known;
  const near = nearest(String(value), names);
  const advice = near === undefined ? 'there are' : `did you mean ${near}? There are`;
  throw new UsageError(`there is no ${what} "${String(value)}"; ${advice} ${names.join(', ')}`);
}

function describe(options: SimulationOptions, bug: PlantedBug | undefined): string {
  const { faults, ...others } = options;
  const settings = Object.entries(others)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : value}`);
  settings.push(
    `faults ${
      planFaults({ ...others, faults })
        .map(faultText)
        .join(' ') || 'none'
    }`,
  );
  const planted = bug === undefined ? '' : `, with the planted bug ${bug}`;
  return `${options.scenario}: ${SCENARIOS[options.scenario].what}${planted}\n${settings.join(' · ')}`;
}

function toJson(options: SimulationOptions, result: SimulationResult, wallSeconds: number): string {
  const { seed, scenario, peers, minutes } = options;
  const { events, inputs, ...figures } = result;
  const rounded = JSON.stringify(
    { seed, scenario, peers, minutes, ...figures, wallSeconds, options, events, inputs },
    (_key, value) => (typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value),
    2,
  );
  return rounded;
}

function toTable(options: SimulationOptions, result: SimulationResult, wallSeconds: number): string {
  const { copies, failures } = result;
  const times = ({ p50, p95, p99 }: SimulationResult['arrivalMs']) => `${p50} / ${p95} / ${p99} ms`;
  const rows: [string, string][] = [
    ['viewers, mean', String(result.viewers)],
    ['copies', `${fixed(copies.total)} (bound ${fixed(result.copiesBound)})`],
    ['  pushed', fixed(copies.push)],
    ['  at the start', fixed(copies.start)],
    ['  rescued', `${fixed(copies.rescue)}, of these server streams ${fixed(result.leaseCopies)}`],
    [
      'offload',
      `${percent(result.offload)} (bound ${percent(result.offloadBound)}, in whole slots ${percent(result.offloadBoundInSlots)})`,
    ],
    ['arrival p50 / p95 / p99', times(result.arrivalMs)],
    ['latency p50 / p95 / p99', times(result.latencyMs)],
    ['  aimed at', times(result.targetLatencyMs)],
    ['first packet p50 / p95 / p99', times(result.firstPacketMs)],
    ['pictures move p50 / p95 / p99', times(result.firstMotionMs)],
    ['stalled time', percent(result.stalledShare, 4)],
    ['stalls per viewer in 10 min', fixed(result.stallsPerTenMinutes, 3)],
    ['viewers ever stalled', percent(result.viewersEverStalledShare)],
    ['duplicates', percent(result.duplicateShare)],
    ['control traffic', percent(result.controlShare)],
    ['upload used', `${percent(result.uploadUse)}, fairness (Jain) ${fixed(result.uploadFairness)}`],
    ['connections mean, most', `${fixed(result.connections.mean, 1)}, ${result.connections.max}`],
    ['forged bytes played', String(result.forgedBytesPlayed)],
    ['wall time', `${fixed(wallSeconds, 1)} s: ${fixed((options.minutes * 60) / wallSeconds, 1)} times real time`],
    ['trace hash', result.traceHash],
  ];
  const lines = rows.map(([name, value]) => `${name.padEnd(30)} ${value}`);
  for (const { atMs, peer, rule, text } of failures) lines.push(`FAILED at ${atMs} ms, peer ${peer}: ${rule}: ${text}`);
  return lines.join('\n');
}

function fixed(value: number, digits = 2): string {
  return value.toFixed(digits);
}

function percent(share: number, digits = 2): string {
  return `${(share * 100).toFixed(digits)} %`;
}

function openTrace(path: string): { add: (line: string) => void; close: () => void } {
  const orRefuse = <Result>(write: () => Result): Result => {
    try {
      return write();
    } catch (thrown) {
      const isNowhere = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
      const reason = isNowhere ? 'its folder does not exist' : fileReason(thrown);
      throw new SwarmtubeError('trace-unwritable', `cannot write the trace ${path}: ${reason}`, { cause: thrown });
    }
  };
  const file = orRefuse(() => openSync(path, 'w'));
  let lines: string[] = [];
  const flush = (): void => {
    if (lines.length > 0) orRefuse(() => writeSync(file, `${lines.join('\n')}\n`));
    lines = [];
  };
  return {
    add: (line) => {
      if (lines.push(line) >= TRACE_LINES) flush();
    },
    close: () => {
      flush();
      closeSync(file);
    },
  };
}

function showProgress(second: number, viewers: number): void {
  if (second % PROGRESS_SECONDS === 0) process.stderr.write(`  ${second} s, ${viewers} viewers\r`);
}
