import type { Failure } from '../../shared/simulator/invariants.ts';
import type { PlantedBug } from '../../shared/simulator/planted-bugs.ts';
import type { SimulationOptions } from '../../shared/simulator/scenarios.ts';
import { shrink } from '../../shared/simulator/shrink.ts';
import { Simulation } from '../../shared/simulator/simulation.ts';
import { commandLine } from '../../shared/simulator/trials.ts';

const RUNS_MAX = 200;

export type ShrunkRun = {
  readonly options: SimulationOptions;
  readonly failure: Failure;
  readonly bug: PlantedBug | undefined;
};

/** `--shrink`: a run failed; tells each smaller one that fails in the same way, and last the smallest. */
export function shrinkRun({ options, failure, bug }: ShrunkRun, tell: (line: string) => void): void {
  const planted = bug === undefined ? {} : { bug };
  const command = (smaller: SimulationOptions): string =>
    commandLine(smaller) + (bug === undefined ? '' : ` --bug ${bug}`);
  tell(`Looking for a shorter run that breaks ${failure.rule} …`);
  const { options: shortest } = shrink(options, failure, {
    run: (smaller) => new Simulation(smaller, planted).run().failures,
    runsMax: RUNS_MAX,
    onStep: ({ options: smaller, failure: again }) => tell(`${again.rule} at ${again.atMs} ms: ${command(smaller)}`),
  });
  tell(`shortest: ${command(shortest)}`);
}
