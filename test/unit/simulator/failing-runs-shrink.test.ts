// A failing run is made smaller for as long as it breaks the same promise, and told as a command that shows it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFault } from '../../../shared/simulator/fault-plan.ts';
import type { Failure } from '../../../shared/simulator/invariants.ts';
import { planAudience } from '../../../shared/simulator/population.ts';
import { type SimulationOptions, simulationOptions } from '../../../shared/simulator/scenarios.ts';
import { shrink } from '../../../shared/simulator/shrink.ts';
import { commandLine, trialOptions } from '../../../shared/simulator/trials.ts';

const FAULTS = ['jitter@9+4', 'partition@8+5', 'loss@8+2'].map(parseFault);

/** Breaks a promise where a partition meets viewers 2 and 5 for 8 s; and another one whatever happens. */
function fails(options: SimulationOptions): Failure[] {
  const isCut = options.faults?.some(({ name }) => name === 'partition') ?? false;
  const arePresent = ![2, 5].some((number) => options.without.includes(number));
  const other: Failure = { atMs: 1000, peer: 0, rule: 'another', text: '' };
  if (!isCut || !arePresent || (options.untilMs ?? 60_000) < 7500) return [other];
  return [other, { atMs: 7500, peer: 1, rule: 'no-rescue', text: '' }];
}

test('what has nothing to do with the failure goes', () => {
  const options = simulationOptions({
    scenario: 'chaos',
    peers: 40,
    minutes: 1,
    warmUpMs: 6000,
    seed: 9,
    faults: FAULTS,
  });
  const [, failure] = fails(options) as [Failure, Failure];
  const steps: string[] = [];
  const { options: shortest } = shrink(options, failure, {
    run: fails,
    runsMax: 500,
    onStep: (smaller) => steps.push(commandLine(smaller.options)),
  });
  assert.deepEqual(
    planAudience(shortest)
      .filter(({ arrivesMs }) => arrivesMs < 7500)
      .map(({ number }) => number),
    [2, 5],
  );
  assert.deepEqual(
    shortest.faults?.map(({ name }) => name),
    ['partition'],
  );
  assert.equal(shortest.untilMs, 7700);
  assert.equal(steps.at(-1), commandLine(shortest));
});

test('no more runs are spent than allowed', () => {
  let runs = 0;
  const count = (tried: SimulationOptions): Failure[] => {
    runs++;
    return fails(tried);
  };
  const options = simulationOptions({ scenario: 'partition', peers: 40, minutes: 1, seed: 9 });
  const [, failure] = fails({ ...options, faults: FAULTS }) as [Failure, Failure];
  shrink(options, failure, { run: count, runsMax: 7 });
  assert.ok(runs <= 7);
});

test('a command line says what differs from the usual', () => {
  const options = simulationOptions({
    scenario: 'chaos',
    peers: 7,
    minutes: 0.4,
    warmUpMs: 4000,
    seed: 3,
    faults: FAULTS,
  });
  assert.equal(
    commandLine({ ...options, engine: { fan: 3, rescueMarginMs: [300, 550] } }),
    'swarmtube simulate --scenario chaos --peers 7 --minutes 0.4 --seed 3 --warm-up 4' +
      ' --fault jitter@9+4 --fault partition@8+5 --fault loss@8+2 --engine fan=3 --engine rescueMarginMs=300:550',
  );
  assert.match(
    commandLine(trialOptions(17)),
    /^swarmtube simulate --scenario \S+ --peers \d+ --minutes 0\.4167 --seed 17 --warm-up 4$/,
  );
});
