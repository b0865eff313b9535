import { Worker } from 'node:worker_threads';
import type { Failure } from '../../shared/simulator/invariants.ts';

export type TrialOutcome = { readonly number: number; readonly failures: readonly Failure[] };

/** Runs trials of the simulator on several threads, each number once; tells of each when it is over, in whatever order. */
export async function runTrials(
  numbers: readonly number[],
  threads: number,
  onOutcome: (outcome: TrialOutcome) => void,
): Promise<void> {
  let next = 0;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./trial-worker.ts', import.meta.url));
      const giveOrEnd = (): void => {
        const number = numbers[next++];
        if (number === undefined) worker.terminate().then(() => resolve(), reject);
        else worker.postMessage(number);
      };
      worker.on('message', (outcome: TrialOutcome) => {
        onOutcome(outcome);
        giveOrEnd();
      });
      worker.on('error', reject);
      giveOrEnd();
    });
  await Promise.all(Array.from({ length: threads }, work));
}
