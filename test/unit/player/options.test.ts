/* What a page says to the player: completed, bounded, and refused by name where it makes no sense. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkedP2p, type P2pMode, type PlayerOptions, resolveOptions } from '../../../player/options.ts';

const BASE = 'https://shop.example.org/page/';
const KEY = 'A'.repeat(43);
const resolve = (options?: PlayerOptions): ReturnType<typeof resolveOptions> => resolveOptions(options, BASE);
/** As `<swarm-player>` hands them on. */
const attribute = (text: string): number => text as unknown as number;

test('an address alone is enough', () => {
  const { channel, channelUrl, ...rest } = resolve({ src: 'https://video.example.org/live/main' });
  assert.equal(channel, 'main');
  assert.equal(channelUrl, 'https://video.example.org/live/main');
  assert.deepEqual(rest, {
    key: undefined,
    token: undefined,
    patienceMs: 3_000,
    playbackSeconds: 600,
    targetLatencyMs: 2_000,
    p2p: 'on',
    uploadLimitBytesPerSecond: undefined,
  });
});

test('addresses as people paste them', () => {
  const rows: [string, string][] = [
    ['/live/main', 'https://shop.example.org/live/main'],
    ['https://video.example.org/live/main/', 'https://video.example.org/live/main'],
    ['https://video.example.org/live/main.json?x=1#y', 'https://video.example.org/live/main'],
    ['https://video.example.org:8443/tv/live/a_b-1.flv', 'https://video.example.org:8443/tv/live/a_b-1'],
  ];
  for (const [src, url] of rows) assert.equal(resolve({ src }).channelUrl, url);
});

test('each wrong option is named', () => {
  const src = 'https://video.example.org/live/main';
  const rows: [PlayerOptions | undefined, RegExp][] = [
    [undefined, /src is missing/],
    [{}, /src/],
    [{ src: 'ftp://video.example.org/live/main' }, /src/],
    [{ src: 'https://video.example.org/live/sp%20ace' }, /src.*channel/],
    [{ src: 'https://video.example.org/watch/main?p2p=off' }, /src.* is a page: give \.\.\.\/live\/main/],
    [{ src: '/tv/embed/main/' }, /src.* is a page: give \.\.\.\/live\/main/],
    [{ src: 'https://[' }, /src/],
    [{ src, key: 'short' }, /key/],
    [{ src, key: '!'.repeat(43) }, /key/],
    [{ src, p2p: 'maybe' as 'on' }, /p2p/],
    [{ src, patience: Number.NaN }, /patience/],
    [{ src, latency: Number.POSITIVE_INFINITY }, /latency/],
    [{ src, latency: attribute('2s') }, /latency .*, not 2s$/],
    [{ src, uploadLimit: -1 }, /upload-limit .*, not -1$/],
    [{ src, uploadLimit: attribute('1M') }, /upload-limit .*, not 1M$/],
    [{ src, uploadLimit: Number.NaN }, /upload-limit/],
  ];
  for (const [options, name] of rows) assert.throws(() => resolve(options), { name: 'TypeError', message: name });
});

test('a mode that there is not is refused later too, with those that there are', () => {
  assert.equal(checkedP2p('receive'), 'receive');
  const refusal = { name: 'TypeError', message: 'p2p is one of on, off, receive, ask, not bogus' };
  assert.throws(() => checkedP2p('bogus' as P2pMode), refusal);
});

test('units are as the page means them, and bounded', () => {
  const options = { src: '/live/main', key: KEY, patience: 1.5, playback: 1e9, latency: 0.01, uploadLimit: 800 };
  const { key, patienceMs, playbackSeconds, targetLatencyMs, uploadLimitBytesPerSecond } = resolve(options);
  assert.equal(key?.byteLength, 32);
  assert.equal(patienceMs, 1_500);
  assert.equal(playbackSeconds, 3_600);
  assert.equal(targetLatencyMs, 500);
  assert.equal(uploadLimitBytesPerSecond, 100_000);
});

test('numbers in attributes are numbers', () => {
  const { latency, uploadLimit } = { latency: attribute('0.01'), uploadLimit: attribute('800') };
  const { targetLatencyMs, uploadLimitBytesPerSecond } = resolve({ src: '/live/main', latency, uploadLimit });
  assert.deepEqual([targetLatencyMs, uploadLimitBytesPerSecond], [500, 100_000]);
});
