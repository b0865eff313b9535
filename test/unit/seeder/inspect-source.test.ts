// A feed is told: container, duration, tracks, and its faults, a line a kind.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspectSource } from '../../../seeder/inspect-source.ts';
import type { Tag } from '../../../shared/tags/tag.ts';
import { LARGE, SMALL, SMALL_CONFIGURATION, withSets } from '../tags/parameter-set-samples.ts';
import {
  AUDIO_CONFIGURATION,
  audioFrame,
  concat,
  flvOf,
  hex,
  tagOf,
  VIDEO_CONFIGURATION,
  videoFrame,
} from '../tags/samples.ts';

async function* pieces(bytes: Uint8Array, length = 1000): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += length) yield bytes.subarray(at, at + length);
}

const START = [VIDEO_CONFIGURATION, AUDIO_CONFIGURATION];
const second = (from: number): Tag[] =>
  Array.from({ length: 25 }, (_, index) => videoFrame(from + index * 40, { isKeyframe: index === 0 })).flatMap(
    (frame, index) => [frame, audioFrame(from + index * 40)],
  );

async function faultsOf(tags: readonly Tag[]): Promise<string[]> {
  return (await inspectSource(pieces(flvOf(tags)))).faults.map((fault) => `${fault.code} ${fault.count}`);
}

describe('inspect', () => {
  test('tells tracks, frames, times and bit rates', async () => {
    assert.deepEqual(await inspectSource(pieces(flvOf([...START, ...second(0), ...second(1000)]))), {
      container: 'flv',
      durationMs: 1960,
      tracks: [
        {
          id: 0,
          type: 'video',
          codec: 'h264',
          width: 640,
          height: 360,
          frames: 50,
          keyframes: 2,
          firstDtsMs: 0,
          lastDtsMs: 1960,
          bitrate: 1224,
        },
        {
          id: 0,
          type: 'audio',
          codec: 'aac',
          sampleRate: 44100,
          channels: 2,
          frames: 50,
          firstDtsMs: 0,
          lastDtsMs: 1960,
          bitrate: 408,
        },
      ],
      faults: [],
    });
  });

  for (const [name, tags, faults] of [
    ['a gap', [...START, ...second(0), ...second(9000)], ['timestamp-gap 2']],
    ['time that goes back', [...START, ...second(0), ...second(500)], ['timestamp-backwards 2']],
    ['a repeated configuration', [...START, ...second(0), ...START], ['configuration-repeated 2']],
    [
      'a changed configuration',
      [...START, ...second(0), tagOf('audio', 1000, 'af001190')],
      ['configuration-changed 1'],
    ],
    [
      'frames before their configuration',
      [videoFrame(0, { isKeyframe: true }), ...START, audioFrame(0)],
      ['no-video-configuration 1'],
    ],
    ['no keyframe at first', [...START, videoFrame(0), ...second(40)], ['no-keyframe-first 1']],
    [
      'an unsupported codec',
      [VIDEO_CONFIGURATION, tagOf('audio', 0, 'b6aa'), videoFrame(0, { isKeyframe: true })],
      ['unsupported-audio-codec 1'],
    ],
    ['a promise of video', [AUDIO_CONFIGURATION, audioFrame(0)], ['header-flags 1']],
    ['an empty video tag', [...START, tagOf('video', 0, ''), ...second(0)], ['empty-tag 1']],
    [
      'keyframes far apart',
      [
        ...START,
        ...second(0),
        ...Array.from({ length: 30 }, (_, index) => videoFrame(1000 + index * 400)),
        ...second(13_000),
      ],
      ['keyframe-distance 1', 'timestamp-gap 1'],
    ],
  ] as const) {
    test(`tells of ${name}`, async () => assert.deepEqual(await faultsOf(tags), faults));
  }

  test('tells of a restart', async () => {
    const once = flvOf([...START, ...second(0)]);
    const inspection = await inspectSource(pieces(concat(once, once)));
    assert.deepEqual(
      inspection.faults.map((fault) => fault.code),
      ['restart', 'configuration-repeated'],
    );
    assert.equal(inspection.durationMs, 1960);
  });

  test('ends an endless feed at its limit, and lets it go', async () => {
    let isReleased = false;
    async function* endless(): AsyncIterable<Uint8Array> {
      try {
        yield flvOf(START);
        for (let time = 0; ; time += 1000) yield flvOf(second(time)).subarray(13);
      } finally {
        isReleased = true;
      }
    }
    const inspection = await inspectSource(endless(), { mediaMsMax: 5000 });
    assert.equal(inspection.durationMs, 5960);
    assert.deepEqual(inspection.faults, []);
    assert.ok(isReleased);
    assert.ok((await inspectSource(endless(), { bytesMax: 2000 })).durationMs < 2000);
  });

  test('throws the reason where nothing can be read', async () => {
    await assert.rejects(inspectSource(pieces(new TextEncoder().encode('<html>not found</html>'))), {
      code: 'not-flv',
    });
    await assert.rejects(inspectSource(pieces(hex(''))), { code: 'not-flv' });
    await assert.rejects(inspectSource(pieces(flvOf([]))), { code: 'no-tracks' });
  });

  test('tells a configuration that stands only in the keyframes', async () => {
    const tags = [SMALL_CONFIGURATION, withSets(SMALL, 0), withSets(LARGE, 40), withSets(LARGE, 80)];
    const { tracks, faults } = await inspectSource(pieces(flvOf(tags)));
    assert.deepEqual([tracks[0]?.width, tracks[0]?.height], [1280, 720]);
    assert.equal(faults.find(({ code }) => code === 'configuration-in-band')?.count, 1);
  });
});
