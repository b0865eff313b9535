import type { SimulationOptions } from '../../shared/simulator/scenarios.ts';
import type { SimulationResult } from '../../shared/simulator/simulation.ts';
import { runOnThreads } from './worker-pool.ts';

/** One run for one line of a table. */
export type SimulationJob = {
  readonly line: string;
  readonly options: Partial<SimulationOptions> & { readonly minutes: number };
};

export type SimulationOutcome = {
  readonly line: string;
  readonly seed: number;
  readonly figures: SimulationResult;
  readonly wallSeconds: number;
};

/** Runs simulations on several threads and gives their outcomes by line, each in the order of its seeds. */
export async function runSimulations(
  jobs: readonly SimulationJob[],
  threads: number,
  onOutcome: (outcome: SimulationOutcome) => void = () => {},
): Promise<ReadonlyMap<string, readonly SimulationOutcome[]>> {
  const byLine = new Map<string, SimulationOutcome[]>(jobs.map(({ line }) => [line, []]));
  await runOnThreads(
    new URL('./simulation-worker.ts', import.meta.url),
    jobs,
    threads,
    (outcome: SimulationOutcome) => {
      byLine.get(outcome.line)?.push(outcome);
      onOutcome(outcome);
    },
  );
  for (const outcomes of byLine.values()) outcomes.sort((one, other) => one.seed - other.seed);
  return byLine;
}
