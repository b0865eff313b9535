import { Random } from '../basics/random.ts';
import { drawLine, LINES, type LineName, MEAN_UPLINK_KBPS } from './lines.ts';
import { SCENARIOS, type Scenario, type SimulationOptions } from './scenarios.ts';

/** Those who break the protocol, each in its own way (misbehaviour.ts). */
const BYZANTINE = [
  'polluter',
  'equivocator',
  'corrupter',
  'latecomer',
  'slowpoke',
  'prophet',
  'anachronist',
  'oversizer',
  'empty-sender',
  'wrong-channel',
  'lying-map',
  'request-flood',
] as const;

export type Behaviour = 'honest' | 'opted-out' | 'black-hole' | 'sybil' | (typeof BYZANTINE)[number];

/** All that is settled about a viewer before the run. */
export type PlannedViewer = {
  readonly number: number;
  readonly arrivesMs: number;
  readonly leavesMs: number;
  /** Says goodbye, or vanishes. */
  readonly isGraceful: boolean;
  readonly behaviour: Behaviour;
  readonly line: LineName;
  readonly uplinkKbps: number;
  readonly downlinkKbps: number;
  /** The most it lets itself upload. */
  readonly allowedKbps: number;
  readonly isUploader: boolean;
  /** Where it is: distance is delay. */
  readonly x: number;
  readonly y: number;
  readonly seed: number;
};

/** The first audience comes within this, or within a shorter warm-up. */
const RAMP_MS = 15_000;
const RAMP_MS_MIN = 2000;
const FLASH_FROM = 50;
const FLASH_MS = 30_000;
const DEPARTURE_SHARE = 0.3;
const DEPARTURE_MS = 1000;
/** A line is never so slow that a control message takes a second. */
const UPLINK_KBPS_MIN = 200;

/**
 * Who comes when, with which line, for how long. Drawn from a stream of its own: a change of the algorithm must meet the very
 * same audience, or runs differ by 30 % for no reason.
 */
export function planAudience(options: SimulationOptions): PlannedViewer[] {
  const scenario: Scenario = SCENARIOS[options.scenario];
  const random = new Random(options.seed ^ 0x706f70);
  const viewers: PlannedViewer[] = [];
  for (const arrivesMs of arrivals(options, scenario, random)) {
    viewers.push(planViewer(viewers.length, arrivesMs, options, scenario, random));
  }
  const audience = scenario.audience === 'mass-departure' ? departTogether(viewers, options, random) : viewers;
  return options.without.length === 0 ? audience : audience.filter(({ number }) => !options.without.includes(number));
}

function arrivals({ peers, minutes, warmUpMs }: SimulationOptions, scenario: Scenario, random: Random): number[] {
  const rampMs = Math.max(RAMP_MS_MIN, Math.min(RAMP_MS, warmUpMs));
  const times: number[] = [];
  const endMs = minutes * 60_000;
  const isFlash = scenario.audience === 'flash';
  const first = isFlash ? Math.max(2, Math.round(peers / FLASH_FROM)) : peers;
  for (let count = 0; count < first; count++) times.push(500 + random.fraction() * (isFlash ? 2000 : rampMs));
  if (isFlash) for (let count = first; count < peers; count++) times.push(warmUpMs + random.fraction() * FLASH_MS);
  // Whoever leaves is followed by another.
  const meanGapMs = scenario.sessionMs / (isFlash ? first : peers);
  for (let atMs = exponential(random, meanGapMs); atMs < endMs; atMs += exponential(random, meanGapMs))
    times.push(atMs);
  return times.map(Math.round).sort((one, other) => one - other);
}

function planViewer(
  number: number,
  arrivesMs: number,
  { bitrateKbps, uploadLimit }: SimulationOptions,
  scenario: Scenario,
  random: Random,
): PlannedViewer {
  const { name, factor } = drawLine(random);
  const isDrawnUploader = random.fraction() < scenario.uploaders;
  const behaviour = drawBehaviour(scenario, random.fraction());
  const isUploader = isDrawnUploader && scenario.rho > 0 && behaviour !== 'opted-out';
  const wantedMeanKbps = (bitrateKbps * scenario.rho) / Math.max(0.01, scenario.uploaders);
  const scale = scenario.rho > 0 ? wantedMeanKbps / MEAN_UPLINK_KBPS : 1;
  const sessionMs = Math.max(2000, exponential(random, scenario.sessionMs));
  const uplinkKbps = Math.max(UPLINK_KBPS_MIN, LINES[name].uplinkKbps * factor * scale);
  return {
    number,
    arrivesMs,
    leavesMs: Math.round(arrivesMs + sessionMs),
    isGraceful: random.fraction() < 0.5,
    behaviour,
    line: name,
    uplinkKbps,
    allowedKbps: uploadLimit > 0 ? uploadLimit * bitrateKbps : uplinkKbps,
    downlinkKbps: Math.max(LINES[name].downlinkKbps * factor, bitrateKbps * 2),
    isUploader,
    x: random.fraction(),
    y: random.fraction(),
    seed: random.nextUint32(),
  };
}

function drawBehaviour({ optedOut, blackHoles, polluters, sybils, byzantine }: Scenario, chance: number): Behaviour {
  if (chance < optedOut) return 'opted-out';
  if (chance < optedOut + blackHoles) return 'black-hole';
  if (chance < optedOut + blackHoles + polluters) return 'polluter';
  const others = optedOut + blackHoles + polluters + sybils;
  if (chance < others) return 'sybil';
  const kind = byzantine > 0 ? Math.floor(((chance - others) / byzantine) * BYZANTINE.length) : BYZANTINE.length;
  return BYZANTINE[kind] ?? 'honest';
}

function departTogether(viewers: PlannedViewer[], { warmUpMs }: SimulationOptions, random: Random): PlannedViewer[] {
  return viewers.map((viewer) => {
    const goes = random.fraction() < DEPARTURE_SHARE;
    const atMs = Math.round(warmUpMs + random.fraction() * DEPARTURE_MS);
    return goes && viewer.arrivesMs < warmUpMs && viewer.leavesMs > atMs ? { ...viewer, leavesMs: atMs } : viewer;
  });
}

function exponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random.fraction());
}
