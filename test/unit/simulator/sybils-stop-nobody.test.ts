// Four of five are one attacker's: they claim to have everything and to carry much, take children and forward nothing. Whoever is
// honest plays on, out of the server where there is no other way, and bans nobody who is honest too.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Epoch, PeerId, Sequence } from '../../../shared/basics/units.ts';
import { type GivenWorld, givenViewer } from '../../../shared/simulator/given-world.ts';
import type { Failure } from '../../../shared/simulator/invariants.ts';
import { claimedUplink, misbehave } from '../../../shared/simulator/misbehaviour.ts';
import type { PlantedBug } from '../../../shared/simulator/planted-bugs.ts';
import type { PlannedViewer } from '../../../shared/simulator/population.ts';
import { simulationOptions } from '../../../shared/simulator/scenarios.ts';
import { Simulation } from '../../../shared/simulator/simulation.ts';
import { HAVE_MAP_BYTES } from '../../../shared/wire/have.ts';
import { decodeWireMessage, encodeWireMessage } from '../../../shared/wire/wire-message.ts';
import { EMPTY_REPORT } from '../../support/empty-report.ts';

const MINUTES = 0.75;
const HONEST = 6;
const SYBILS_EACH = 4;
const STALL_MS_MAX = 2000;
const LOOK_MS = 100;

for (const seed of [1, 2, 3]) {
  test(`four sybils to one honest viewer stall nobody for 2 s, seed ${seed}`, () => {
    const { longestStallMs, linksToSybils, failures } = besiege(seed);
    assert.equal(longestStallMs.size, HONEST, 'everybody was watched');
    for (const [number, stallMs] of longestStallMs) {
      assert.ok(stallMs <= STALL_MS_MAX, `viewer ${number} stood for ${stallMs} ms`);
    }
    assert.ok(linksToSybils > 0.75, `${linksToSybils} of their links`);
    // Among all else: nobody honest is banned.
    assert.deepEqual(failures, []);
  });
}

test('they would stall where nothing was fetched from the server', () => {
  const { longestStallMs } = besiege(1, 'forget-rescue');
  assert.ok(Math.max(...longestStallMs.values()) > STALL_MS_MAX);
});

test('a sybil boasts in its maps, and to the tracker', () => {
  const poor = encodeWireMessage({
    type: 'have',
    epoch: 7 as Epoch,
    base: 40 as Sequence,
    map: new Uint8Array(HAVE_MAP_BYTES),
    openSubstreams: 0,
    slotsFree: 0,
    uplinkBytesPerSecond: 1000,
    substreams: Array.from({ length: 8 }, () => ({ lagMs: 900, weakestStrength: 9, children: 2 })),
  });
  const sent = { type: 'send', peer: 'somebody' as PeerId, channel: 'control', bytes: poor } as const;
  const [told] = misbehave('sybil', sent, 0).map(({ output }) => output);
  assert.ok(told?.type === 'send');
  const have = decodeWireMessage(told.bytes, 'control');
  assert.ok(have.type === 'have');
  assert.ok(have.map.every((byte) => byte === 0xff));
  assert.deepEqual([have.openSubstreams, have.slotsFree, have.uplinkBytesPerSecond], [0xff, 64, 12_500_000]);
  assert.ok(have.substreams.every(({ lagMs, children }) => lagMs === 1 && children === 0));

  const [reported] = misbehave('sybil', { type: 'report', report: POOR_REPORT }, 0).map(({ output }) => output);
  const boasted = { ...POOR_REPORT, slots: 64, slotsUsed: 0, lagMs: [1, 1] };
  assert.deepEqual(reported, { type: 'report', report: boasted });
  assert.equal(claimedUplink('sybil', 1000), 12_500_000);
  assert.equal(claimedUplink('honest', 1000), 1000);
});

const POOR_REPORT = { ...EMPTY_REPORT, slots: 1, slotsUsed: 1, lagMs: [-1, 900], links: 3 };

type Siege = {
  /** Of each honest viewer, by number, looked at as often as its player looks. */
  readonly longestStallMs: ReadonlyMap<number, number>;
  /** Share of the links that honest viewers held. */
  readonly linksToSybils: number;
  readonly failures: readonly Failure[];
};

function besiege(seed: number, bug?: PlantedBug): Siege {
  const options = simulationOptions({ scenario: 'sybils', seed, minutes: MINUTES, unreachablePairs: 0 });
  const simulation = new Simulation(options, { given: world(seed), ...(bug !== undefined && { bug }) });
  const longestStallMs = new Map<number, number>();
  const links = { all: 0, toSybils: 0 };
  const look = (): void => {
    for (const { plan, isHonest, playback, wires } of simulation.viewers) {
      if (!isHonest || playback === undefined) continue;
      const stoppedMs = playback.conductor.meter.stoppedForMs(simulation.nowMs as never);
      longestStallMs.set(plan.number, Math.max(longestStallMs.get(plan.number) ?? 0, stoppedMs));
      links.all += wires.size;
      for (const { remote } of wires.values()) if (remote.plan.behaviour === 'sybil') links.toSybils++;
    }
    simulation.queue.after(LOOK_MS, look);
  };
  simulation.queue.after(LOOK_MS, look);
  const { failures } = simulation.run();
  return { longestStallMs, linksToSybils: links.toSybils / links.all, failures };
}

function world(seed: number): GivenWorld {
  const viewers = Array.from({ length: HONEST * (1 + SYBILS_EACH) }, (_, number): PlannedViewer => {
    const viewer = givenViewer({
      number,
      arrivesMs: 1000 + number * 300,
      leavesMs: MINUTES * 120_000,
      uplinkKbps: 4000,
      downlinkKbps: 20_000,
      allowedKbps: 4000,
      seed: seed * 1000 + number,
    });
    return number % (1 + SYBILS_EACH) === SYBILS_EACH ? viewer : { ...viewer, behaviour: 'sybil' };
  });
  return { viewers, isApart: () => false, trackerOneWayMs: 30, httpOneWayMs: 40, httpAnswerMs: [60, 150] };
}
