/* When the first picture may move, how holes in the buffer are crossed, and what counts as a stall. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bufferedAhead, maySkipHole, wayOn } from '../../../../player/playback/gap-rule.ts';
import { StallMeter } from '../../../../player/playback/stall-meter.ts';
import { mayStartMoving } from '../../../../player/playback/start-rule.ts';
import type { Millis } from '../../../../shared/basics/units.ts';

const at = (ms: number): Millis => ms as Millis;
const RANGES = [
  { start: 1, end: 5 },
  { start: 5.03, end: 8 },
  { start: 12, end: 15 },
];

test('the first picture moves when it is as old as the target', () => {
  const state = { targetMs: 2_000, bufferMs: 1_500 };
  assert.equal(mayStartMoving({ ...state, shownForMs: 0, latencyMs: 2_100 }), true);
  assert.equal(mayStartMoving({ ...state, shownForMs: 300, latencyMs: 1_200 }), false);
});

test('it is never held for long', () => {
  const state = { targetMs: 2_000, latencyMs: 1_100, bufferMs: 900 };
  assert.equal(mayStartMoving({ ...state, shownForMs: 599 }), false);
  assert.equal(mayStartMoving({ ...state, shownForMs: 600 }), true);
});

test('with next to nothing in hand it waits, but not for ever', () => {
  const state = { targetMs: 2_000, latencyMs: 2_500, bufferMs: 100 };
  assert.equal(mayStartMoving({ ...state, shownForMs: 1_000 }), false);
  assert.equal(mayStartMoving({ ...state, shownForMs: 3_000 }), true);
  assert.equal(mayStartMoving({ ...state, bufferMs: 0, shownForMs: 9_000 }), false);
});

test('a hole that a browser bridges is no end of the buffer', () => {
  assert.equal(bufferedAhead(RANGES, 2), 6);
  assert.equal(bufferedAhead(RANGES, 12.5), 2.5);
  assert.equal(bufferedAhead(RANGES, 9), 0);
  assert.equal(bufferedAhead([], 3), 0);
});

const near = (seconds: number | undefined) => seconds && Math.round(seconds * 100) / 100;

test('the play head jumps at once when it stands before a hole with something behind', () => {
  assert.equal(wayOn(RANGES, 7, 0), undefined);
  assert.equal(near(wayOn(RANGES, 7.95, 0)), 12);
  assert.equal(near(wayOn(RANGES, 0.2, 0)), 1);
  assert.equal(wayOn(RANGES, 14.95, 0), undefined);
});

test('an island that the browser does not play is left for the range behind it, however small or large it is', () => {
  for (const ahead of [0.01, 0.11, 0.13, 0.2, 0.5, 0.99]) {
    const ranges = [
      { start: 1, end: 1 + ahead },
      { start: 3, end: 12 },
    ];
    assert.equal(near(wayOn(ranges, 1, 1_600)), 3, `${ahead} s`);
    assert.equal(near(wayOn(ranges, 1, 1_400)), ahead > 0.12 ? undefined : 3, `${ahead} s`);
  }
});

test('where there is enough to play, or nothing behind it, a picture that stands is nudged', () => {
  for (const ahead of [0.4, 0.99, 1.01, 9]) assert.equal(near(wayOn([{ start: 1, end: 1 + ahead }], 1, 1_600)), 1.05);
  assert.equal(near(wayOn(RANGES, 6, 1_600)), 6.05);
  assert.equal(wayOn([{ start: 1, end: 1.2 }], 1, 60_000), undefined);
  assert.equal(wayOn([], 1, 60_000), undefined);
});

test('a hole in the packets is given up only when it was played up to and waited at', () => {
  assert.equal(maySkipHole(1_000, 500), false);
  assert.equal(maySkipHole(0, 100), false);
  assert.equal(maySkipHole(0, 300), true);
  assert.equal(maySkipHole(200, 300), false);
  assert.equal(maySkipHole(200, 1_600), true);
  assert.equal(maySkipHole(1_200, 1_600), false);
});

test('a stop is one stall from its eightieth millisecond on, and its length counts while it lasts', () => {
  const meter = new StallMeter();
  assert.equal(meter.observe(true, at(0)), false);
  assert.equal(meter.observe(true, at(50)), false);
  assert.equal(meter.isStalled, false);
  assert.equal(meter.observe(true, at(100)), true);
  assert.equal(meter.observe(true, at(200)), false);
  assert.deepEqual(meter.totals(at(300)), { stalls: 1, stallMs: 300 });
  meter.observe(false, at(400));
  assert.deepEqual(meter.totals(at(9_000)), { stalls: 1, stallMs: 400 });
});

test('short stops are not stalls', () => {
  const meter = new StallMeter();
  for (let ms = 0; ms < 1_000; ms += 100) meter.observe(ms % 200 === 0, at(ms));
  assert.deepEqual(meter.totals(at(1_000)), { stalls: 0, stallMs: 0 });
});
