/* When a broadcast counts as over although its last packet never came. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OverRule } from '../../../../player/playback/over-rule.ts';
import type { Millis } from '../../../../shared/basics/units.ts';

const at = (ms: number): Millis => ms as Millis;

test('a server that was restarted ends nothing while its feeds begin', () => {
  const rule = new OverRule();
  assert.equal(rule.observe('live', at(0)), false);
  assert.equal(rule.observe('none', at(3_000)), false);
  assert.equal(rule.observe('nothing', at(9_000)), false);
  assert.equal(rule.observe('nothing', at(12_000)), false);
  assert.equal(rule.observe('live', at(14_000)), false);
});

test('a server that goes on telling that nothing is live ends it', () => {
  const rule = new OverRule();
  assert.equal(rule.observe('nothing', at(1_000)), false);
  assert.equal(rule.observe('nothing', at(10_900)), false);
  assert.equal(rule.observe('nothing', at(11_000)), true);
});

test('a server that was away between is believed anew', () => {
  const rule = new OverRule();
  assert.equal(rule.observe('nothing', at(0)), false);
  assert.equal(rule.observe('none', at(5_000)), false);
  assert.equal(rule.observe('nothing', at(12_000)), false);
  assert.equal(rule.observe('nothing', at(22_000)), true);
});
