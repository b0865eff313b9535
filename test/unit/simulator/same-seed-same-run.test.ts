// A run follows from its options alone: the hash of everything that any engine ordered is the same each time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planAudience } from '../../../shared/simulator/population.ts';
import { type SimulationOptions, simulationOptions } from '../../../shared/simulator/scenarios.ts';
import { Simulation } from '../../../shared/simulator/simulation.ts';
import { decodeWireMessage, encodeWireMessage } from '../../../shared/wire/wire-message.ts';

const run = (given: Partial<SimulationOptions>) =>
  new Simulation(simulationOptions({ scenario: 'churn', peers: 20, minutes: 0.3, seed: 5, ...given })).run();

test('the same seed gives the same run, another seed another', () => {
  const first = run({});
  assert.equal(run({}).traceHash, first.traceHash);
  assert.deepEqual(run({}).copies, first.copies);
  assert.notEqual(run({ seed: 6 }).traceHash, first.traceHash);
});

test('a changed engine meets the very same audience', () => {
  const plain = planAudience(simulationOptions({ minutes: 1, seed: 9 }));
  const changed = planAudience(
    simulationOptions({ minutes: 1, seed: 9, engine: { fan: 3 }, latencyMs: 2000, copies: 2 }),
  );
  assert.deepEqual(changed, plain);
});

test('what engines share, so that it is written and read once, changes nothing', () => {
  for (const scenario of ['byzantine', 'epoch-change'] as const) {
    const options = simulationOptions({ scenario, peers: 16, minutes: 0.3, seed: 5 });
    const apart = new Simulation(options);
    Object.assign(apart.codec, { decode: decodeWireMessage, encode: encodeWireMessage });
    assert.equal(apart.run().traceHash, new Simulation(options).run().traceHash, scenario);
  }
});

test('a trace has a line for each thing ordered', () => {
  const lines: string[] = [];
  const options = simulationOptions({ peers: 5, minutes: 0.15, seed: 1 });
  new Simulation(options, { onTrace: (line) => lines.push(line) }).run();
  assert.ok(lines.length > 100);
  assert.ok(lines.every((line) => /^\d+ \d+ [a-z-]+ -?\d+ \d+$/.test(line)));
});
