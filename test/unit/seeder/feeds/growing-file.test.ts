// A file that an encoder is still writing, with all that may happen to it.
import assert from 'node:assert/strict';
import { appendFile, rename, truncate, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SYSTEM_CLOCK } from '../../../../seeder/clock.ts';
import { GrowingFileFeed } from '../../../../seeder/feeds/growing-file-feed.ts';
import { LastKeyframeWindow } from '../../../../seeder/feeds/last-keyframe-window.ts';
import { encodeFlvTag } from '../../../../shared/tags/flv-tag-writer.ts';
import type { Tag } from '../../../../shared/tags/tag.ts';
import { audioConfiguration, audioFrame, interframe, keyframe, videoConfiguration } from '../../packets/sample-tags.ts';
import { HurryingClock } from '../manual-clock.ts';
import { FeedReading, flvFile, temporaryFolder } from './feed-harness.ts';

const HEAD = [videoConfiguration(0), audioConfiguration(0)];
const OLD = [keyframe(0), audioFrame(5), interframe(40)];
const LAST = [keyframe(2000), audioFrame(2010), interframe(2040)];

/** What a late reader is given of HEAD, OLD and LAST. */
const FROM_LAST_KEYFRAME = [...HEAD.map((each) => ({ ...each, timestampMs: LAST[0]?.timestampMs })), ...LAST];

async function follow(context: TestContext, tags?: readonly Tag[]) {
  const path = join(await temporaryFolder(context), 'live.flv');
  if (tags !== undefined) await writeFile(path, flvFile(tags));
  const feed = new GrowingFileFeed(path, { clock: SYSTEM_CLOCK, endsAfterSilenceMs: 60_000, pollMs: 10 });
  return { path, reading: new FeedReading(feed, context) };
}

test('starts at the last keyframe with the configurations, and follows what is written', async (context) => {
  const { path, reading } = await follow(context, [...HEAD, ...OLD, ...LAST]);
  assert.deepEqual(await reading.tags(5), FROM_LAST_KEYFRAME);
  await appendFile(path, encodeFlvTag(interframe(2080)));
  assert.deepEqual(await reading.tags(1), [interframe(2080)]);
});

test('waits for the rest of a tag', async (context) => {
  const { path, reading } = await follow(context, [...HEAD, ...LAST]);
  await reading.tags(5);
  const bytes = encodeFlvTag(interframe(2080, 5000));
  const pending = reading.tags(1);
  const cuts = [0, 1, 13, 3000, bytes.byteLength];
  for (const [index, cut] of cuts.slice(1).entries()) await appendFile(path, bytes.subarray(cuts[index], cut));
  assert.deepEqual(await pending, [interframe(2080, 5000)]);
});

test('a header that is still being written is waited for', async (context) => {
  const { path, reading } = await follow(context);
  await writeFile(path, '');
  const pending = reading.next();
  const bytes = flvFile([...HEAD, ...LAST]);
  await appendFile(path, bytes.subarray(0, 5));
  await appendFile(path, bytes.subarray(5));
  const first = await pending;
  assert.ok(first?.type === 'tag' || first?.type === 'waiting');
});

test('a file that is not there yet is waited for, and this is told once', async (context) => {
  const { path, reading } = await follow(context);
  const waiting = await reading.next();
  assert.equal(waiting?.type, 'waiting');
  assert.match(waiting?.type === 'waiting' ? waiting.text : '', /live\.flv is not there yet/);
  const pending = reading.tags(2);
  await writeFile(`${path}.new`, flvFile(HEAD));
  await rename(`${path}.new`, path);
  assert.deepEqual(await pending, HEAD);
});

test('a file that is cut short begins anew', async (context) => {
  const { path, reading } = await follow(context, [...HEAD, ...OLD, ...LAST]);
  await reading.tags(5);
  await truncate(path, 0);
  assert.deepEqual(await reading.next(), { type: 'restarted' });
  await appendFile(path, flvFile([...HEAD, keyframe(0)]));
  assert.deepEqual(await reading.tags(3), [...HEAD, keyframe(0)]);
});

test('a file that is replaced is read to its end, then the new one begins', async (context) => {
  const { path, reading } = await follow(context, [...HEAD, ...OLD]);
  await reading.tags(5);
  await writeFile(`${path}.new`, flvFile([...HEAD, ...OLD, ...LAST]));
  await appendFile(path, encodeFlvTag(interframe(80)));
  await rename(`${path}.new`, path);
  assert.deepEqual(await reading.tags(1), [interframe(80)]);
  assert.deepEqual(await reading.next(), { type: 'restarted' });
  assert.deepEqual(await reading.tags(5), FROM_LAST_KEYFRAME);
});

test('a file that is gone is waited for', async (context) => {
  const { path, reading } = await follow(context, [...HEAD, ...OLD]);
  await reading.tags(5);
  await unlink(path);
  const waiting = await reading.next();
  assert.match(waiting?.type === 'waiting' ? waiting.text : '', /live\.flv is gone/);
  await writeFile(`${path}.new`, flvFile([...HEAD, ...LAST]));
  await rename(`${path}.new`, path);
  assert.deepEqual(await reading.next(), { type: 'restarted' });
  assert.equal((await reading.tags(5)).length, 5);
});

test('a folder, and a file that is no FLV, are told', async (context) => {
  const { path } = await follow(context);
  const folder = new GrowingFileFeed(join(path, '..'), { clock: SYSTEM_CLOCK, endsAfterSilenceMs: 60_000 });
  assert.match(String((await new FeedReading(folder, context).rest()).failure), /is a folder; give a file/);
  await writeFile(path, `${'#EXTM3U\n'.repeat(9)}`);
  const playlist = new GrowingFileFeed(path, { clock: SYSTEM_CLOCK, endsAfterSilenceMs: 60_000 });
  assert.match(String((await new FeedReading(playlist, context).rest()).failure), /HLS playlist/);
});

