// Sizes that stand only in keyframes: VP9 and AV1, from the first bytes of what libvpx and libaom write for 320x180.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Remuxer } from '../../../shared/fmp4/remuxer.ts';
import { keyframeSize } from '../../../shared/tags/codec-configuration.ts';
import type { VideoCodec } from '../../../shared/tags/tag-contents.ts';
import { TrackObserver } from '../../../shared/tags/track-observer.ts';
import { hex, tagOf } from './samples.ts';

const VP9_420 = '824983420013f00b361638241c18be00';
const FRAMES: readonly (readonly [string, VideoCodec, string])[] = [
  ['VP9 4:2:0', 'vp9', VP9_420],
  ['VP9 4:4:4', 'vp9', 'a249834200027e0166c2c704838317c0'],
  ['VP9 RGB', 'vp9', 'a2498342e013f00b362038241c18be00'],
  ['AV1', 'av1', '12000a0d200000043cfeccdaf92021a00432ce051400a640'],
];

describe('the size in a keyframe', () => {
  for (const [name, codec, bytes] of FRAMES) {
    test(`of ${name}`, () => {
      assert.deepEqual(keyframeSize(codec, hex(bytes)), { width: 320, height: 180 });
    });
  }

  test('is not told by frames that have none, are cut, or are of another codec', () => {
    assert.equal(keyframeSize('vp9', hex('86')), undefined);
    for (let length = 0; length < 8; length++) {
      assert.equal(keyframeSize('vp9', hex(VP9_420).subarray(0, length)), undefined);
    }
    assert.equal(keyframeSize('av1', hex('12000a0d20')), undefined);
    assert.equal(keyframeSize('vp8', hex(VP9_420)), undefined);
  });

  test('reaches the description of the track and the init segment of a VP9 stream', () => {
    const configuration = tagOf('video', 0, '90 76703039 00 0a 82 02 02 02 0000');
    const frame = tagOf('video', 0, `91 76703039 ${VP9_420}`);
    const observer = new TrackObserver();
    const remuxer = new Remuxer({ isTypeSupported: () => true });
    for (const tag of [configuration, frame]) {
      observer.observe(tag);
      remuxer.push(tag);
    }
    assert.deepEqual(
      observer.tracks().map(({ width, height }) => [width, height]),
      [[320, 180]],
    );
    const init = remuxer.flush().find(({ kind }) => kind === 'init');
    assert.deepEqual(init?.kind === 'init' && [init.width, init.height], [320, 180]);
  });
});
