// The swarm against what is aimed at, simulated, line by line, the median of some seeds and their range:
//   npm run bench:swarm -- [--lines rich,tight] [--peers 300] [--seeds 5] [--from 1] [--threads 2]
// All lines at their full size take hours; --peers makes every one of them smaller.
import { parseArgs } from 'node:util';
import { median, wholeNumbers } from '../support/figures.ts';
import { runSimulations, type SimulationJob, type SimulationOutcome } from '../support/simulation-pool.ts';
import { SWARM_LINES, type SwarmLine } from './swarm/swarm-lines.ts';

const { values } = parseArgs({
  options: {
    lines: {
      type: 'string',
      default: SWARM_LINES.filter((line) => !line.isHuge)
        .map(({ name }) => name)
        .join(','),
    },
    peers: { type: 'string' },
    seeds: { type: 'string', default: '5' },
    from: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
  },
});
const lines = values.lines.split(',').map((name) => {
  const line = SWARM_LINES.find((candidate) => candidate.name === name);
  if (line === undefined)
    throw new TypeError(`no line "${name}"; there are ${SWARM_LINES.map((one) => one.name).join(', ')}`);
  return line;
});
const { seeds, from, threads } = wholeNumbers({ seeds: values.seeds, from: values.from, threads: values.threads });
const size = values.peers === undefined ? {} : wholeNumbers({ peers: values.peers });
const jobs: SimulationJob[] = lines.flatMap((line) =>
  Array.from({ length: seeds }, (_, at) => ({ line: line.name, options: { ...optionsOf(line), seed: from + at } })),
);

console.log(`simulated; ${seeds} seeds from ${from}: median (least to most)`);
let done = 0;
const outcomes = await runSimulations(jobs, threads, ({ line, seed, wallSeconds }) => {
  if (process.stderr.isTTY)
    process.stderr.write(`${++done} of ${jobs.length}: ${line} seed ${seed}, ${wallSeconds.toFixed(0)} s\n`);
});
console.log(
  '| line | peers | aim | copies | push + start + rescue | offload % (bound, in whole slots) | arrival p50 / p95 / p99 ms | stalled % | duplicates, control % | links | wall s |',
);
console.log('|---|---|---|---|---|---|---|---|---|---|---|');
for (const line of lines) console.log(rowOf(line, outcomes.get(line.name) ?? []));

function optionsOf(line: SwarmLine): SimulationJob['options'] {
  return { ...line.options, ...size };
}

function rowOf(line: SwarmLine, runs: readonly SimulationOutcome[]): string {
  const each = (read: (figures: SimulationOutcome['figures']) => number) => runs.map(({ figures }) => read(figures));
  const range = (read: (figures: SimulationOutcome['figures']) => number, digits: number, factor = 1): string => {
    const sorted = each(read)
      .map((value) => value * factor)
      .sort((one, other) => one - other);
    const spread = sorted.length > 1 ? ` (${sorted[0]?.toFixed(digits)} to ${sorted.at(-1)?.toFixed(digits)})` : '';
    return `${median(sorted).toFixed(digits)}${spread}`;
  };
  const mid = (read: (figures: SimulationOutcome['figures']) => number, digits: number, factor = 1): string =>
    (median(each(read)) * factor).toFixed(digits);
  const failures = each(({ failures: broken }) => broken.length).reduce((sum, count) => sum + count, 0);
  return `| ${[
    line.name + (failures > 0 ? `, ${failures} PROMISES BROKEN` : ''),
    optionsOf(line).peers,
    line.aim,
    range(({ copies }) => copies.total, 2),
    `${mid(({ copies }) => copies.push, 2)} + ${mid(({ copies }) => copies.start, 2)} + ${mid(({ copies }) => copies.rescue, 2)}`,
    `${range(({ offload }) => offload, 2, 100)} (${mid((f) => f.offloadBound, 1, 100)}, ${mid((f) => f.offloadBoundInSlots, 1, 100)})`,
    [mid((f) => f.arrivalMs.p50, 0), mid((f) => f.arrivalMs.p95, 0), mid((f) => f.arrivalMs.p99, 0)].join(' / '),
    range(({ stalledShare }) => stalledShare, 4, 100),
    `${mid((f) => f.duplicateShare, 1, 100)}, ${mid((f) => f.controlShare, 1, 100)}`,
    `${mid((f) => f.connections.mean, 1)}, max ${mid((f) => f.connections.max, 0)}`,
    median(runs.map(({ wallSeconds }) => wallSeconds)).toFixed(0),
  ].join(' | ')} |`;
}