test('a file that could not be read is another once it was replaced or written anew, not when it only grew', async (context) => {
  const { path } = await follow(context);
  const feed = new GrowingFileFeed(path, { clock: SYSTEM_CLOCK, endsAfterSilenceMs: 60_000 });
  // It looks once before it waits.
  const isChanged = (): Promise<boolean> =>
    feed.changed(AbortSignal.abort(new Error('stopped'))).then(
      () => true,
      () => false,
    );
  const page = `<!doctype html>${' '.repeat(600)}`;
  await writeFile(path, page);
  await new FeedReading(feed, context).rest();
  await writeFile(path, `${page} and more`);
  assert.equal(await isChanged(), false);
  await writeFile(path, flvFile(HEAD));
  assert.equal(await isChanged(), true);
});

test('damage in what was already written does not hide the last keyframe', async (context) => {
  const { path } = await follow(context);
  const bytes = flvFile([...HEAD, ...OLD, interframe(80, 4000), ...LAST]);
  const at = Buffer.from(bytes).indexOf(encodeFlvTag(interframe(80, 4000)).subarray(0, 20));
  bytes.fill(0xee, at, at + 2000);
  await writeFile(path, bytes);
  const reading = new FeedReading(
    new GrowingFileFeed(path, { clock: SYSTEM_CLOCK, endsAfterSilenceMs: 60_000 }),
    context,
  );
  assert.deepEqual(await reading.tags(5), FROM_LAST_KEYFRAME);
});

test('of a huge file only the front and the end are read', async (context) => {
  const { path } = await follow(context);
  const middle = Array.from({ length: 1000 }, (_, index) => interframe(40 + index, 1000));
  await writeFile(path, flvFile([...HEAD, keyframe(0), ...middle, ...LAST]));
  const clock = SYSTEM_CLOCK;
  const feed = new GrowingFileFeed(path, { clock, endsAfterSilenceMs: 60_000, walkedBytesMax: 65_536 });
  assert.deepEqual(await new FeedReading(feed, context).tags(5), FROM_LAST_KEYFRAME);
});

/** A file that was last written ten minutes ago. */
async function finished(context: TestContext, tags: readonly Tag[]) {
  const path = join(await temporaryFolder(context), 'clip.flv');
  await writeFile(path, flvFile(tags));
  const clock = new HurryingClock();
  clock.nowMs = Date.now();
  await utimes(path, (clock.nowMs - 600_000) / 1000, (clock.nowMs - 600_000) / 1000);
  const feed = new GrowingFileFeed(path, { clock, endsAfterSilenceMs: 30_000 });
  return { path, clock, reading: new FeedReading(feed, context) };
}

test('a finished file is played once, from its start, in its time, and this is told', async (context) => {
  const { path, clock, reading } = await finished(context, [...HEAD, ...OLD, ...LAST]);
  const note = await reading.next();
  assert.match(note?.type === 'note' ? note.text : '', /clip\.flv was last written 10 min ago: .*--loop/);
  const startMs = clock.nowMs;
  assert.deepEqual(await reading.tags(8), [...HEAD, ...OLD, ...LAST]);
  // The jump of 2 s in it is closed up.
  assert.ok(clock.nowMs - startMs >= 80 && clock.nowMs - startMs < 200, `${clock.nowMs - startMs} ms`);
  const end = await reading.next();
  assert.match(end?.type === 'ended' ? end.text : '', /was played to its end/);
  const pending = reading.next();
  await appendFile(path, encodeFlvTag(interframe(2080)));
  const more = await pending;
  assert.deepEqual(more?.type === 'tag' && more.tag, interframe(2080));
});

test('a finished file that an encoder begins to write again is followed at once', async (context) => {
  const { path, reading } = await finished(context, [...HEAD, ...OLD]);
  await reading.next();
  await reading.tags(1);
  await writeFile(path, flvFile([...HEAD, ...LAST, keyframe(9000, 70_000), keyframe(9040)]));
  const seen: string[] = [];
  while (seen.at(-1) !== 'tag 9040') {
    const event = await reading.next();
    seen.push(event?.type === 'tag' ? `tag ${event.tag.timestampMs}` : `${event?.type}`);
  }
  assert.ok(seen.includes('restarted'));
});

test('of audio alone about the last second is kept', () => {
  const window = new LastKeyframeWindow();
  window.take({ type: 'tag', tag: audioConfiguration(0) });
  for (let atMs = 0; atMs < 60_000; atMs += 23) window.take({ type: 'tag', tag: audioFrame(atMs) });
  const [configuration, first, ...rest] = window.tags();
  assert.deepEqual(configuration?.body, audioConfiguration(0).body);
  assert.ok((first?.timestampMs ?? 0) >= 58_900 && rest.length < 60);
});

test('a group of pictures of over 32 MiB is not kept', () => {
  const window = new LastKeyframeWindow();
  for (const each of HEAD) window.take({ type: 'tag', tag: each });
  window.take({ type: 'tag', tag: keyframe(0) });
  const large = { ...interframe(40), body: new Uint8Array(1 << 20) };
  for (let count = 0; count < 100; count++) window.take({ type: 'tag', tag: large });
  const bytes = window.tags().reduce((sum, { body }) => sum + body.byteLength, 0);
  assert.ok(bytes <= 33 << 20);
});
