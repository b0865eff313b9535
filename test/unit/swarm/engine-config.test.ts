// The engine's configuration: the defaults pass, everything that makes no sense is refused by name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_ENGINE_CONFIG, parseEngineConfig } from '../../../shared/swarm/engine-config.ts';

test('nothing given gives the defaults, and the defaults themselves are accepted', () => {
  assert.deepEqual(parseEngineConfig({}), DEFAULT_ENGINE_CONFIG);
  assert.deepEqual(parseEngineConfig({ ...DEFAULT_ENGINE_CONFIG }), DEFAULT_ENGINE_CONFIG);
});

test('what is given replaces the default', () => {
  assert.equal(parseEngineConfig({ patienceMs: 500 }).patienceMs, 500);
});

for (const [given, named] of [
  [{ patience: 3 }, 'patience'],
  [{ toString: 3 }, 'toString'],
  [{ substreams: 0 }, 'substreams'],
  [{ substreams: 17 }, 'substreams'],
  [{ substreams: 2.5 }, 'substreams'],
  [{ haveIntervalMs: 1 }, 'haveIntervalMs'],
  [{ graceMs: -1 }, 'graceMs'],
  [{ graceMs: Number.NaN }, 'graceMs'],
  [{ graceMs: Number.POSITIVE_INFINITY }, 'graceMs'],
  [{ graceMs: '1000' }, 'graceMs'],
  [{ uplinkShare: 1.1 }, 'uplinkShare'],
  [{ rescueMarginMs: 400 }, 'rescueMarginMs'],
  [{ rescueMarginMs: [650, 400] }, 'rescueMarginMs'],
  [{ rescueMarginMs: [400] }, 'rescueMarginMs'],
  [{ rescueMarginMs: [-1, 400] }, 'rescueMarginMs'],
] as const) {
  test(`${JSON.stringify(given)} is refused, naming ${named}`, () => {
    assert.throws(() => parseEngineConfig(given as Record<string, unknown>), new RegExp(named));
  });
}
