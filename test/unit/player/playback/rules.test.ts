/* When the first picture may move, how holes in the buffer are crossed, and what counts as a stall. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bufferedAhead, maySkipHole, wayOn } from '../../../../player/playback/gap-rule.ts';
import { StallMeter } from '../../../../player/playback/stall-meter.ts';
import { mayStartMoving, plannedLatencyMs } from '../../../../player/playback/start-rule.ts';
import type { Millis } from '../../../../shared/basics/units.ts';

const at = (ms: number): Millis => ms as Millis;
const RANGES = [
  { start: 1, end: 5 },
  { start: 5.03, end: 8 },
  { start: 12, end: 15 },
];

type StartRow = [text: string, heldForMs: number, latencyMs: number, bufferMs: number, moves: boolean];
const STARTS: readonly StartRow[] = [
  ['as old as the target', 0, 2_100, 1_500, true],
  ['younger, just shown', 300, 1_200, 1_500, false],
  ['younger, not yet held for long', 999, 1_900, 900, false],
  ['never held for long', 1_000, 1_100, 900, true],
  ['next to nothing in hand', 1_000, 2_500, 100, false],
  ['next to nothing in hand, but not for ever', 3_000, 2_500, 100, true],
  ['nothing in hand', 9_000, 9_000, 0, false],
];
for (const [text, heldForMs, latencyMs, bufferMs, moves] of STARTS) {
  test(`the first picture ${moves ? 'moves' : 'is held'}: ${text}`, () => {
    assert.equal(mayStartMoving({ heldForMs, latencyMs, targetMs: 2_000, bufferMs }), moves);
  });
}

const PLANS: readonly [text: string, heldForMs: number, latencyMs: number, plannedMs: number, isShown?: boolean][] = [
  ['a fresh picture is held as long as may be', 0, 100, 1_100],
  ['the plan stands while it is held', 400, 500, 1_100],
  ['and when it is held longer than was planned', 1_600, 1_700, 1_100],
  ['an older one reaches the target before that', 0, 1_400, 2_000],
  ['one that is too old begins at once', 0, 3_500, 2_000],
  ['the first packets are given time to become a picture', 199, 299, 1_100, false],
  ['when they do not, what follows them is due at once', 200, 300, 0, false],
];
for (const [text, heldForMs, latencyMs, plannedMs, isShown = true] of PLANS) {
  test(`what follows the first picture is due when that is to move: ${text}`, () => {
    assert.equal(plannedLatencyMs({ isShown, heldForMs, latencyMs, targetMs: 2_000 }), plannedMs);
  });
}

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
