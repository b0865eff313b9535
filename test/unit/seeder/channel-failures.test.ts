// A channel whose source fails: when it is tried again, what is logged, what viewers are told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwarmtubeError } from '../../../shared/basics/errors.ts';
import type { Tag } from '../../../shared/tags/tag.ts';
import { interframe, keyframe, scriptTag } from '../packets/sample-tags.ts';
import { HEAD, logged, START_MS, stage, tagsOf } from './channel-stage.ts';
import { settle } from './manual-clock.ts';
import { ScriptedFeed } from './scripted-feed.ts';

test('a feed that fails is opened again with a growing delay, and its sentence is shown', async (context) => {
  const { feed, clock, channel } = stage(context);
  const failure = new SwarmtubeError('feed-status', 'http://h/a.flv answered 404.');
  const opened: number[] = [];
  for (let attempt = 1; attempt <= 18; attempt++) {
    feed.say(failure);
    await settle();
    assert.equal(channel.state.status, 'failed');
    assert.match(channel.state.text, /answered 404; trying again in [\d.]+ s/);
    const delayMs = Number(/in ([\d.]+) s/.exec(channel.state.text)?.[1]) * 1000;
    await clock.advance(delayMs - 1);
    assert.equal(feed.reads, attempt);
    await clock.advance(1);
    assert.equal(feed.reads, attempt + 1);
    opened.push(delayMs);
  }
  assert.deepEqual(opened, [500, 1000, 2000, 4000, ...Array(11).fill(5000), 15_000, 15_000, 15_000]);
});

test('a feed that breaks in mid-broadcast goes on in the same epoch', async (context) => {
  const { feed, clock, channel, packets, statuses } = stage(context);
  feed.tags(...HEAD, keyframe(1_000_000), interframe(1_000_040));
  await clock.advance(100);
  feed.say(new SwarmtubeError('feed-closed', 'the source closed the stream'));
  await clock.advance(500);
  assert.equal(channel.state.status, 'waiting');
  feed.tags(...HEAD, keyframe(5), interframe(45));
  await clock.advance(100);
  assert.deepEqual(statuses, ['live', 'waiting', 'live']);
  assert.equal(new Set(packets.map(({ header }) => header.epoch)).size, 1);
  const frames = tagsOf(packets).filter(({ body }) => body[1] === 1);
  assert.deepEqual(
    frames.map(({ timestampMs }) => timestampMs),
    [0, 40, 80, 120].map((timeMs) => timeMs + START_MS),
  );
  assert.equal(packets.filter(({ header }) => header.isDiscontinuity).length, 1);
});

test('a failure is logged once, and again when a minute has passed or its reason is another', async (context) => {
  const { feed, clock, lines } = logged(context);
  const reasonsAfter = async (reason: string, attempts: number): Promise<number> => {
    lines.length = 0;
    for (let attempt = 0; attempt < attempts; attempt++) {
      feed.say(new SwarmtubeError('x', reason));
      await clock.advance(5000);
    }
    return lines.filter((line) => line.includes(reason)).length;
  };
  assert.equal(await reasonsAfter('http://h/a.flv answered 404', 11), 1);
  assert.equal(await reasonsAfter('http://h/a.flv answered 503', 1), 1);
  assert.equal(await reasonsAfter('http://h/a.flv answered 503', 15), 1);
});

test('a source that gives a little each time and then fails is tried ever more rarely', async (context) => {
  const { feed, clock, channel } = stage(context);
  for (let attempt = 0; attempt < 4; attempt++) {
    feed.tags(...HEAD, keyframe(0), keyframe(1000));
    feed.say(new SwarmtubeError('x', 'broken'));
    await clock.advance(4000);
  }
  feed.tags(keyframe(0));
  feed.say(new SwarmtubeError('x', 'broken'));
  await clock.advance(1);
  assert.match(channel.state.text, /again in 5\.0 s/);
});

test('a source that has become another is read at once', async (context) => {
  const { feed, clock } = stage(context);
  for (let attempt = 0; attempt < 3; attempt++) {
    feed.say(new SwarmtubeError('x', 'This is no FLV.'));
    await clock.advance(1);
    feed.change();
    await settle();
    assert.equal(feed.reads, attempt + 2);
  }
});

