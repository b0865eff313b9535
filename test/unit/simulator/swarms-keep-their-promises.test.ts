// Whatever befalls a swarm, no promise is broken: every scenario, small, with a few seeds. More of them:
// SIMULATOR_SEEDS=100 node --test test/unit/simulator/swarms-keep-their-promises.test.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SCENARIO_NAMES, simulationOptions } from '../../../shared/simulator/scenarios.ts';
import { Simulation } from '../../../shared/simulator/simulation.ts';

const SEEDS = Number(process.env.SIMULATOR_SEEDS ?? 1);

for (const [index, scenario] of SCENARIO_NAMES.entries()) {
  test(`${scenario}: no promise is broken`, () => {
    for (let round = 0; round < SEEDS; round++) {
      const seed = index * 1000 + round + 1;
      const result = new Simulation(simulationOptions({ scenario, peers: 24, minutes: 0.4, seed })).run();
      assert.deepEqual(result.failures, [], `seed ${seed}`);
      assert.equal(result.forgedBytesPlayed, 0, `seed ${seed}`);
      assert.ok(result.stalledShare < 0.01, `seed ${seed}: ${result.stalledShare} of the time stalled`);
    }
  });
}

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
