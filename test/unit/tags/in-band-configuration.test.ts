// Configurations that stand only in the keyframes: found, made, and told once.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeVideoConfiguration } from '../../../shared/tags/codec-configuration.ts';
import { InBandConfiguration } from '../../../shared/tags/in-band-configuration.ts';
import { readTagContents } from '../../../shared/tags/tag-contents.ts';
import { fc } from '../../support/properties.ts';
import {
  bodyOf,
  LARGE,
  LARGE_HEVC,
  SMALL,
  SMALL_AVCC,
  SMALL_CONFIGURATION,
  SMALL_HEVC,
  withSets,
  withStartCodes,
} from './parameter-set-samples.ts';
import { AUDIO_CONFIGURATION, hex, tagOf, toHex, videoFrame } from './samples.ts';

describe('a configuration in the keyframes', () => {
  test('that is the one that was told changes nothing', () => {
    const inBand = new InBandConfiguration();
    for (const tag of [
      SMALL_CONFIGURATION,
      withSets(SMALL, 0),
      videoFrame(40),
      withSets(SMALL, 80),
      AUDIO_CONFIGURATION,
    ]) {
      assert.deepEqual(inBand.refine(tag), { tags: [tag] });
    }
  });

  test('that differs in size is put before the frame, once, and told', () => {
    const inBand = new InBandConfiguration();
    inBand.refine(SMALL_CONFIGURATION);
    const { tags, finding } = inBand.refine(withSets(LARGE, 40));
    assert.equal(tags.length, 2);
    assert.equal(tags[0]?.timestampMs, 40);
    const description = describeVideoConfiguration('h264', bodyOf(tags[0], 5));
    assert.deepEqual([description?.width, description?.height, description?.nalLengthBytes], [1280, 720, 4]);
    assert.match(finding?.text ?? '', /640x360 to 1280x720/);
    assert.deepEqual(inBand.refine(withSets(LARGE, 80)).tags.length, 1);
  });

  test('outweighs the outdated one that is only said again, until another is said', () => {
    const inBand = new InBandConfiguration();
    inBand.refine(SMALL_CONFIGURATION);
    inBand.refine(withSets(LARGE, 40));
    assert.deepEqual(inBand.refine(SMALL_CONFIGURATION).tags, []);
    const back = inBand.refine(withSets(SMALL, 80));
    assert.equal(toHex(bodyOf(back.tags[0], 5)), SMALL_AVCC.replaceAll(' ', ''));
    const other = tagOf('video', 0, `${toHex(SMALL_CONFIGURATION.body)}00`);
    assert.deepEqual(inBand.refine(other).tags, [other]);
  });

  test('is made where none ever comes, with lengths or start codes, legacy or enhanced', () => {
    const heads = ['17 01 000000', '90 61766331 000000', '93 61766331'];
    for (const head of heads) {
      for (const make of [withSets, withStartCodes]) {
        const enhanced = head.startsWith('9');
        const frame = make(SMALL, 0, head.replace(/^90/, '91'));
        const { tags, finding } = new InBandConfiguration().refine(frame);
        assert.equal(toHex(bodyOf(tags[0], 5)), SMALL_AVCC.replaceAll(' ', ''));
        assert.equal(readTagContents(tags[0] as never)[0]?.role, 'video-configuration');
        assert.equal((tags[0]?.body[0] as number) >> 7, enhanced ? 1 : 0);
        assert.match(finding?.text ?? '', /no usable video configuration/);
      }
    }
  });

  test('of H.265 too', () => {
    const inBand = new InBandConfiguration();
    const first = inBand.refine(withSets(SMALL_HEVC, 0, '91 68766331 000000'));
    const small = describeVideoConfiguration('hevc', bodyOf(first.tags[0], 5));
    assert.deepEqual([small?.width, small?.height, small?.codecString], [640, 360, 'hvc1.1.6.L63.90']);
    const second = inBand.refine(withStartCodes(LARGE_HEVC, 40, '1c 01 000000'));
    const large = describeVideoConfiguration('hevc', bodyOf(second.tags[0], 5));
    assert.deepEqual([large?.width, large?.height, second.tags[0]?.body[0]], [1280, 720, 0x1c]);
  });

  test('is forgotten when the source begins again', () => {
    const inBand = new InBandConfiguration();
    inBand.refine(SMALL_CONFIGURATION);
    inBand.refine(withSets(LARGE, 0));
    inBand.reset();
    assert.deepEqual(inBand.refine(SMALL_CONFIGURATION).tags, [SMALL_CONFIGURATION]);
  });

  test('that is damaged harms nothing', () => {
    const whole = withSets(LARGE, 0).body;
    for (let length = 0; length <= whole.byteLength; length++) {
      const tag = tagOf('video', 0, whole.slice(0, length));
      assert.ok(new InBandConfiguration().refine(tag).tags.includes(tag));
    }
    fc.assert(
      fc.property(fc.constantFrom(LARGE, LARGE_HEVC), fc.nat(), fc.nat(7), (sets, place, bit) => {
        const body = withSets(sets, 0, sets === LARGE ? '17 01 000000' : '91 68766331 000000').body.slice();
        const at = place % body.byteLength;
        body[at] = (body[at] as number) ^ (1 << bit);
        const tag = tagOf('video', 0, body);
        assert.ok(new InBandConfiguration().refine(tag).tags.includes(tag));
      }),
    );
    const claims = tagOf('video', 0, hex('17 01 000000 ffffffff 67'));
    assert.deepEqual(new InBandConfiguration().refine(claims).tags, [claims]);
  });
});
