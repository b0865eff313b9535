// Tags of one source lie on one unbroken line whatever its clock does: wraps, jumps, begins again, goes back a little.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MediaMillis } from '../../../shared/basics/units.ts';
import type { Tag } from '../../../shared/tags/tag.ts';
import { Timeline } from '../../../shared/tags/timeline.ts';
import { fc } from '../../support/properties.ts';
import { AUDIO_CONFIGURATION, audioFrame, tagOf, VIDEO_CONFIGURATION, videoFrame } from './samples.ts';

/** Times on the line; a discontinuity is told by a `!` before it. */
function place(timeline: Timeline, tags: readonly Tag[]): string {
  return tags
    .map((tag) => timeline.place(tag))
    .map(({ tag, isDiscontinuity }) => `${isDiscontinuity ? '!' : ''}${tag.kind[0]}${tag.timestampMs}`)
    .join(' ');
}

const video = (...times: number[]): Tag[] => times.map((time) => videoFrame(time));
const METADATA = tagOf('data', 0, '02000a6f6e4d65746144617461');

describe('the line', () => {
  test('begins at 0, or where it is told to, with the first frame', () => {
    assert.equal(place(new Timeline(), video(5000, 5040)), 'v0 v40');
    assert.equal(place(new Timeline(700 as MediaMillis), video(5000, 5040)), 'v700 v740');
  });

  test('keeps bodies and kinds', () => {
    const tag = videoFrame(9000);
    assert.deepEqual(new Timeline().place(tag).tag, { ...tag, timestampMs: 0 });
  });

  test('shares one offset between audio and video', () => {
    const tags = [videoFrame(100), audioFrame(90), audioFrame(113), videoFrame(140), audioFrame(136)];
    assert.equal(place(new Timeline(50 as MediaMillis), tags), 'v50 a40 a63 v90 a86');
  });

  test('takes small steps back as interleaving between kinds and as jitter within one', () => {
    const timeline = new Timeline();
    assert.equal(place(timeline, [videoFrame(0), videoFrame(400), audioFrame(10), audioFrame(33)]), 'v0 v400 a10 a33');
    assert.equal(place(timeline, video(390, 440)), 'v400 v440');
  });

  test('keeps a kind that is muxed far behind the other together with it', () => {
    const tags = [
      ...video(0, 900, 1800),
      audioFrame(0),
      videoFrame(2700),
      audioFrame(900),
      videoFrame(3600),
      audioFrame(1800),
    ];
    assert.equal(place(new Timeline(), tags), 'v0 v900 v1800 a0 v2700 a900 v3600 a1800');
  });

  test('lets a kind begin late or early', () => {
    assert.equal(
      place(new Timeline(), [...video(0, 40), audioFrame(3000), videoFrame(80), audioFrame(3023)]),
      'v0 v40 a3000 v80 a3023',
    );
    assert.equal(place(new Timeline(), [...video(4000, 4040), audioFrame(4000)]), 'v0 v40 a0');
  });

  test('goes over a pause of one kind while the other goes on', () => {
    const tags = [
      videoFrame(0),
      audioFrame(0),
      ...Array.from({ length: 50 }, (_, index) => videoFrame(100 * (index + 1))),
    ];
    const timeline = new Timeline();
    place(timeline, tags);
    assert.equal(place(timeline, [audioFrame(5010)]), 'a5010');
  });
});

describe('a wrap', () => {
  test('at 2^32 goes on', () => {
    assert.equal(place(new Timeline(), video(2 ** 32 - 60, 2 ** 32 - 20, 20, 60)), 'v0 v40 v80 v120');
  });

  test('at 2^31 goes on', () => {
    assert.equal(place(new Timeline(), video(2 ** 31 - 60, 2 ** 31 - 20, 20, 60)), 'v0 v40 v80 v120');
  });

  test('past the sign bit is none', () => {
    assert.equal(place(new Timeline(), video(2 ** 31 - 20, 2 ** 31 + 20, 2 ** 31 + 60)), 'v0 v40 v80');
  });

  test('is told from a step back across it', () => {
    assert.equal(
      place(new Timeline(1000 as MediaMillis), [videoFrame(20), audioFrame(2 ** 32 - 10), videoFrame(60)]),
      'v1000 a970 v1040',
    );
  });

  test('of audio and video need not be at the same tag', () => {
    const tags = [
      videoFrame(2 ** 32 - 20),
      audioFrame(2 ** 32 - 15),
      videoFrame(20),
      audioFrame(2 ** 32 - 1),
      audioFrame(22),
    ];
    assert.equal(place(new Timeline(), tags), 'v0 a5 v40 a19 a42');
  });

  test('is exact after years', () => {
    const far = new Timeline((3650 * 86_400_000) as MediaMillis);
    assert.equal(place(far, video(2 ** 32 - 1, 0, 1)), 'v315360000000 v315360000001 v315360000002');
  });
});

