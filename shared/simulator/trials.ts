import type { FaultName } from './fault-names.ts';
import { faultText, planFaults } from './fault-plan.ts';
import type { Failure } from './invariants.ts';
import { SCENARIO_NAMES, type SimulationOptions, simulationOptions } from './scenarios.ts';
import { Simulation } from './simulation.ts';

/** A small swarm and a short stream: enough for a fault to strike, to heal, and for 10 s after it. */
const TRIAL_SECONDS = 25;
const TRIAL_PEERS: readonly [number, number] = [6, 16];
const WARM_UP_MS = 4000;
/** One in so many goes on until the swarm must carry what it carried before. */
const LONG_EACH = 16;
const LONG_PEERS = 24;
/** All have come, within 15.5 s, and settled before the 8 s begin that offload is looked at before a fault (healing.ts). */
const LONG_WARM_UP_MS = 24_000;
/** Measured are 56 s: faults strike 5 s in, heal within a third of it, and half a minute later offload is looked at again. */
const LONG_SECONDS = 80;
/** Of the time watched; more is a stall that people notice. */
const STALLED_SHARE_MAX = 0.01;
/** While these last nobody can be expected to play on: there is nothing to play, nobody to look, no way to ask, or a wrong idea of when. */
const STALLING: readonly FaultName[] = [
  'server-down',
  'server-faults',
  'server-hangs',
  'server-slow',
  'server-truncating',
  'seeder-restart',
  'uplink-collapse',
  'source-gap',
  'epoch-change',
  'freeze',
  'clock-jump',
];

/** Everything about a trial follows from its number. All scenarios take turns. */
export function trialOptions(number: number): SimulationOptions {
  const isLong = number % LONG_EACH === 0;
  const spread = TRIAL_PEERS[1] - TRIAL_PEERS[0] + 1;
  return simulationOptions({
    scenario: SCENARIO_NAMES[number % SCENARIO_NAMES.length] ?? 'rich',
    peers: isLong ? LONG_PEERS : TRIAL_PEERS[0] + (Math.imul(number, 7) % spread),
    minutes: (isLong ? LONG_SECONDS : TRIAL_SECONDS) / 60,
    warmUpMs: isLong ? LONG_WARM_UP_MS : WARM_UP_MS,
    seed: number,
  });
}

/** Runs it; what it did wrong, if anything. */
export function runTrial(options: SimulationOptions): readonly Failure[] {
  const { failures, stalledShare } = new Simulation(options).run();
  const isStallDue = planFaults(options).some(({ name }) => STALLING.includes(name));
  if (isStallDue || stalledShare <= STALLED_SHARE_MAX) return failures;
  const text = `${(stalledShare * 100).toFixed(1)} % of the time is stalled`;
  return [...failures, { atMs: options.minutes * 60_000, peer: -1, rule: 'stalled', text }];
}

/** What to type to see this run. */
export function commandLine(options: SimulationOptions): string {
  const { scenario, peers, minutes, seed, warmUpMs, faults, engine } = options;
  const usual = simulationOptions({ scenario, peers, minutes, seed });
  const words = [`swarmtube simulate --scenario ${scenario} --peers ${peers}`];
  words.push(`--minutes ${Number(minutes.toFixed(4))} --seed ${seed}`);
  if (warmUpMs !== usual.warmUpMs) words.push(`--warm-up ${warmUpMs / 1000}`);
  if (options.latencyMs !== usual.latencyMs) words.push(`--latency ${options.latencyMs / 1000}`);
  if (options.bitrateKbps !== usual.bitrateKbps) words.push(`--bitrate ${options.bitrateKbps}`);
  if (options.copies !== usual.copies) words.push(`--copies ${options.copies}`);
  if (options.uploadLimit !== usual.uploadLimit) words.push(`--upload-limit ${options.uploadLimit}`);
  if (faults !== undefined) words.push(...(faults.length === 0 ? ['none'] : faults.map(faultText)).map(asFault));
  if (options.without.length > 0) words.push(`--without ${options.without.join(',')}`);
  if (options.untilMs !== undefined) words.push(`--until ${options.untilMs / 1000}`);
  for (const [key, value] of Object.entries(engine)) words.push(`--engine ${key}=${settingText(value)}`);
  return words.join(' ');
}

function asFault(text: string): string {
  return `--fault ${text}`;
}

function settingText(value: number | readonly number[]): string {
  return typeof value === 'number' ? String(value) : value.join(':');
}
