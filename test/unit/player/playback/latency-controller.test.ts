/* The distance behind live is held by rates nobody notices, widened by trouble, narrowed by calm, and jumped if hopeless. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LatencyController } from '../../../../player/playback/latency-controller.ts';
import type { Millis } from '../../../../shared/basics/units.ts';

const at = (ms: number): Millis => ms as Millis;
const LATE_START = at(60_000);

/** A viewer's player: latency changes by rate, buffer is what arrived. */
function settle(controller: LatencyController, latencyMs: number, seconds: number): number {
  let latency = latencyMs;
  for (let tick = 0; tick < seconds * 10; tick++) {
    const { rate, jumpMs } = controller.update({ latencyMs: latency, bufferMs: latency }, at(60_000 + tick * 100));
    assert.ok(rate >= 0.95 && rate <= 1.08, `rate ${rate}`);
    latency += 100 - 100 * rate - jumpMs;
  }
  return latency;
}

test('from too near and from too far it comes to the target and stays there', () => {
  for (const start of [900, 1_500, 2_000, 2_600, 4_500]) {
    const end = settle(new LatencyController(2_000), start, 60);
    assert.ok(Math.abs(end - 2_000) <= 120, `from ${start} to ${end}`);
  }
});

test('near the target the rate is exactly one', () => {
  const controller = new LatencyController(2_000);
  assert.equal(controller.update({ latencyMs: 2_110, bufferMs: 2_000 }, LATE_START).rate, 1);
});

test('nothing is sped up while there is little in hand', () => {
  const controller = new LatencyController(2_000);
  assert.equal(controller.update({ latencyMs: 4_000, bufferMs: 200 }, LATE_START).rate, 1);
});

test('past three times the target it jumps, as far as there is something to play', () => {
  const far = new LatencyController(2_000);
  assert.equal(far.update({ latencyMs: 5_900, bufferMs: 5_000 }, LATE_START).jumpMs, 0);
  assert.equal(far.update({ latencyMs: 7_000, bufferMs: 6_500 }, LATE_START).jumpMs, 5_000);
  assert.equal(far.update({ latencyMs: 7_000, bufferMs: 6_500 }, at(60_500)).jumpMs, 0, 'not twice in a row');
  const dry = new LatencyController(2_000);
  assert.equal(dry.update({ latencyMs: 60_000, bufferMs: 100 }, LATE_START).jumpMs, 0);
});

test('just after the start a smaller distance is jumped too', () => {
  const controller = new LatencyController(2_000);
  controller.start(LATE_START);
  assert.equal(controller.update({ latencyMs: 3_500, bufferMs: 3_400 }, at(60_200)).jumpMs, 1_500);
});

test('a stall widens the target at once, calm narrows it again', () => {
  const controller = new LatencyController(2_000);
  controller.noteStall(at(0));
  assert.equal(controller.targetMs, 2_400);
  for (let ms = 0; ms <= 29_000; ms += 1_000) controller.update({ latencyMs: 2_400, bufferMs: 2_000 }, at(ms));
  assert.equal(controller.targetMs, 2_400);
  for (let ms = 30_000; ms <= 90_000; ms += 1_000) controller.update({ latencyMs: 2_400, bufferMs: 2_000 }, at(ms));
  assert.equal(controller.targetMs, 2_000);
});

test('packets that come in time leave the target alone, late ones widen it, within bounds', () => {
  const controller = new LatencyController(2_000);
  controller.noteArrival(1_700, 2_000, at(0));
  assert.equal(controller.targetMs, 2_000);
  controller.noteArrival(1_990, 2_000, at(10));
  assert.equal(controller.targetMs, 2_050);
  for (let count = 0; count < 1_000; count++) controller.noteArrival(60_000, 2_000, at(20));
  assert.equal(controller.targetMs, 5_000);
});

test('behind the target packets come as late as that allows, which is no reason to stay behind', () => {
  const controller = new LatencyController(2_000);
  controller.noteArrival(3_200, 3_500, at(0));
  assert.equal(controller.targetMs, 2_000);
  controller.noteArrival(3_400, 3_500, at(10));
  assert.equal(controller.targetMs, 2_050);
});

test('before the target is reached a late packet is no reason to go beyond it', () => {
  const controller = new LatencyController(2_000);
  controller.noteArrival(1_500, 1_300, at(0));
  assert.equal(controller.targetMs, 2_000);
});
