// A picture that stands: told at once, and help is called for after a while, each kind once in a while.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Help, ProgressWatch } from '../../../../player/playback/progress-watch.ts';
import type { Millis } from '../../../../shared/basics/units.ts';

const MOVING = { shouldMove: true, isExcused: false };
const RESTING = { shouldMove: false, isExcused: true };
const at = (ms: number): Millis => ms as Millis;

/** What is said each second while nothing moves. */
function helpOver(watch: ProgressWatch, seconds: number, state = MOVING): Help[] {
  return Array.from({ length: seconds }, (_, second) => {
    watch.observe(1, state, at((second + 1) * 1000));
    return watch.help(at((second + 1) * 1000));
  });
}

test('a picture that moves is not stopped, one that stands is', () => {
  const watch = new ProgressWatch();
  assert.equal(watch.observe(1, MOVING, at(100)), false);
  assert.equal(watch.observe(1.1, MOVING, at(200)), false);
  assert.equal(watch.observe(1.1, MOVING, at(300)), true);
  assert.equal(watch.observe(1.1, RESTING, at(400)), false);
});

test('the server is asked after three seconds, and a new beginning made after eight', () => {
  const watch = new ProgressWatch();
  watch.observe(1, MOVING, at(0));
  const said = helpOver(watch, 12);
  assert.deepEqual(
    said,
    [...'nnannannlnna'].map((letter) => ({ n: 'none', a: 'ask', l: 'lost' })[letter]),
  );
});

test('whoever rests needs no help', () => {
  assert.ok(helpOver(new ProgressWatch(), 20, RESTING).every((help) => help === 'none'));
});
