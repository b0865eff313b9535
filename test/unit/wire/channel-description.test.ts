// The channel description as a player reads it: accepted whole, refused by field.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwarmtubeError } from '../../../shared/basics/errors.ts';
import { parseChannelDescription } from '../../../shared/wire/channel-description.ts';
import { OFF_AIR } from '../../support/off-air.ts';

const VALID = {
  channel: 'demo',
  title: 'The demo',
  live: true,
  epoch: 77,
  firstSequence: 0,
  newestSequence: 100,
  doorSequence: 95,
  doorCaptureMs: 1_700_000_000_000,
  publicKey: 'AAAA',
  tracks: [{ id: 0, type: 'video', codec: 'h264', codecString: 'avc1.64001f', width: 640, height: 360 }],
  bitrate: 500_000.5,
  tracker: '/tracker',
  viewers: 3,
  serverTimeMs: 1_700_000_000_100,
};

test('a valid description is returned as it is, without unknown keys', () => {
  assert.deepEqual(parseChannelDescription({ ...VALID, extra: 1 }), VALID);
});

test('a channel that is not live has no epoch', () => {
  const idle = { ...VALID, ...OFF_AIR };
  assert.deepEqual(parseChannelDescription(idle), idle);
  assert.deepEqual(parseChannelDescription({ ...idle, notice: null }), idle);
  const told = { ...idle, notice: 'Waiting for the source.' };
  assert.deepEqual(parseChannelDescription(told), told);
});

for (const [field, wrong] of [
  ['channel', '../etc'],
  ['title', 7],
  ['live', 'yes'],
  ['epoch', 0],
  ['epoch', 2 ** 32],
  ['newestSequence', -1],
  ['doorSequence', 1.5],
  ['publicKey', undefined],
  ['tracks', {}],
  ['tracks', [{ id: 0, type: 'smell', codec: 'x' }]],
  ['tracks', [{ id: 0, type: 'video', codec: 'x', width: '640' }]],
  ['bitrate', Number.NaN],
  ['tracker', null],
  ['viewers', '3'],
  ['notice', 7],
  ['notice', 'x'.repeat(5000)],
  ['serverTimeMs', null],
] as const) {
  test(`${field} as ${JSON.stringify(wrong)} is refused`, () => {
    assert.throws(() => parseChannelDescription({ ...VALID, [field]: wrong }), SwarmtubeError);
  });
}

test('what is no object is refused', () => {
  for (const value of [null, undefined, 1, 'x', []])
    assert.throws(() => parseChannelDescription(value), SwarmtubeError);
});
