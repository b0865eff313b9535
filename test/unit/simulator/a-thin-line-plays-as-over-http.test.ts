// A viewer whose uplink is hardly enough to ask and to acknowledge plays in the swarm as its like does over plain HTTP: from its
// first packet on, whoever else is there. Lines and delays are those of the lab's scenario `lines`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { givenViewer } from '../../../shared/simulator/given-world.ts';
import { simulationOptions } from '../../../shared/simulator/scenarios.ts';
import { Simulation, type SimulationResult } from '../../../shared/simulator/simulation.ts';

const MINUTES = 0.75;
/** Two rests, and what comes after each. */
const MINUTES_WITH_RESTS = 2.5;
const BITRATE_KBPS = 525;
const SEEDS = [1, 2, 3, 4];
const GOOD_LINES_KBPS = [8000, 1900, 5500, 300];

for (const uplinkKbps of [100, 64, 56, 40]) {
  test(`with ${uplinkKbps} kbit/s of uplink nobody stalls`, () => {
    for (const seed of SEEDS) {
      const { stalledShare, latencyMs, failures } = run(seed, [...GOOD_LINES_KBPS, uplinkKbps]);
      assert.deepEqual(failures, []);
      // Chance leaves a slow answer of the server now and then.
      assert.ok(stalledShare < 0.002, `seed ${seed}: ${stalledShare}`);
      const { latencyMs: overHttp } = run(seed, GOOD_LINES_KBPS, uplinkKbps);
      assert.ok(latencyMs.p50 <= overHttp.p50 + 100, `seed ${seed}: ${latencyMs.p50} ms`);
      // Its line is full with making links in the first seconds: the picture begins to move a second later, and is that much behind.
      assert.ok(latencyMs.p99 <= overHttp.p99 + 1500, `seed ${seed}: ${latencyMs.p99} ms`);
    }
  });
}

test('with 64 kbit/s of uplink nobody stalls when it tries the swarm again after a rest', () => {
  for (const seed of SEEDS) {
    const { stalledShare, failures } = run(seed, [...GOOD_LINES_KBPS, 64], undefined, MINUTES_WITH_RESTS);
    assert.deepEqual(failures, []);
    assert.ok(stalledShare < 0.0002, `seed ${seed}: ${stalledShare}`);
  }
});

test('a line of 300 kbit/s gives what it has, and is fed by the swarm', () => {
  for (const seed of SEEDS) {
    const { copies, stalledShare } = run(seed, [8000, 8000, 300]);
    assert.ok(copies.total < 1.5, `seed ${seed}: ${copies.total} copies`);
    assert.equal(stalledShare, 0);
  }
});

/** All of these in the swarm, and perhaps one over plain HTTP. */
function run(
  seed: number,
  uplinksKbps: readonly number[],
  overHttpKbps?: number,
  minutes: number = MINUTES,
): SimulationResult {
  const lines = [...uplinksKbps, ...(overHttpKbps === undefined ? [] : [overHttpKbps])];
  const viewers = lines.map((uplinkKbps, number) => {
    const viewer = givenViewer({
      number,
      arrivesMs: 1000 + number * 1500,
      leavesMs: minutes * 120_000,
      uplinkKbps,
      downlinkKbps: 20_000,
      allowedKbps: BITRATE_KBPS * 1.2,
      seed: seed * 1000 + number,
    });
    const isInSwarm = number < uplinksKbps.length;
    return isInSwarm ? viewer : { ...viewer, behaviour: 'opted-out' as const, isUploader: false };
  });
  const given = { viewers, isApart: () => false, trackerOneWayMs: 2, httpOneWayMs: 1, httpAnswerMs: [3, 15] } as const;
  const options = simulationOptions({
    seed,
    minutes,
    warmUpMs: 0,
    bitrateKbps: BITRATE_KBPS,
    packetsPerSecond: 17,
    doorIntervalMs: 1000,
    latencyMs: 2000,
    unreachablePairs: 0,
  });
  return new Simulation(options, { given }).run();
}
