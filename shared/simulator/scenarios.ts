import { SwarmtubeError } from '../basics/errors.ts';
import type { EngineConfig } from '../swarm/engine-config.ts';
import type { FaultName, PlannedFault } from './fault-names.ts';

/** An audience and what befalls it. */
export type Scenario = {
  /** One line for people. */
  readonly what: string;
  /** Upload of all viewers together in bitrates a viewer. */
  readonly rho: number;
  /** Share of viewers that upload at all; they share `rho` among themselves. */
  readonly uploaders: number;
  /** Mean session, ms; exponential, half of the viewers vanish without a word. */
  readonly sessionMs: number;
  /** Share of uplinks that carry only 40 % at any moment, for 10 s at a time. */
  readonly wobble: number;
  /** Shares of viewers that accept children and never forward; that forge every packet; that keep out of the swarm. */
  readonly blackHoles: number;
  readonly polluters: number;
  readonly optedOut: number;
  /** Many of one owner: they claim to have everything and a large uplink, sit behind one address and forward nothing. */
  readonly sybils: number;
  readonly audience: 'steady' | 'flash' | 'mass-departure';
  /** One viewer in so many is of any of the kinds that break the protocol (misbehaviour.ts). */
  readonly byzantine: number;
  /** All strike in the same moment, 5 s after the warm-up. */
  readonly faults: readonly FaultName[];
  /** Two to four faults, which and when drawn from the seed. */
  readonly isChaos: boolean;
};

const STEADY: Scenario = {
  what: 'mean upload 1.5 times the bitrate, sessions of 5 min, 5 % of uplinks failing their promise',
  rho: 1.5,
  uploaders: 1,
  sessionMs: 300_000,
  wobble: 0.05,
  blackHoles: 0,
  polluters: 0,
  optedOut: 0,
  sybils: 0,
  audience: 'steady',
  byzantine: 0,
  faults: [],
  isChaos: false,
};

