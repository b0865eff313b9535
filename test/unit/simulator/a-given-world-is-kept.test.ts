// A world that is told instead of drawn: who is said to be apart never comes together and is fed by the server, and who is
// said to have no uplink to speak of gives nothing that matters.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GivenWorld, givenViewer, SEEDER_NUMBER } from '../../../shared/simulator/given-world.ts';
import { simulationOptions } from '../../../shared/simulator/scenarios.ts';
import { Simulation, type SimulationResult } from '../../../shared/simulator/simulation.ts';

const MINUTES = 0.5;
const BITRATE_KBPS = 500;

test('viewers who are apart from everybody have all from the server', () => {
  const { copies, connections, failures } = run({ uplinksKbps: [4000, 4000, 4000], isApart: () => true });
  assert.deepEqual(failures, []);
  assert.equal(connections.max, 0);
  assert.equal(copies.push, 0);
  assert.ok(copies.total > 2.9 && copies.total < 3.2, `${copies.total} copies`);
});

test('viewers who are apart from the seeder alone are fed by those who are not', () => {
  const isApart = (one: number, other: number) => Math.min(one, other) > 0 && Math.max(one, other) === SEEDER_NUMBER;
  const { copies, failures } = run({ uplinksKbps: [8000, 8000, 8000], isApart });
  assert.deepEqual(failures, []);
  assert.ok(copies.push > 0 && copies.push < 1.3, `${copies.push} copies pushed`);
  assert.ok(copies.total < 2, `${copies.total} copies`);
});

test('the bound reckons with the lines that were given', () => {
  const { copiesBound } = run({ uplinksKbps: [0, 0, 0, 0], isApart: () => false });
  assert.equal(copiesBound, 4);
});

type Told = { readonly uplinksKbps: readonly number[]; readonly isApart: GivenWorld['isApart'] };

function run({ uplinksKbps, isApart }: Told): SimulationResult {
  const viewers = uplinksKbps.map((uplinkKbps, number) =>
    givenViewer({
      number,
      arrivesMs: 1000 + number * 500,
      leavesMs: MINUTES * 120_000,
      uplinkKbps,
      downlinkKbps: 20_000,
      allowedKbps: uplinkKbps,
      seed: number + 1,
    }),
  );
  const given = { viewers, isApart, trackerOneWayMs: 2, httpOneWayMs: 1, httpAnswerMs: [2, 10] } as const;
  const options = simulationOptions({ minutes: MINUTES, bitrateKbps: BITRATE_KBPS, unreachablePairs: 0 });
  return new Simulation(options, { given }).run();
}
