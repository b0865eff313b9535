// Each fault changes what happens, from the moment on at which it strikes, and breaks no promise; those who break the protocol
// are banned where there is proof.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwarmtubeError } from '../../../shared/basics/errors.ts';
import { FAULT_NAMES } from '../../../shared/simulator/fault-names.ts';
import { faultText, parseFault, planFaults } from '../../../shared/simulator/fault-plan.ts';
import { planAudience } from '../../../shared/simulator/population.ts';
import { type SimulationOptions, simulationOptions } from '../../../shared/simulator/scenarios.ts';
import { Simulation } from '../../../shared/simulator/simulation.ts';

const STRIKES_MS = 7000;

/** What they send shows it. */
const PROVABLE = ['polluter', 'equivocator', 'corrupter', 'prophet', 'oversizer', 'empty-sender', 'wrong-channel'];

const optionsOf = (given: Partial<SimulationOptions>): SimulationOptions =>
  simulationOptions({ peers: 8, minutes: 0.2, warmUpMs: 4000, seed: 4, ...given });

function traceOf(given: Partial<SimulationOptions>): { readonly lines: string[]; readonly rules: readonly string[] } {
  const lines: string[] = [];
  const { failures } = new Simulation(optionsOf(given), { onTrace: (line) => lines.push(line) }).run();
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

test('who breaks the protocol is banned, each kind for itself', () => {
  const given = { scenario: 'byzantine', peers: 100, minutes: 0.4 } as const;
  const { lines, rules } = traceOf(given);
  const banned = new Set(lines.map((line) => / banned (\d+)/.exec(line)?.[1]).map(Number));
  const kinds = new Map<string, boolean>();
  for (const { number, behaviour } of planAudience(optionsOf(given))) {
    kinds.set(behaviour, kinds.get(behaviour) === true || banned.has(number));
  }
  for (const kind of PROVABLE) assert.equal(kinds.get(kind), true, `no ${kind} was banned`);
  assert.equal(kinds.get('honest'), false, 'an honest one was banned');
  assert.deepEqual(rules, []);
});
