// One trial in sixteen lasts until the swarm must carry again what it carried before its faults: there the two are compared, and
// a swarm that does not come back fails.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planFaults } from '../../../shared/simulator/fault-plan.ts';
import { Healing } from '../../../shared/simulator/healing.ts';
import { SCENARIO_NAMES, SCENARIOS, type Scenario, type ScenarioName } from '../../../shared/simulator/scenarios.ts';
import { Simulation } from '../../../shared/simulator/simulation.ts';
import { trialOptions } from '../../../shared/simulator/trials.ts';

const LONG_EACH = 16;
/** Each scenario many times: chaos is another each time. */
const LONG = Array.from({ length: 20 * SCENARIO_NAMES.length }, (_, at) => trialOptions(LONG_EACH * (at + 1)));

test('a long trial leaves time to settle before its faults, and to come back after them', () => {
  const struck = LONG.filter((options) => planFaults(options).length > 0);
  assert.deepEqual(new Set(struck.map(({ scenario }) => scenario)), new Set(SCENARIO_NAMES.filter(isStruck)));
  for (const options of struck) {
    const faults = planFaults(options);
    assert.ok(Math.min(...faults.map(({ strikesMs }) => strikesMs)) >= 24_000, `seed ${options.seed}`);
    const healedMs = Math.max(...faults.map(({ healsMs }) => healsMs));
    assert.ok(options.minutes * 60_000 >= healedMs + 31_000, `seed ${options.seed}`);
  }
});

for (const scenario of ['server-faults', 'partition', 'chaos'] as const) {
  test(`after ${scenario} the offload is compared`, () => {
    const { recovery, failures } = new Simulation(longTrial(scenario)).run();
    assert.ok(recovery !== undefined && recovery.before > 0.7 && recovery.after > 0.7, JSON.stringify(recovery));
    assert.deepEqual(failures, []);
  });
}

test('where nothing struck there is nothing to compare', () => {
  assert.equal(new Simulation(longTrial('rich')).run().recovery, undefined);
});

test('a swarm that does not come back fails', () => {
  const { recovery, failures } = new Simulation(longTrial('tracker-restart'), { bug: 'give-up-the-swarm' }).run();
  assert.ok(recovery !== undefined && recovery.after < recovery.before * 0.9, JSON.stringify(recovery));
  assert.ok(failures.some(({ rule }) => rule === 'offload-lost'));
});

test('a tenth of the offload may be lost, and no more', () => {
  assert.equal(textAfter(0.73), undefined);
  assert.match(textAfter(0.71) ?? '', /was 80 % before the fault and is 71 %/);
});

/** Half a minute after faults that struck a swarm of 80 % offload, which has so much now. */
function textAfter(offload: number): string | undefined {
  const healing = new Healing(SCENARIOS.rich);
  healing.plan(20_000, 30_000, false, 80_000);
  const totals = { served: 0, delivered: 0 };
  for (let second = 1; second < 60; second++) {
    totals.delivered += 1000;
    totals.served += 1000 * (1 - (second <= 20 ? 0.8 : offload));
    assert.equal(healing.second(second * 1000, totals), undefined);
  }
  return healing.second(60_000, totals);
}

function isStruck(name: ScenarioName): boolean {
  const { faults, isChaos }: Scenario = SCENARIOS[name];
  return isChaos || faults.length > 0;
}

function longTrial(scenario: ScenarioName): ReturnType<typeof trialOptions> {
  const options = LONG.find((one) => one.scenario === scenario);
  assert.ok(options !== undefined);
  return options;
}
