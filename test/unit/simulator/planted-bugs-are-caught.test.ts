// The invariants bite: each mistake that can be planted in the engines of a run makes the run fail, by the rule that it breaks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLANTED_BUGS, type PlantedBug } from '../../../shared/simulator/planted-bugs.ts';
import { type ScenarioName, simulationOptions } from '../../../shared/simulator/scenarios.ts';
import { Simulation } from '../../../shared/simulator/simulation.ts';

const CAUGHT_BY: Readonly<Record<PlantedBug, string>> = {
  'trust-everybody': 'forged-played',
  'forget-rescue': 'no-rescue',
  'forget-timers': 'livelock',
  'deliver-twice': 'twice',
  'fetch-what-is-here': 'fetch-of-held',
  'fetch-storm': 'fetch-storm',
  'ignore-upload-limit': 'upload-cap',
  'ban-who-leaves': 'honest-banned',
  'ban-for-no-time': 'ban-too-short',
  'speak-to-banned': 'banned-is-asked',
  'endless-control-message': 'size',
  'mix-epochs': 'epoch',
  'relay-garbage': 'unverified-relayed',
};

/** Where the mistake has an occasion. */
const OCCASIONS: Partial<Readonly<Record<PlantedBug, ScenarioName>>> = {
  'ignore-upload-limit': 'free-riders',
  'forget-rescue': 'partition',
  'fetch-storm': 'partition',
};

for (const bug of PLANTED_BUGS) {
  test(`caught: ${bug}`, () => {
    const scenario = OCCASIONS[bug] ?? 'polluters';
    const options = simulationOptions({ scenario, peers: 20, minutes: 0.4, seed: 1 });
    const { failures } = new Simulation(options, { bug }).run();
    const rules = new Set(failures.map(({ rule }) => rule));
    assert.ok(rules.has(CAUGHT_BY[bug]), `caught by ${[...rules].join(', ') || 'nothing'}`);
  });
}
