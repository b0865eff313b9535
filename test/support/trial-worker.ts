// A thread that runs trials of the simulator: a number comes in, what went wrong goes out.
import { parentPort } from 'node:worker_threads';
import { runTrial, trialOptions } from '../../shared/simulator/trials.ts';

parentPort?.on('message', (number: number) => {
  parentPort?.postMessage({ number, failures: runTrial(trialOptions(number)) });
});