describe('a jump', () => {
  test('forwards is closed up at the usual distance', () => {
    assert.equal(place(new Timeline(), video(0, 33, 66, 9066, 9099)), 'v0 v33 v66 !v99 v132');
  });

  test('backwards is closed up', () => {
    assert.equal(place(new Timeline(), video(7000, 7040, 7080, 0, 40)), 'v0 v40 v80 !v120 v160');
  });

  test('of a second or less is kept as it is', () => {
    assert.equal(place(new Timeline(), video(0, 1000, 1900)), 'v0 v1000 v1900');
  });

  test('is told once for audio and video together', () => {
    const tags = [
      videoFrame(0),
      audioFrame(10),
      videoFrame(40),
      videoFrame(60_000),
      audioFrame(60_010),
      videoFrame(60_040),
    ];
    assert.equal(place(new Timeline(), tags), 'v0 a10 v40 !v80 a90 v120');
  });

  test('leaves stragglers of the other kind where they belong', () => {
    const tags = [
      videoFrame(50_000),
      audioFrame(50_010),
      videoFrame(50_040),
      videoFrame(0),
      audioFrame(50_033),
      audioFrame(5),
      videoFrame(40),
    ];
    assert.equal(place(new Timeline(), tags), 'v0 a10 v40 !v80 a33 a85 v120');
  });

  test('keeps the offset between audio and video that the source has after it', () => {
    const timeline = new Timeline();
    place(timeline, [videoFrame(0), audioFrame(0), videoFrame(40), audioFrame(23)]);
    assert.equal(place(timeline, [videoFrame(90_000), audioFrame(90_100)]), '!v80 a180');
  });

  test('back and forth is closed up each time', () => {
    assert.equal(place(new Timeline(), video(0, 40, 99_000, 80, 99_040)), 'v0 v40 !v80 !v120 !v160');
  });
});

describe('a restart', () => {
  test('goes on after the last frame, however near its times are', () => {
    const timeline = new Timeline();
    place(timeline, video(0, 40, 80));
    timeline.restart();
    assert.equal(place(timeline, video(0, 40)), '!v120 v160');
    timeline.restart();
    assert.equal(place(timeline, video(40, 80)), '!v200 v240');
  });

  test('goes on after the longer of audio and video', () => {
    const timeline = new Timeline();
    place(timeline, [videoFrame(0), audioFrame(0), videoFrame(40), audioFrame(23), audioFrame(46), audioFrame(69)]);
    timeline.restart();
    assert.equal(place(timeline, [videoFrame(0), audioFrame(0)]), '!v92 a92');
  });

  test('is told with the first tag of any kind, once', () => {
    const timeline = new Timeline();
    place(timeline, video(0, 40));
    timeline.restart();
    assert.equal(place(timeline, [METADATA, VIDEO_CONFIGURATION, ...video(0, 40)]), '!d40 v40 v80 v120');
  });

  test('before anything came is none', () => {
    const timeline = new Timeline();
    timeline.restart();
    assert.equal(place(timeline, video(10)), 'v0');
  });

  test('a loop of a file a thousand times stays in step', () => {
    const timeline = new Timeline();
    for (let round = 0; round < 1000; round++) {
      place(timeline, video(0, 40, 80));
      timeline.restart();
    }
    assert.equal(place(timeline, video(0)), '!v120000');
  });
});

describe('what is no media', () => {
  test('follows the media around it when its own time is 0 in mid-stream', () => {
    const tags = [...video(9000, 9040), METADATA, AUDIO_CONFIGURATION, VIDEO_CONFIGURATION, videoFrame(9080)];
    assert.equal(place(new Timeline(), tags), 'v0 v40 d40 a40 v40 v80');
  });

  test('does not begin the line: headers at 0, then a live join at 5,105 s', () => {
    const tags = [METADATA, VIDEO_CONFIGURATION, AUDIO_CONFIGURATION, videoFrame(5_105_000), audioFrame(5_105_010)];
    assert.equal(place(new Timeline(), tags), 'd0 v0 a0 v0 a10');
  });

  test('keeps its own time near the media', () => {
    assert.equal(
      place(new Timeline(), [...video(0, 400), { ...METADATA, timestampMs: 300 as MediaMillis }]),
      'v0 v400 d300',
    );
  });
});

test('any times give a line that never goes back within a kind and never leaps', () => {
  const anyTime = fc.oneof(
    fc.integer({ min: 0, max: 5000 }),
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1),
  );
  const anyStep = fc.record({ time: anyTime, isAudio: fc.boolean(), restarts: fc.integer({ min: 0, max: 20 }) });
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
      const timeline = new Timeline();
      const last = { audio: 0, video: 0, data: 0 };
      let newest = 0;
      for (const { time, isAudio, restarts } of steps) {
        if (restarts === 0) timeline.restart();
        const { tag } = timeline.place(isAudio ? audioFrame(time) : videoFrame(time));
        assert.ok(Number.isInteger(tag.timestampMs) && tag.timestampMs >= last[tag.kind]);
        assert.ok(tag.timestampMs <= newest + 5000);
        last[tag.kind] = tag.timestampMs;
        newest = Math.max(newest, tag.timestampMs);
      }
    }),
    { numRuns: 300 },
  );
});
