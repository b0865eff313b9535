import { type GivenWorld, givenViewer, SEEDER_NUMBER } from '../../../shared/simulator/given-world.ts';
import { simulationOptions } from '../../../shared/simulator/scenarios.ts';
import type { SimulationResult } from '../../../shared/simulator/simulation.ts';
import type { LabFigures } from './figures.ts';
import { isBlocked } from './lab-line.ts';
import type { LabRecord } from './lab-run.ts';
import { type SeenViewer, WatchedSimulation } from './watched-simulation.ts';

/** What a browser's viewer allows itself, in bitrates, and how far behind live it plays, both by default. */
const UPLOAD_LIMIT = 1.2;
const LATENCY_MS = 2000;
/** The clip's keyframes. */
const DOOR_INTERVAL_MS = 1000;
/** Everything is in one machine: what is left is the work of its programs. */
const DELAYS = { trackerOneWayMs: 2, httpOneWayMs: 1, httpAnswerMs: [3, 15] } as const;

/** One simulated run. */
export type PredictedRun = SimulationResult & { readonly seed: number; readonly seen: readonly SeenViewer[] };

export type Prediction = {
  /** Once settled; one for each seed. */
  readonly settled: readonly PredictedRun[];
  /** The same runs with nothing left out. */
  readonly whole: readonly PredictedRun[];
};

/** The same lines, moments of arrival, bitrate and packets a second, simulated so many times. */
export function predict(record: LabRecord, { streamKbps, packetsPerSecond }: LabFigures, seeds: number): Prediction {
  const { atStart, settled, end } = record;
  const allowedKbps = UPLOAD_LIMIT * streamKbps;
  const durationMs = end.atMs - atStart.atMs;
  const runFor = (seed: number, warmUpMs: number): PredictedRun => {
    const options = simulationOptions({
      minutes: durationMs / 60_000,
      warmUpMs,
      seed,
      peers: record.scenario.lines.length,
      bitrateKbps: streamKbps,
      packetsPerSecond: Math.round(packetsPerSecond),
      doorIntervalMs: DOOR_INTERVAL_MS,
      latencyMs: LATENCY_MS,
      unreachablePairs: 0,
      uploadLimit: UPLOAD_LIMIT,
    });
    const simulation = new WatchedSimulation(options, { given: worldOf(record, seed, allowedKbps, durationMs) });
    const result = simulation.run();
    return { ...result, seed, seen: record.scenario.lines.map((_, number) => simulation.seen(number)) };
  };
  const all = Array.from({ length: seeds }, (_, index) => index + 1);
  const settledRuns = all.map((seed) => runFor(seed, Math.round(settled.atMs - atStart.atMs)));
  const wholeRuns = all.map((seed) => runFor(seed, 0));
  return { settled: settledRuns, whole: wholeRuns };
}

function worldOf(
  { scenario, arrivesMs }: LabRecord,
  seed: number,
  allowedKbps: number,
  durationMs: number,
): GivenWorld {
  const { lines, hasTurn } = scenario;
  const viewers = lines.map(({ uplinkKbps, downlinkKbps, isPlainHttp }, number) => {
    const viewer = givenViewer({
      number,
      arrivesMs: arrivesMs[number] ?? 0,
      leavesMs: durationMs + 60_000,
      uplinkKbps,
      downlinkKbps,
      allowedKbps,
      seed: seed * 1000 + number,
    });
    return isPlainHttp === true ? { ...viewer, behaviour: 'opted-out' as const, isUploader: false } : viewer;
  });
  // A relay is no further away than anything else here, and is not held to a rate.
  const natOf = (number: number) => (number === SEEDER_NUMBER ? 'none' : (lines[number]?.nat ?? 'none'));
  return { viewers, isApart: (one, other) => !hasTurn && isBlocked(natOf(one), natOf(other)), ...DELAYS };
}
