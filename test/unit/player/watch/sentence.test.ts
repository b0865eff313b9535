/* What the watch page says of where the pictures come from is true, also of a viewer who is alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourceSentence } from '../../../../player/watch/sentence.ts';

test('nothing is said of a swarm while everything comes from the server', () => {
  for (const peers of [0, 1, 5]) {
    for (const viewers of [1, 9])
      assert.match(sourceSentence({ source: 'server', peers }, viewers), /^Everything comes from the server/);
  }
});

test('who watches alone is fed by the broadcaster, by whatever way', () => {
  for (const source of ['swarm', 'both'] as const) {
    assert.match(sourceSentence({ source, peers: 1 }, 1), /only viewer/);
    assert.doesNotMatch(sourceSentence({ source, peers: 2 }, 1), /only viewer/);
    assert.doesNotMatch(sourceSentence({ source, peers: 1 }, 2), /only viewer/);
  }
});
