// Thousands of small simulated swarms over all scenarios: npm run fuzz:swarm -- --seeds 10000 [--from 1] [--threads 2]
// Prints progress, each broken promise with the command that shows it, and exits with 1 if there was any.
import { parseArgs } from 'node:util';
import { commandLine, trialOptions } from '../../shared/simulator/trials.ts';
import { wholeNumbers } from '../support/figures.ts';
import { runTrials } from '../support/trial-pool.ts';

const PROGRESS_EACH = 100;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
  },
});
const { seeds, from, threads } = wholeNumbers(values);

const startedMs = performance.now();
const broken = new Map<string, number>();
let done = 0;
await runTrials(
  Array.from({ length: seeds }, (_, at) => from + at),
  threads,
  ({ number, failures }) => {
    const rules = new Set(failures.map(({ rule }) => rule));
    for (const rule of rules) {
      broken.set(rule, (broken.get(rule) ?? 0) + 1);
      const first = failures.find((failure) => failure.rule === rule);
      console.log(`FAILED ${rule} at ${first?.atMs} ms, peer ${first?.peer}: ${first?.text}`);
    }
    if (rules.size > 0) console.log(`  ${commandLine(trialOptions(number))}`);
    if (++done % PROGRESS_EACH > 0) return;
    const seconds = (performance.now() - startedMs) / 1000;
    console.log(`${done} of ${seeds} after ${seconds.toFixed(0)} s, ${sum(broken)} broken promises`);
  },
);
const seconds = (performance.now() - startedMs) / 1000;
console.log(
  `${seeds} seeds from ${from} on ${threads} threads: ${seconds.toFixed(1)} s, ${sum(broken)} broken promises`,
);
for (const [rule, times] of broken) console.log(`  ${rule.padEnd(20)} in ${times} runs`);
if (broken.size > 0) process.exitCode = 1;

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
