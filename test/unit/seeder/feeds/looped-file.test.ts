// A finished file, round and round: one line of time without jumps, in real time.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { LoopedFileFeed } from '../../../../seeder/feeds/looped-file-feed.ts';
import { PACE_EARLY_MS_MAX } from '../../../../seeder/feeds/pace.ts';
import type { Tag } from '../../../../shared/tags/tag.ts';
import {
  audioConfiguration,
  audioFrame,
  interframe,
  keyframe,
  scriptTag,
  tag,
  videoConfiguration,
} from '../../packets/sample-tags.ts';
import { HurryingClock } from '../manual-clock.ts';
import { FeedReading, flvFile, temporaryFolder } from './feed-harness.ts';

/** Where the line begins. */
const START_MS = 1000;
const HEAD = [videoConfiguration(0), audioConfiguration(0)];
const MEDIA = [
  keyframe(0),
  audioFrame(0),
  audioFrame(23),
  interframe(40),
  audioFrame(46),
  audioFrame(70),
  interframe(80),
];
const END_OF_SEQUENCE = tag('video', 80, [0x17, 2, 0, 0, 0]);

async function loop(context: TestContext, bytes: Uint8Array) {
  const path = join(await temporaryFolder(context), 'clip.flv');
  await writeFile(path, bytes);
  const clock = new HurryingClock();
  const feed = new LoopedFileFeed(path, { clock, endsAfterSilenceMs: 1 });
  return { clock, path, reading: new FeedReading(feed, context) };
}

function times(tags: readonly Tag[]): number[] {
  return tags.filter(({ body, kind }) => kind !== 'data' && body[1] === 1).map(({ timestampMs }) => timestampMs);
}

test('each round begins where the last one ended, audio and video moved by the same', async (context) => {
  const { reading } = await loop(context, flvFile([...HEAD, ...MEDIA, END_OF_SEQUENCE]));
  const perRound = HEAD.length + MEDIA.length;
  const first = times(await reading.tags(perRound));
  assert.deepEqual(
    first,
    times(MEDIA).map((timeMs) => timeMs + START_MS),
  );
  // Video ends at 80 + 40, audio at 70 + 23: the longer one counts.
  for (let round = 1; round < 50; round++) {
    assert.deepEqual(
      times(await reading.tags(perRound)),
      first.map((timeMs) => timeMs + round * 120),
    );
  }
});

test('a tag that is older than the first of the file keeps its distance', async (context) => {
  const { reading } = await loop(context, flvFile([...HEAD, keyframe(100), audioFrame(80), interframe(140)]));
  const first = times(await reading.tags(HEAD.length + 3));
  assert.deepEqual(first, [START_MS, START_MS - 20, START_MS + 40]);
});

test('each tag comes when its time has come, or with those just before it', async (context) => {
  const { reading, clock } = await loop(context, flvFile([...HEAD, ...MEDIA]));
  for (let count = 0; count < 60; count++) {
    const [next] = await reading.tags(1);
    const earlyMs = (next?.timestampMs ?? 0) - START_MS - clock.nowMs;
    assert.ok(earlyMs >= 0 && earlyMs <= PACE_EARLY_MS_MAX, `${earlyMs} ms early`);
  }
});

test('after a stop of the machine it does not hurry after', async (context) => {
  const { reading, clock } = await loop(context, flvFile([...HEAD, ...MEDIA]));
  await reading.tags(HEAD.length + MEDIA.length);
  clock.nowMs += 3_600_000;
  const startMs = clock.nowMs;
  const next = await reading.tags(HEAD.length + MEDIA.length);
  const mediaMs = (next.at(-1)?.timestampMs ?? 0) - (next[0]?.timestampMs ?? 0);
  const earlyMs = mediaMs - (clock.nowMs - startMs);
  assert.ok(earlyMs >= 0 && earlyMs <= PACE_EARLY_MS_MAX, `${earlyMs} ms early`);
});

test('a jump inside the file is closed up, so that nobody waits for it', async (context) => {
  const { reading } = await loop(context, flvFile([...HEAD, keyframe(0), keyframe(40), keyframe(7_200_000)]));
  assert.deepEqual(
    times(await reading.tags(5)),
    [0, 40, 80].map((timeMs) => timeMs + START_MS),
  );
});

test('a file of one picture is no busy loop', async (context) => {
  const { reading, clock } = await loop(context, flvFile([videoConfiguration(0), keyframe(0)]));
  await reading.tags(200);
  assert.ok(clock.nowMs >= 99 * 40 - PACE_EARLY_MS_MAX, `${clock.nowMs}`);
});

test('times that begin anywhere begin where the line does', async (context) => {
  const { reading } = await loop(context, flvFile([keyframe(5_000), interframe(5_040)]));
  assert.deepEqual(
    times(await reading.tags(4)),
    [0, 40, 80, 120].map((timeMs) => timeMs + START_MS),
  );
});

test('a file without audio and video is told', async (context) => {
  const { reading, path } = await loop(context, flvFile([scriptTag(0)]));
  const { failure } = await reading.rest();
  assert.match(String(failure), new RegExp(`${path} holds no audio or video`));
});

test('a file that is no FLV is told', async (context) => {
  const { reading } = await loop(context, new TextEncoder().encode('<!doctype html><title>no</title>'));
  assert.match(String((await reading.rest()).failure), /web page/);
});

test('a file that is not there is told', async (context) => {
  const { clock } = await loop(context, new Uint8Array(0));
  const feed = new LoopedFileFeed('/nowhere/at/all.flv', { clock, endsAfterSilenceMs: 1 });
  assert.match(
    String((await new FeedReading(feed, context).rest()).failure),
    /cannot read \/nowhere\/at\/all\.flv: no such file$/,
  );
});
