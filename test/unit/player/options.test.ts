/* What a page says to the player: completed, bounded, and refused by name where it makes no sense. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PlayerOptions, resolveOptions } from '../../../player/options.ts';

const BASE = 'https://shop.example.org/page/';
const KEY = 'A'.repeat(43);
const resolve = (options: PlayerOptions): ReturnType<typeof resolveOptions> => resolveOptions(options, BASE);

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
  const rows: [PlayerOptions, RegExp][] = [
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
    [{ src, uploadLimit: -1 }, /upload-limit/],
    [{ src, uploadLimit: Number.NaN }, /upload-limit/],
  ];
  for (const [options, name] of rows) assert.throws(() => resolve(options), { name: 'TypeError', message: name });
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
