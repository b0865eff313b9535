// Each rule of the swarm turned off, one at a time, simulated: what it is worth.
//   npm run bench:ablations -- [--peers 150] [--seeds 1] [--from 1] [--threads 2] [--scenario rich]
import { parseArgs } from 'node:util';
import { SCENARIO_NAMES, type ScenarioName } from '../../shared/simulator/scenarios.ts';
import { median, wholeNumbers } from '../support/figures.ts';
import { runSimulations, type SimulationJob, type SimulationOutcome } from '../support/simulation-pool.ts';
import { ABLATIONS } from './swarm/ablation-list.ts';

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: '150' },
    seeds: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
    scenario: { type: 'string', default: 'rich' },
  },
});
const scenario = values.scenario as ScenarioName;
if (!SCENARIO_NAMES.includes(scenario)) throw new TypeError(`no scenario "${scenario}": ${SCENARIO_NAMES.join(', ')}`);
const { peers, seeds, from, threads } = wholeNumbers({
  peers: values.peers,
  seeds: values.seeds,
  from: values.from,
  threads: values.threads,
});

const jobs: SimulationJob[] = ABLATIONS.flatMap(({ rule, engine }) =>
  Array.from({ length: seeds }, (_, at) => ({
    line: rule,
    options: { peers, scenario, minutes: 1.5, warmUpMs: 50_000, seed: from + at, engine },
  })),
);
const outcomes = await runSimulations(jobs, threads);
console.log(
  `simulated: ${scenario}, ${peers} viewers, 2.5 s behind live, 40 s measured after 50 s, seeds ${from} to ${from + seeds - 1}`,
);
console.log(
  '| without | set | copies | push + start + rescue | arrival p50 / p95 / p99 ms | stalled % | duplicates % | control % |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const { rule, engine } of ABLATIONS) console.log(rowOf(rule, engine, outcomes.get(rule) ?? []));

function rowOf(rule: string, engine: object, runs: readonly SimulationOutcome[]): string {
  const mid = (read: (figures: SimulationOutcome['figures']) => number, digits: number, factor = 1): string =>
    (median(runs.map(({ figures }) => read(figures))) * factor).toFixed(digits);
  const settings = Object.entries(engine).map(([key, value]) => `\`${key}=${[value].flat().join(':')}\``);
  // A rule that keeps promises says so here.
  const broken = runs.reduce((sum, { figures }) => sum + figures.failures.length, 0);
  return `| ${[
    broken === 0 ? rule : `${rule}, ${broken} PROMISES BROKEN`,
    settings.join(' '),
    mid((f) => f.copies.total, 2),
    [mid((f) => f.copies.push, 2), mid((f) => f.copies.start, 2), mid((f) => f.copies.rescue, 2)].join(' + '),
    [mid((f) => f.arrivalMs.p50, 0), mid((f) => f.arrivalMs.p95, 0), mid((f) => f.arrivalMs.p99, 0)].join(' / '),
    mid((f) => f.stalledShare, 4, 100),
    mid((f) => f.duplicateShare, 1, 100),
    mid((f) => f.controlShare, 1, 100),
  ].join(' | ')} |`;
}
