/* What the watch page says of where the pictures come from is true, also of a viewer who is alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlayerStats } from '../../../../player/stats.ts';
import { sourceSentence } from '../../../../player/watch/sentence.ts';

test('nothing is said of a swarm while everything comes from the server', () => {
  for (const peers of [0, 1, 5]) {
    for (const viewers of [1, 9])
      assert.match(
        sourceSentence({ state: 'playing', source: 'server', peers }, viewers),
        /^Everything comes from the server/,
      );
  }
});

test('who watches alone is fed by the broadcaster, by whatever way', () => {
  for (const source of ['swarm', 'both'] as const) {
    assert.match(sourceSentence({ state: 'playing', source, peers: 1 }, 1), /only viewer/);
    assert.doesNotMatch(sourceSentence({ state: 'playing', source, peers: 2 }, 1), /only viewer/);
    assert.doesNotMatch(sourceSentence({ state: 'playing', source, peers: 1 }, 2), /only viewer/);
  }
});

test('only a player that means to play looks for others', () => {
  const told = (state: PlayerStats['state']): string => sourceSentence({ state, source: 'none', peers: 0 }, 1);
  for (const state of ['joining', 'stalled'] as const) assert.match(told(state), /^Looking for other viewers/);
  for (const state of ['idle', 'paused', 'ended', 'failed'] as const) assert.match(told(state), /^Nothing is played/);
});