test('the back-off begins anew once media came for some seconds', async (context) => {
  const { feed, clock, channel } = stage(context);
  for (let attempt = 0; attempt < 5; attempt++) {
    feed.say(new SwarmtubeError('x', 'broken'));
    await clock.advance(15_000);
  }
  feed.tags(...HEAD, keyframe(0));
  await clock.advance(6000);
  feed.tags(keyframe(6000));
  feed.say(new SwarmtubeError('x', 'broken'));
  await settle();
  assert.match(channel.state.text, /again in 0\.5 s/);
});

test('viewers are told why there is nothing, without addresses and paths', async (context) => {
  const { feed, clock, channel } = stage(context);
  assert.equal(channel.describe().notice, 'Waiting for the source: the broadcast begins when it sends.');
  feed.say(new SwarmtubeError('feed-status', 'http://10.0.0.1/secret.flv answered 404'));
  await settle();
  assert.equal(channel.describe().notice, 'The source cannot be reached at the moment; it is tried again and again.');
  await clock.advance(500);
  feed.say(new Error("ENOENT: no such file or directory, open '/srv/feeds/live.flv'"));
  await settle();
  assert.equal(channel.describe().notice, 'The source cannot be read at the moment; it is tried again and again.');
  await clock.advance(1000);
  feed.tags(...HEAD, keyframe(0));
  await clock.advance(100);
  assert.equal(channel.describe().notice, null);
  await clock.advance(5000);
  assert.match(channel.describe().notice ?? '', /^The source sends nothing at the moment/);
  feed.say('end');
  await clock.advance(1000);
  assert.equal(channel.describe().notice, 'The broadcast is over.');
});

test('standard input that fails is not opened again', async (context) => {
  const { feed, clock, channel } = stage(context, new ScriptedFeed(false));
  feed.say(new SwarmtubeError('not-flv', 'This is a web page.'));
  await clock.advance(60_000);
  assert.deepEqual([channel.state.status, channel.state.text, feed.reads], ['failed', 'This is a web page.', 1]);
  assert.ok(channel.cameToNothing);
});

const NO_BROADCAST: readonly (readonly [title: string, tags: readonly Tag[]])[] = [
  ['nothing', []],
  ['metadata and configurations', [scriptTag(0), ...HEAD]],
  ['pictures without a keyframe', [...HEAD, interframe(0), interframe(40)]],
];

for (const [title, tags] of NO_BROADCAST) {
  test(`standard input that brings ${title} has failed when it ends`, async (context) => {
    const { feed, clock, channel } = stage(context, new ScriptedFeed(false));
    feed.tags(...tags);
    await clock.advance(1000);
    feed.say('end');
    await clock.advance(2000);
    assert.equal(channel.state.status, 'failed');
    assert.match(channel.state.text, /^Nothing that can be broadcast came from a script: see what the program says/);
    assert.equal(channel.describe().notice, 'The source holds neither picture nor sound; the broadcast is over.');
    assert.ok(channel.cameToNothing);
  });
}

test('standard input that brings a single picture is a broadcast, and over', async (context) => {
  const { feed, clock, channel } = stage(context, new ScriptedFeed(false));
  feed.tags(...HEAD, keyframe(0));
  feed.say('end');
  await clock.advance(2000);
  assert.deepEqual([channel.state.status, channel.cameToNothing], ['ended', false]);
});

test('what was broadcast before its source failed for good came to something', async (context) => {
  const { feed, clock, channel } = stage(context, new ScriptedFeed(false));
  feed.tags(...HEAD, keyframe(0), keyframe(1000));
  await clock.advance(2000);
  feed.say(new SwarmtubeError('not-flv', 'This is a web page.'));
  await clock.advance(2000);
  assert.deepEqual([channel.state.status, channel.cameToNothing], ['failed', false]);
});

test('a channel that is stopped while it waits to try again is stopped', async (context) => {
  const { feed, clock, channel } = stage(context);
  feed.say(new SwarmtubeError('x', 'broken'));
  await settle();
  await channel.stop();
  assert.equal(clock.pending, 0);
  assert.equal(feed.reads, 1);
});

test('a channel that fails disturbs no other', async (context) => {
  const bad = stage(context, new ScriptedFeed(), 'bad');
  const good = stage(context, new ScriptedFeed(), 'good');
  for (let round = 0; round < 20; round++) {
    bad.feed.say(new Error('an unexpected fault'));
    good.feed.tags(...(round === 0 ? HEAD : []), keyframe(round * 100));
    await bad.clock.advance(1000);
    await good.clock.advance(100);
  }
  assert.equal(bad.channel.state.status, 'failed');
  assert.equal(good.channel.state.status, 'live');
  assert.equal(tagsOf(good.packets).length, 22);
});
