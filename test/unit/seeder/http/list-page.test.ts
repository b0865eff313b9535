// The list of channels: what is on comes first, what is not says why, and the picture counts the viewers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorPage, type ListedChannel, listPage, unknownChannelPage } from '../../../../seeder/http/list-page.ts';

const OFF: ListedChannel = {
  name: 'off',
  title: 'Off',
  isLive: false,
  viewers: 0,
  bitrate: 0,
  tracks: [],
  notice: 'Waiting for the source.',
};
const LIVE: ListedChannel = {
  name: 'on',
  title: 'On',
  isLive: true,
  viewers: 3,
  bitrate: 2_340_000,
  tracks: [{ id: 0, type: 'video', codec: 'h264', width: 1280, height: 720 }],
  notice: null,
};

test('what is on comes first, the busiest before the others; what is not says why', () => {
  const html = listPage([OFF, { ...LIVE, name: 'quiet', viewers: 1 }, LIVE]);
  const order = [...html.matchAll(/href="\/watch\/(\w+)"/g)].map(([, name]) => name);
  assert.deepEqual(order, ['on', 'quiet', 'off']);
  assert.match(html, /3 viewers · 1280×720 · 2\.3 Mbit\/s.*1 viewer · .*Waiting for the source\./);
});

test('a filled cell a viewer, as many as there are cells', () => {
  const filled = (viewers: number): number =>
    listPage([{ ...LIVE, viewers }])
      .split('<main>')[1]
      ?.split('class="viewer"').length ?? 0;
  assert.deepEqual([filled(0), filled(3)], [1, 4]);
  assert.ok(filled(1e9) > 50);
});

test('sound alone is told, and a server without channels says what to do', () => {
  const sound = listPage([{ ...LIVE, tracks: [{ id: 0, type: 'audio', codec: 'aac' }], viewers: 0, bitrate: 96_000 }]);
  assert.match(sound, /no viewers yet · sound only · 96 kbit\/s/);
  assert.match(listPage([]), /No channel is set up yet.*swarmtube seed/);
});

test('every way from a page in a frame leads out of the frame, which the list may not be shown in', () => {
  for (const html of [unknownChannelPage(), errorPage('Not Found', 'there is nothing here')]) {
    const ways = html.match(/<a [^>]*>/g) ?? [];
    assert.equal(ways.length, 2);
    for (const way of ways) assert.match(way, /target="_top"/);
  }
});