export const SCENARIOS = {
  rich: STEADY,
  tight: { ...STEADY, what: 'upload just suffices: 1.09 times the bitrate', rho: 1.09 },
  poor: { ...STEADY, what: 'upload does not suffice: 0.59 times the bitrate', rho: 0.59 },
  'opt-in': { ...STEADY, what: 'only 30 % upload: 0.52 times the bitrate in all', rho: 0.52, uploaders: 0.3 },
  'opt-out': { ...STEADY, what: '10 % keep out of the swarm', optedOut: 0.1 },
  'free-riders': { ...STEADY, what: '30 % upload nothing: 1.07 times the bitrate in all', rho: 1.07, uploaders: 0.7 },
  churn: { ...STEADY, what: 'sessions of 2 min', sessionMs: 120_000 },
  flash: { ...STEADY, what: 'from one viewer in fifty to all within 30 s', audience: 'flash' },
  'mass-departure': { ...STEADY, what: '30 % leave within 1 s', audience: 'mass-departure' },
  wobble: { ...STEADY, what: '15 % of uplinks failing their promise', wobble: 0.15 },
  'black-holes': { ...STEADY, what: '3 % take children and forward nothing', blackHoles: 0.03 },
  polluters: { ...STEADY, what: '20 % forge every packet that they pass on', polluters: 0.2 },
  sybils: { ...STEADY, what: '20 % are one attacker who claims much and forwards nothing', sybils: 0.2 },
  'tracker-restart': { ...STEADY, what: 'the tracker restarts with empty memory', faults: ['tracker-restart'] },
  'seeder-crash': {
    ...STEADY,
    what: 'the seeder vanishes from the swarm and comes back after 5 s',
    faults: ['seeder-crash'],
  },
  'server-faults': { ...STEADY, what: 'one HTTP answer in four fails for 20 s', faults: ['server-faults'] },
  partition: { ...STEADY, what: 'half of the pairs lose each other for 10 s', faults: ['partition'] },
  'source-gap': { ...STEADY, what: 'the source pauses for 5 s', faults: ['source-gap'] },
  'epoch-change': { ...STEADY, what: 'the source begins anew in another epoch', faults: ['epoch-change'] },
  'seeder-restart': {
    ...STEADY,
    what: 'seeder, server and source go down for 4 s and come back with a new epoch',
    faults: ['seeder-restart'],
  },
  'server-down': { ...STEADY, what: 'no HTTP answer for 6 s', faults: ['server-down'] },
  'poor-lines': {
    ...STEADY,
    what: 'jitter, loss, packets that come twice, and a third of the uplinks collapsed, for 10 s',
    faults: ['jitter', 'loss', 'duplicates', 'uplink-collapse'],
  },
  'broken-links': {
    ...STEADY,
    what: 'links clog, break and become deaf on one side for 8 s',
    faults: ['clogged-links', 'channels-closed', 'one-way'],
  },
  freeze: { ...STEADY, what: 'a third of the tabs freeze for 6 s', faults: ['freeze'] },
  clocks: { ...STEADY, what: 'a third of the viewers are wrong about the time for 8 s', faults: ['clock-jump'] },
  byzantine: { ...STEADY, what: '20 % break the protocol, each in its own way', byzantine: 0.2 },
  chaos: { ...STEADY, what: 'two to four faults, drawn from the seed', isChaos: true },
  'byzantine-chaos': {
    ...STEADY,
    what: 'two to four faults, with 10 % who break the protocol and sessions of 2 min',
    sessionMs: 120_000,
    byzantine: 0.1,
    isChaos: true,
  },
  'nobody-uploads': { ...STEADY, what: 'nobody may upload', rho: 0, uploaders: 0 },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;

export const SCENARIO_NAMES = Object.keys(SCENARIOS) as ScenarioName[];

/** Everything that a run follows from. The same options give the same run, to the last message. */
export type SimulationOptions = {
  readonly scenario: ScenarioName;
  /** Viewers, on average. */
  readonly peers: number;
  readonly minutes: number;
  readonly seed: number;
  /** Share of `minutes` that is not measured: the swarm comes together. */
  readonly warmUpMs: number;
  readonly bitrateKbps: number;
  readonly packetsPerSecond: number;
  /** Between two packets that playback can start at, ms. */
  readonly doorIntervalMs: number;
  /** Capture to screen, as players aim at. */
  readonly latencyMs: number;
  /** Share of pairs that no connection comes about between. */
  readonly unreachablePairs: number;
  /** The seeder's copies; 0: as the audience needs. */
  readonly copies: number;
  /** A signature takes so long to check, ms. */
  readonly verifyMs: number;
  /** What viewers allow, in bitrates, knowing nothing of their line, as browsers do (1.2). 0: just what their line carries. */
  readonly uploadLimit: number;
  /** Settings of every viewer's engine that differ from the shipped ones: a rule turned off, a number changed. */
  readonly engine: Partial<EngineConfig>;
  /** In place of the scenario's faults. */
  readonly faults: readonly PlannedFault[] | undefined;
  /** Viewers who stay away, by number: the others are the same without them. */
  readonly without: readonly number[];
  /** Ends here although more was planned; undefined: after `minutes`. */
  readonly untilMs: number | undefined;
};

export function simulationOptions(given: Partial<SimulationOptions> & { readonly minutes: number }): SimulationOptions {
  const scenario = given.scenario ?? 'rich';
  const isWhole = SCENARIOS[scenario].audience === 'flash';
  const options: SimulationOptions = {
    scenario,
    peers: 100,
    seed: 1,
    warmUpMs: Math.round(Math.min(isWhole ? 15_000 : 60_000, given.minutes * 60_000 * 0.5)),
    bitrateKbps: 2500,
    packetsPerSecond: 19,
    doorIntervalMs: 2000,
    latencyMs: 2500,
    unreachablePairs: 0.15,
    copies: 0,
    verifyMs: 0,
    uploadLimit: 0,
    engine: {},
    faults: undefined,
    without: [],
    untilMs: undefined,
    ...given,
  };
  if (options.warmUpMs >= options.minutes * 60_000) {
    const text = 'nothing is left to measure: --minutes must be more than --warm-up, which is in seconds';
    throw new SwarmtubeError('simulation-too-short', text);
  }
  return options;
}
