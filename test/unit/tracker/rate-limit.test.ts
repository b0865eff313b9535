/* Buckets give what was promised and no more, whatever the clock does; keys that were quiet are forgotten. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedRateLimit, TokenBucket } from '../../../tracker/core/rate-limit.ts';
import { fc } from '../../support/properties.ts';

test('a burst, then the rate', () => {
  const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, 0);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => bucket.take(0)),
    [true, true, true, false],
  );
  assert.equal(bucket.take(499), false);
  assert.equal(bucket.take(500), true);
  assert.equal(bucket.take(500), false);
});

test('no more is given than burst and rate allow, however one asks', () => {
  const asks = fc.array(
    fc.record({ afterMs: fc.integer({ min: -50, max: 500 }), count: fc.integer({ min: 1, max: 9 }) }),
  );
  fc.assert(
    fc.property(asks, (all) => {
      const bucket = new TokenBucket({ burst: 10, perSecond: 5 }, 1000);
      let now = 1000;
      let forwardMs = 0;
      let given = 0;
      for (const { afterMs, count } of all) {
        now += afterMs;
        forwardMs += Math.max(0, afterMs);
        given += bucket.takeUpTo(now, count);
      }
      assert.ok(given <= 10 + forwardMs / 200 + 1e-6, `${given} in ${forwardMs} ms`);
    }),
    { seed: 3 },
  );
});

test('one key does not pay for another, and quiet ones are swept', () => {
  const limit = new KeyedRateLimit({ burst: 1, perSecond: 1 });
  assert.equal(limit.take('a', 0), true);
  assert.equal(limit.take('a', 0), false);
  assert.equal(limit.take('b', 0), true);
  limit.sweep(500);
  assert.equal(limit.size, 2);
  limit.sweep(1000);
  assert.equal(limit.size, 0);
});

test('beyond the number of keys that are kept newcomers share one bucket', () => {
  const limit = new KeyedRateLimit({ burst: 1, perSecond: 1 });
  for (let n = 0; n < 100_000; n++) assert.ok(limit.take(`k${n}`, 0));
  assert.equal(limit.take('one more', 0), true);
  assert.equal(limit.take('yet another', 0), false);
  assert.ok(limit.size <= 100_001);
});
