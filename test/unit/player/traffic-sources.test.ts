/* Where the stream of the last seconds came from: swarm, server, both or nowhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrafficSources } from '../../../player/traffic-sources.ts';

test('it follows the last seconds and forgets the start', () => {
  const traffic = new TrafficSources();
  assert.equal(traffic.observe(0, 0, 0), 'none');
  assert.equal(traffic.observe(0, 90_000, 1_000), 'server');
  assert.equal(traffic.observe(60_000, 100_000, 2_000), 'both');
  for (let second = 3; second < 8; second++) traffic.observe(second * 60_000, 100_000, second * 1_000);
  assert.equal(traffic.observe(500_000, 100_000, 8_000), 'swarm');
});

test('a packet rescued now and then does not make the server a source', () => {
  const traffic = new TrafficSources();
  traffic.observe(0, 0, 0);
  assert.equal(traffic.observe(1_000_000, 4_000, 1_000), 'swarm');
});

test('when nothing comes any more there is no source', () => {
  const traffic = new TrafficSources();
  for (let second = 0; second < 8; second++) traffic.observe(5_000, 5_000, second * 1_000);
  assert.equal(traffic.observe(5_000, 5_000, 8_000), 'none');
});
