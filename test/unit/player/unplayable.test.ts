/* What a viewer is told about tracks that no browser, or this one, plays. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findUnplayable } from '../../../player/unplayable.ts';
import type { TrackDescription } from '../../../shared/basics/track-description.ts';

const video = (codec: string, id = 0): TrackDescription => ({ id, type: 'video', codec });
const audio = (codec: string): TrackDescription => ({ id: 0, type: 'audio', codec });
const find = (tracks: readonly TrackDescription[], refused: readonly string[] = []) =>
  findUnplayable(tracks, new Set(refused));

test('what plays is not spoken of', () => {
  assert.equal(find([video('h264'), audio('aac')]), undefined);
  assert.equal(find([video('hevc'), audio('something-new')]), undefined);
  assert.equal(find([video('h264'), video('vp6', 1), { id: 0, type: 'data', codec: 'amf0' }]), undefined);
  assert.equal(find([]), undefined);
});

test('where nothing plays, all codecs are named', () => {
  assert.deepEqual(find([video('h263'), audio('adpcm')]), {
    isAll: true,
    sentence: 'No browser plays Sorenson H.263 or ADPCM; H.264 and AAC play everywhere.',
  });
  assert.equal(
    find([video('hevc')], ['hevc'])?.sentence,
    'This browser does not play H.265 (HEVC); H.264 and AAC play everywhere.',
  );
});

test('where the rest plays, it says what is missing', () => {
  assert.deepEqual(find([video('vp6'), audio('mp3')]), {
    isAll: false,
    sentence: 'No browser plays VP6: there is no picture.',
  });
  assert.equal(find([video('h264'), audio('g711a')])?.sentence, 'No browser plays G.711 A-law: there is no sound.');
});
