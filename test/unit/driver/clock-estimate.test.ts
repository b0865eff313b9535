// The offset to the server's clock comes from the sample with the shortest round trip, until that one is old.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis } from '../../../shared/basics/units.ts';
import { ClockEstimate } from '../../../shared/driver/clock-estimate.ts';

const SERVER_AHEAD_MS = 1_700_000_000_000;

test('the sample with the shortest round trip is believed, whatever came before or after it', () => {
  const clock = new ClockEstimate();
  assert.equal(clock.offsetMs, undefined);
  sample(clock, 1000, 400, 0.9);
  assert.equal(clock.offsetMs, SERVER_AHEAD_MS - 400 * (0.5 - 0.1));
  sample(clock, 2000, 20, 0.5);
  assert.equal(clock.offsetMs, SERVER_AHEAD_MS);
  sample(clock, 3000, 100, 0.1);
  assert.equal(clock.offsetMs, SERVER_AHEAD_MS);
});

test('after five minutes any sample is better than the old one', () => {
  const clock = new ClockEstimate();
  sample(clock, 0, 20, 0.5);
  sample(clock, 301_000, 100, 0.5, 30);
  assert.equal(clock.offsetMs, SERVER_AHEAD_MS + 30);
});

/** The server reads its clock when the request arrives; the way back takes `backShare` of the round trip. */
function sample(clock: ClockEstimate, sentAtMs: number, roundTripMs: number, backShare: number, driftMs = 0): void {
  const readAtMs = sentAtMs + roundTripMs * (1 - backShare);
  clock.sample(sentAtMs as Millis, (sentAtMs + roundTripMs) as Millis, SERVER_AHEAD_MS + readAtMs + driftMs);
}
