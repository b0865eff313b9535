// Each fault changes what happens, from the moment on at which it strikes, and breaks no promise; those who break the protocol
// are banned where there is proof.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwarmtubeError } from '../../../shared/basics/errors.ts';
import { FAULT_NAMES } from '../../../shared/simulator/fault-names.ts';
import { faultText, parseFault, planFaults } from '../../../shared/simulator/fault-plan.ts';
import { type SimulationOptions, simulationOptions } from '../../../shared/simulator/scenarios.ts';
import { Simulation } from '../../../shared/simulator/simulation.ts';

const STRIKES_MS = 7000;

function traceOf(given: Partial<SimulationOptions>): { readonly lines: string[]; readonly rules: readonly string[] } {
  const lines: string[] = [];
  const options = simulationOptions({ peers: 8, minutes: 0.2, warmUpMs: 4000, seed: 4, ...given });
  const { failures } = new Simulation(options, { onTrace: (line) => lines.push(line) }).run();
  return { lines, rules: failures.map(({ rule }) => rule) };
}

const undisturbed = traceOf({ faults: [] }).lines;

for (const name of FAULT_NAMES) {
  test(`${name} strikes`, () => {
    const { lines, rules } = traceOf({ faults: [parseFault(`${name}@${STRIKES_MS / 1000}+2`)] });
    const first = lines.findIndex((line, at) => line !== undisturbed[at]);
    assert.ok(first >= 0, 'nothing happens');
    assert.ok(Number.parseInt(lines[first] ?? '', 10) >= STRIKES_MS, `it begins too soon: ${lines[first]}`);
    assert.deepEqual(rules, []);
  });
}

test('a fault is read as it is written', () => {
  for (const text of ['partition@17+10', 'source-gap@7.5+0.25']) assert.equal(faultText(parseFault(text)), text);
  for (const text of ['partition', 'flood@3+4', 'partition@3', 'partition@-1+4', 'partition@3+4x']) {
    assert.throws(() => parseFault(text), SwarmtubeError, text);
  }
});

test('chaos is drawn from the seed, and leaves time to heal', () => {
  const plans = Array.from({ length: 200 }, (_, seed) => {
    const options = simulationOptions({ scenario: 'chaos', minutes: 0.5, warmUpMs: 4000, seed });
    assert.deepEqual(planFaults(options), planFaults(options));
    return planFaults(options);
  });
  assert.deepEqual(new Set(plans.flat().map(({ name }) => name)).size, FAULT_NAMES.length);
  assert.ok(plans.every((plan) => plan.length >= 2 && plan.length <= 4));
  assert.ok(
    plans.flat().every(({ strikesMs, healsMs }) => strikesMs >= 4000 && strikesMs <= healsMs && healsMs < 17_000),
  );
});

test('who breaks the protocol is banned', () => {
  const { lines, rules } = traceOf({ scenario: 'byzantine', peers: 24, minutes: 0.25 });
  assert.ok(lines.some((line) => / banned /.test(line)));
  assert.deepEqual(rules, []);
});
