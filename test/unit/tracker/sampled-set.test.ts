/* Against a plain Set under random operations; and every member is drawn as often as every other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../shared/basics/random.ts';
import { SampledSet } from '../../../tracker/core/sampled-set.ts';
import { fc } from '../../support/properties.ts';

test('holds what a set holds', () => {
  const operation = fc.tuple(fc.boolean(), fc.nat(20));
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 100 }), (operations) => {
      const sampled = new SampledSet<number>();
      const model = new Set<number>();
      for (const [isAdded, item] of operations) {
        if (isAdded) sampled.add(item);
        else sampled.delete(item);
        if (isAdded) model.add(item);
        else model.delete(item);
        assert.equal(sampled.size, model.size);
      }
      assert.deepEqual([...sampled.values()].sort(), [...model].sort());
      const drawn = sampled.sample(10, new Random(1));
      assert.equal(new Set(drawn).size, Math.min(10, model.size));
      assert.ok(drawn.every((item) => model.has(item)));
    }),
    { seed: 5 },
  );
});

test('draws evenly, in every place of the draw', () => {
  const set = new SampledSet<number>();
  for (let item = 0; item < 10; item++) set.add(item);
  const random = new Random(9);
  const firsts = new Array<number>(10).fill(0);
  const counts = new Array<number>(10).fill(0);
  for (let round = 0; round < 10_000; round++) {
    const drawn = set.sample(3, random);
    firsts[drawn[0] ?? 0] = (firsts[drawn[0] ?? 0] ?? 0) + 1;
    for (const item of drawn) counts[item] = (counts[item] ?? 0) + 1;
  }
  for (const count of firsts) assert.ok(count > 850 && count < 1150, firsts.join());
  for (const count of counts) assert.ok(count > 2800 && count < 3200, counts.join());
});
