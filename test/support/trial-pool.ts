import type { Failure } from '../../shared/simulator/invariants.ts';
import { runOnThreads } from './worker-pool.ts';

export type TrialOutcome = { readonly number: number; readonly failures: readonly Failure[] };

/** Runs trials of the simulator on several threads, each number once; tells of each when it is over, in whatever order. */
export function runTrials(
  numbers: readonly number[],
  threads: number,
  onOutcome: (outcome: TrialOutcome) => void,
): Promise<void> {
  return runOnThreads(new URL('./trial-worker.ts', import.meta.url), numbers, threads, onOutcome);
}
