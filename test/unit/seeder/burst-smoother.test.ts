// Sources that come in bursts, evened out: a model of a source and of time, and when each tag goes out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BurstSmoother } from '../../../seeder/burst-smoother.ts';

const STEP_MS = 40;
/** Gaps that a viewer's own buffer evens out. */
const EVEN_MS = 250;
/** The start is let through as it comes, and then two bursts are looked at. */
const SETTLED_MS = 4000;

/** What goes out when. `arrivalMs`: when the tag that was made at a time arrives; tags keep their order. */
function run(arrivalMs: (madeMs: number) => number, untilMs: number, smoother = new BurstSmoother()) {
  const released: { readonly lineMs: number; readonly atMs: number }[] = [];
  let nowMs = 0;
  for (let lineMs = 0; lineMs < untilMs; lineMs += STEP_MS) {
    const askedMs = nowMs;
    nowMs = Math.max(nowMs, arrivalMs(lineMs));
    nowMs += smoother.delayMs(lineMs, nowMs, nowMs - askedMs);
    released.push({ lineMs, atMs: nowMs });
  }
  return released;
}

/** The longest silence behind this time. */
function longestGapMs(released: readonly { readonly atMs: number }[], fromMs: number): number {
  const late = released.filter(({ atMs }) => atMs >= fromMs);
  return Math.max(...late.slice(1).map(({ atMs }, index) => atMs - (late[index]?.atMs ?? 0)));
}

function blocksOf(blockMs: number): (madeMs: number) => number {
  return (madeMs) => (Math.floor(madeMs / blockMs) + 1) * blockMs;
}

test('a source that comes evenly is never delayed', () => {
  const released = run((madeMs) => madeMs + ((madeMs / STEP_MS) % 3) * 30, 600_000);
  for (const { lineMs, atMs } of released) assert.ok(atMs - lineMs <= 100);
});

test('a cached start is let through at once', () => {
  const released = run((madeMs) => Math.max(300, madeMs - 4000), 60_000);
  assert.equal(released[100]?.atMs, 300);
  for (const { lineMs, atMs } of released) assert.ok(atMs <= Math.max(300, lineMs - 4000));
});

for (const blockMs of [600, 1000, 2000, 4200, 8000]) {
  test(`blocks of ${blockMs} ms are evened out, for a delay of one block`, () => {
    const released = run(blocksOf(blockMs), 300_000);
    assert.ok(longestGapMs(released, SETTLED_MS + blockMs * 2) <= EVEN_MS);
    const settled = released.filter(({ atMs }) => atMs > SETTLED_MS + blockMs * 2);
    for (const { lineMs, atMs } of settled) assert.ok(atMs - lineMs <= blockMs + 250, `${atMs - lineMs}`);
  });
}

test('one hiccup of a second is no manner, and one of 3 s is forgotten within minutes', () => {
  const hiccup = (lengthMs: number) => (madeMs: number) =>
    madeMs >= 10_000 && madeMs < 10_000 + lengthMs ? 10_000 + lengthMs : madeMs;
  for (const { lineMs, atMs } of run(hiccup(1000), 60_000)) assert.ok(atMs - lineMs <= 1000);
  const released = run(hiccup(3000), 300_000);
  const last = released.at(-1);
  assert.equal((last?.atMs ?? 0) - (last?.lineMs ?? 0), 0);
});

test('a source that turns even is no longer delayed after a while', () => {
  const smoother = new BurstSmoother();
  const blocks = blocksOf(4000);
  run((madeMs) => (madeMs < 60_000 ? blocks(madeMs) : Math.max(64_000, madeMs)), 60_000 + 300_000, smoother);
  assert.equal(smoother.isSmoothing, false);
});

test('a source that stood still goes on without the time it stood', () => {
  const blocks = blocksOf(2000);
  const released = run((madeMs) => (madeMs < 60_000 ? blocks(madeMs) : blocks(madeMs) + 20_000), 200_000);
  assert.ok(longestGapMs(released, 110_000) <= EVEN_MS);
});

test('beginning again, it knows nothing', () => {
  const smoother = new BurstSmoother();
  run(blocksOf(4000), 60_000, smoother);
  assert.equal(smoother.isSmoothing, true);
  smoother.reset();
  assert.equal(smoother.isSmoothing, false);
});
