// Whatever befalls a swarm, no promise is broken: two hundred small ones over all scenarios, on two threads. More of them:
// SIMULATOR_SEEDS=1000 node --test test/unit/simulator/swarms-keep-their-promises.test.ts, or npm run fuzz:swarm.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SCENARIO_NAMES, simulationOptions } from '../../../shared/simulator/scenarios.ts';
import { Simulation } from '../../../shared/simulator/simulation.ts';
import { commandLine, trialOptions } from '../../../shared/simulator/trials.ts';
import { runTrials } from '../../support/trial-pool.ts';

const SEEDS = Number(process.env.SIMULATOR_SEEDS ?? 200);

test(`${SEEDS} swarms keep their promises`, async () => {
  const numbers = Array.from({ length: SEEDS }, (_, at) => at + 1);
  const broken: string[] = [];
  await runTrials(numbers, 2, ({ number, failures }) => {
    const [first] = failures;
    if (first !== undefined) broken.push(`${first.rule}: ${first.text}: ${commandLine(trialOptions(number))}`);
  });
  assert.deepEqual(broken, []);
});

test('all scenarios take turns', () => {
  const scenarios = new Set(SCENARIO_NAMES.map((_, at) => trialOptions(at).scenario));
  assert.deepEqual([...scenarios].sort(), [...SCENARIO_NAMES].sort());
});

test('where nobody may upload everybody plays as from the server alone', () => {
  const result = new Simulation(
    simulationOptions({ scenario: 'nobody-uploads', peers: 24, minutes: 0.5, seed: 7 }),
  ).run();
  assert.equal(result.stalledShare, 0);
  assert.ok(
    result.copies.total <= result.viewers * 1.05,
    `${result.copies.total} copies for ${result.viewers} viewers`,
  );
});

test('a rich swarm of fifty costs a few copies', () => {
  const result = new Simulation(simulationOptions({ peers: 50, minutes: 1.5, warmUpMs: 60_000, seed: 3 })).run();
  assert.ok(result.copies.total < 10, `${result.copies.total} copies`);
  assert.ok(result.stalledShare < 0.001);
});
