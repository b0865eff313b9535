import { Worker } from 'node:worker_threads';
import { SIMULATION_HEAP } from '../../shared/simulator/heap.ts';

/** Hands each job once to one of so many threads, and tells of each answer when it comes, in whatever order. */
export async function runOnThreads<Job, Answer>(
  script: URL,
  jobs: readonly Job[],
  threads: number,
  onAnswer: (answer: Answer) => void,
): Promise<void> {
  let next = 0;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(script, { resourceLimits: SIMULATION_HEAP });
      const giveOrEnd = (): void => {
        const job = jobs[next++];
        if (job === undefined) worker.terminate().then(() => resolve(), reject);
        else worker.postMessage(job);
      };
      worker.on('message', (answer: Answer) => {
        onAnswer(answer);
        giveOrEnd();
      });
      worker.on('error', reject);
      giveOrEnd();
    });
  await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, work));
}
