import type { Failure } from '../../shared/simulator/invariants.ts';
import type { SimulationOptions } from '../../shared/simulator/scenarios.ts';
import { type FailingRun, shrink } from '../../shared/simulator/shrink.ts';
import { commandLine } from '../../shared/simulator/trials.ts';

const RUNS_MAX = 200;

/** `--shrink`: a run failed; prints each smaller one that fails in the same way, and last the smallest. */
export function shrinkRun(
  options: SimulationOptions,
  failure: Failure,
  run: (options: SimulationOptions) => readonly Failure[],
): void {
  const print = ({ options: smaller, failure: again }: FailingRun): void => {
    process.stdout.write(`${again.rule} at ${again.atMs} ms: ${commandLine(smaller)}\n`);
  };
  process.stdout.write(`Looking for a shorter run that breaks ${failure.rule} …\n`);
  const { options: shortest } = shrink(options, failure, { run, runsMax: RUNS_MAX, onStep: print });
  process.stdout.write(`shortest: ${commandLine(shortest)}\n`);
}
