// A thread that runs simulations: options come in, figures go out.
import { parentPort } from 'node:worker_threads';
import { simulationOptions } from '../../shared/simulator/scenarios.ts';
import { Simulation } from '../../shared/simulator/simulation.ts';
import type { SimulationJob, SimulationOutcome } from './simulation-pool.ts';

parentPort?.on('message', ({ line, options }: SimulationJob) => {
  const startedMs = performance.now();
  const figures = new Simulation(simulationOptions(options)).run();
  const wallSeconds = (performance.now() - startedMs) / 1000;
  parentPort?.postMessage({ line, seed: options.seed ?? 1, figures, wallSeconds } satisfies SimulationOutcome);
});
