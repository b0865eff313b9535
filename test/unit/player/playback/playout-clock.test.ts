/* How long ago what is on screen was captured: from packets' capture times and the offset of two clocks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlayoutClock } from '../../../../player/playback/playout-clock.ts';
import type { Millis, WallMillis } from '../../../../shared/basics/units.ts';

const at = (ms: number): Millis => ms as Millis;
const wall = (ms: number): WallMillis => ms as WallMillis;

test('latency is the way from capture to now, between packets too', () => {
  const clock = new PlayoutClock();
  clock.setWallOffset(1_000_000);
  clock.observePacket(5_000, wall(1_010_000));
  clock.observePacket(6_000, wall(1_011_100));
  assert.equal(clock.latencyMs(5_000, at(12_000)), 2_000);
  assert.equal(clock.latencyMs(5_500, at(12_000)), 1_450);
});

test('before the first packet and behind the last one the line goes on evenly', () => {
  const clock = new PlayoutClock();
  clock.setWallOffset(0);
  clock.observePacket(1_000, wall(50_000));
  assert.equal(clock.captureAt(400), 49_400);
  assert.equal(clock.captureAt(9_000), 58_000);
});

test('a pause of the source is known with the first packet behind it, however near that is to the last mark', () => {
  const clock = new PlayoutClock();
  clock.setWallOffset(0);
  for (let packet = 0; packet < 8; packet++)
    clock.observePacket(packet * 50, wall(60_000 + packet * 50 + (packet < 7 ? 0 : 5_000)));
  assert.equal(clock.captureAt(350), 65_350);
});

test('without packets or without the clock nothing is claimed', () => {
  const clock = new PlayoutClock();
  assert.equal(clock.latencyMs(0, at(0)), undefined);
  assert.equal(clock.lagMs(wall(5), at(0)), undefined);
  clock.observePacket(0, wall(0));
  assert.equal(clock.latencyMs(0, at(0)), undefined);
  clock.setWallOffset(10);
  assert.equal(clock.latencyMs(0, at(5)), 15);
});

test('hours of packets keep a bounded number of marks, and the newest ones exact', () => {
  const clock = new PlayoutClock();
  clock.setWallOffset(0);
  const hours = 8 * 3_600_000;
  for (let mediaMs = 0; mediaMs < hours; mediaMs += 60) clock.observePacket(mediaMs, wall(mediaMs + 77));
  assert.equal(clock.captureAt(hours - 500), hours - 500 + 77);
});
