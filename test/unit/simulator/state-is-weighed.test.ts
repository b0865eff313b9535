// What a peer holds is counted from outside, whatever it is kept in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateSize } from '../../../shared/simulator/state-size.ts';

test('every map, set and list counts, however deep, and once', () => {
  const shared = [1, 2, 3];
  const state = { tables: { byName: new Map([['a', { list: shared }]]), seen: new Set([1, 2]) }, again: shared };
  assert.deepEqual(stateSize(state), { entries: 6, longest: 3, path: 'tables.byName[].list' });
});

test('a queue that knows how many bytes it holds counts as well', () => {
  const { entries, longest, path } = stateSize({ pushes: { waitings: new Array(1600).fill(0), bytes: 1_600_000 } });
  assert.deepEqual([entries, longest, path], [1600, 1600, 'pushes.waitings']);
});

test('bytes, and packets that have some, are not entered', () => {
  const packet = { header: { parts: [1, 2, 3] }, bytes: new Uint8Array(5000) };
  assert.equal(stateSize({ ring: [packet], head: new Uint8Array(9) }).entries, 1);
});
