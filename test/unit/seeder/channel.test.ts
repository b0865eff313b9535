// A channel from its feed to its log: states, epochs, failures, silence. The feed is a script, time stands still until told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Channel } from '../../../seeder/channel.ts';
import type { ChannelName } from '../../../shared/basics/units.ts';
import { createPacketVerifier } from '../../../shared/driver/packet-verifier.ts';
import { audioFrame, interframe, keyframe, tag } from '../packets/sample-tags.ts';
import { LARGE, SMALL, SMALL_CONFIGURATION, withSets } from '../tags/parameter-set-samples.ts';
import { HEAD, logged, SIGNING_KEY, START_MS, stage, tagsOf } from './channel-stage.ts';
import { ManualClock, settle } from './manual-clock.ts';
import { ScriptedFeed } from './scripted-feed.ts';

test('tags come out of the log as they went in, in packets that are signed', async (context) => {
  const { feed, clock, packets, channel } = stage(context);
  const tags = [...HEAD, keyframe(0, 30_000), audioFrame(5), interframe(40), keyframe(80)];
  feed.tags(...tags);
  await clock.advance(1000);
  assert.deepEqual(
    tagsOf(packets),
    tags.map((each) => ({ ...each, timestampMs: each.timestampMs + START_MS })),
  );
  const verify = await createPacketVerifier(channel.name, SIGNING_KEY.publicKey);
  for (const packet of packets) assert.ok(await verify(packet));
  assert.deepEqual(
    packets.map(({ header }) => header.sequence),
    packets.map((_, index) => index),
  );
});

test('it is starting until the first door, then live, and describes itself', async (context) => {
  const { feed, clock, channel, packets } = stage(context);
  assert.deepEqual(
    [channel.state.status, channel.describe().live, channel.describe().epoch],
    ['starting', false, null],
  );
  feed.tags(...HEAD, keyframe(0), interframe(40));
  await clock.advance(100);
  assert.equal(channel.state.status, 'live');
  const { publicKey, tracks, bitrate, ...facts } = channel.describe();
  const door = packets.find(({ header }) => header.isDoor)?.header;
  assert.deepEqual(facts, {
    channel: 'demo',
    title: 'demo',
    live: true,
    epoch: door?.epoch,
    firstSequence: 0,
    newestSequence: packets.at(-1)?.header.sequence,
    doorSequence: door?.sequence,
    doorCaptureMs: door?.captureMs,
    notice: null,
  });
  assert.equal(publicKey, SIGNING_KEY.publicKeyText);
  assert.deepEqual(
    tracks.map(({ type, codec }) => [type, codec]),
    [
      ['video', 'h264'],
      ['audio', 'aac'],
    ],
  );
  assert.ok(bitrate > 0);
  assert.equal(
    channel.streamBytesTotal,
    packets.reduce((sum, { bytes }) => sum + bytes.byteLength, 0),
  );
});

test('a packet does not wait for the next tag longer than 80 ms', async (context) => {
  const { feed, clock, packets } = stage(context);
  feed.tags(...HEAD, keyframe(0));
  await clock.advance(79);
  assert.equal(
    packets.some(({ header }) => header.isDoor),
    false,
  );
  await clock.advance(1);
  assert.equal(
    packets.some(({ header }) => header.isDoor),
    true,
  );
});

test('audio that is older than the first picture keeps its distance', async (context) => {
  const { feed, clock, packets } = stage(context);
  feed.tags(...HEAD, keyframe(80), audioFrame(0), audioFrame(23), interframe(120));
  await clock.advance(1000);
  assert.deepEqual(
    tagsOf(packets)
      .slice(HEAD.length)
      .map(({ timestampMs }) => timestampMs - START_MS),
    [0, -80, -57, 40],
  );
});

test('pictures before the first keyframe, and after a restart up to the next, are left out', async (context) => {
  const { feed, clock, packets } = stage(context);
  feed.tags(...HEAD, interframe(0), audioFrame(1), keyframe(40), interframe(80));
  feed.say({ type: 'restarted' });
  feed.tags(...HEAD, interframe(7000), audioFrame(7010), keyframe(7040), interframe(7080));
  await clock.advance(1000);
  const video = tagsOf(packets).filter(({ kind, body }) => kind === 'video' && body[1] === 1);
  assert.deepEqual(
    video.map(({ body }) => body[0]),
    [0x17, 0x27, 0x17, 0x27],
  );
  assert.ok((video.at(-1)?.timestampMs ?? 0) < START_MS + 1000, 'the pause of the source is closed up');
  assert.equal(packets.filter(({ header }) => header.isDiscontinuity).length, 1);
});

test('metadata loses what only holds of a file, and the wrapper', async (context) => {
  const { feed, clock, packets } = stage(context);
  const name = (text: string): number[] => [0, text.length, ...Buffer.from(text)];
  const number = [0, 0x40, 0x24, 0, 0, 0, 0, 0, 0];
  const body = [
    ...[2, ...name('@setDataFrame'), 2, ...name('onMetaData')],
    ...[8, 0, 0, 0, 2, ...name('duration'), ...number, ...name('width'), ...number, 0, 0, 9],
  ];
  feed.tags(tag('data', 0, body), ...HEAD, keyframe(0));
  await clock.advance(100);
  const metadata = Buffer.from(tagsOf(packets).find(({ kind }) => kind === 'data')?.body ?? []).toString('latin1');
  assert.match(metadata, /onMetaData.*width/s);
  assert.doesNotMatch(metadata, /duration|@setDataFrame/);
});

test('what a feed waits for before its first broadcast is logged', async (context) => {
  const { feed, lines } = logged(context);
  feed.say({ type: 'waiting', text: 'live.flv is not there yet' });
  await settle();
  assert.equal(lines.filter((line) => line.includes('live.flv is not there yet')).length, 1);
});

test('a source that falls silent is waited for, then the broadcast ends; when it goes on, a new epoch begins', async (context) => {
  const { feed, clock, channel, packets, statuses } = stage(context);
  feed.tags(...HEAD, keyframe(0), interframe(40));
  await clock.advance(5_000);
  assert.equal(channel.state.status, 'waiting');
  assert.match(channel.state.text, /Nothing has come from a script for \d s/);
  assert.equal(channel.describe().live, true);
  await clock.advance(30_000);
  assert.equal(channel.state.status, 'ended');
  assert.equal(packets.at(-1)?.header.isEnd, true);
  const { live, epoch, newestSequence, doorSequence } = channel.describe();
  assert.deepEqual(
    { live, epoch, newestSequence, doorSequence },
    {
      live: false,
      epoch: null,
      newestSequence: null,
      doorSequence: null,
    },
  );
  const before = packets.length;
  const bytesBefore = channel.streamBytesTotal;
  // The encoder goes on without saying its configurations again.
  feed.tags(interframe(80), keyframe(120), interframe(160));
  await clock.advance(100);
  const again = packets.slice(before);
  assert.equal(new Set(packets.map(({ header }) => header.epoch)).size, 2);
  assert.equal(again[0]?.header.sequence, 0);
  assert.deepEqual(
    tagsOf(again).map(({ body }) => [body[0], body[1]]),
    [
      [0x17, 0],
      [0xaf, 0],
      [0x17, 1],
      [0x27, 1],
    ],
  );
  assert.deepEqual(statuses, ['live', 'waiting', 'ended', 'live']);
  assert.ok(channel.streamBytesTotal > bytesBefore);
});

test('a feed that is over ends the broadcast', async (context) => {
  const { feed, clock, channel, packets } = stage(context);
  feed.tags(...HEAD, keyframe(0));
  feed.say('end');
  await clock.advance(10);
  assert.equal(channel.state.status, 'ended');
  assert.match(channel.state.text, /came to its end/);
  assert.deepEqual(
    packets.map(({ header }) => header.isEnd),
    [false, false, true],
  );
  await clock.advance(60_000);
  assert.equal(feed.reads, 1);
});

test('a source that says it is over ends the broadcast; if it goes on, another begins', async (context) => {
  const { feed, clock, channel, packets } = stage(context);
  feed.tags(...HEAD, keyframe(0), interframe(40));
  feed.say({ type: 'ended', text: 'It was played to its end.' });
  await clock.advance(100);
  assert.deepEqual(channel.state, { status: 'ended', text: 'It was played to its end.' });
  assert.equal(packets.at(-1)?.header.isEnd, true);
  feed.tags(keyframe(80));
  await clock.advance(100);
  assert.equal(channel.state.status, 'live');
  assert.equal(new Set(packets.map(({ header }) => header.epoch)).size, 2);
});

test('what the feed waits for is shown, without an end to what was over', async (context) => {
  const { feed, clock, channel } = stage(context);
  feed.say({ type: 'waiting', text: 'live.flv is not there yet' });
  await settle();
  assert.deepEqual(channel.state, { status: 'starting', text: 'live.flv is not there yet' });
  feed.tags(...HEAD, keyframe(0));
  await clock.advance(100);
  feed.say({ type: 'waiting', text: 'live.flv is gone' });
  await settle();
  assert.deepEqual(channel.state, { status: 'waiting', text: 'live.flv is gone' });
  await clock.advance(31_000);
  assert.equal(channel.state.status, 'ended');
  feed.say({ type: 'waiting', text: 'live.flv is still gone' });
  await settle();
  assert.equal(channel.state.status, 'ended');
});

test('codecs that browsers do not play, and missing keyframes, become notes for the operator', async (context) => {
  const { feed, clock, channel } = stage(context);
  feed.tags(tag('video', 0, [0x12, 0, 0, 0x84, 0]), tag('video', 40, [0x12, 0, 0, 0x84, 0]));
  await clock.advance(10);
  assert.equal(channel.notes.length, 1);
  assert.match(channel.notes[0] ?? '', /No browser plays Sorenson H\.263.*swarmtube seed - --channel demo$/);
  feed.say({ type: 'restarted' });
  feed.tags(...HEAD);
  for (let count = 0; count < 300; count++) feed.tags(interframe(count * 40));
  await clock.advance(10);
  assert.match(channel.notes.at(-1) ?? '', /no keyframe; set its keyframe interval/);
  for (let count = 0; count < 50; count++) feed.say({ type: 'note', text: `note ${count}` });
  await clock.advance(10);
  assert.equal(channel.notes.length, 20);
});

test('a stopped channel lets go of its feed, says the end, and leaves no timer', async (context) => {
  const { feed, clock, channel, packets } = stage(context);
  feed.tags(...HEAD, keyframe(0), interframe(40));
  await clock.advance(10);
  await channel.stop();
  assert.equal(feed.isOpen, false);
  assert.equal(packets.at(-1)?.header.isEnd, true);
  assert.equal(channel.state.status, 'ended');
  assert.equal(clock.pending, 0);
  await channel.stop();
});

test('a source faster than real time is slowed down to a little more than that, a live one never', async (context) => {
  const fast = stage(context);
  fast.feed.tags(...HEAD, ...Array.from({ length: 3000 }, (_, index) => keyframe(index * 40))); // 120 s
  await fast.clock.advance(0);
  const newestMs = (): number => fast.channel.log.newest()?.header.timestampMs ?? 0;
  assert.ok(newestMs() > 30_000 && newestMs() < 33_000, `${newestMs()}`);
  await fast.clock.advance(20_000);
  assert.ok(newestMs() > 50_000 && newestMs() < 54_000, `${newestMs()}`);
  assert.equal(fast.channel.state.status, 'live');

  const live = stage(context);
  live.feed.tags(...HEAD);
  // A clock that is 2 % fast, for an hour.
  for (let index = 0; index < 7200; index++) {
    live.feed.tags(keyframe(index * 510));
    await live.clock.advance(500);
    assert.equal(live.channel.log.newest()?.header.timestampMs, START_MS + index * 510);
  }
});

test('a source that comes in large bursts is evened out, and this is told', async (context) => {
  const { feed, clock, packets, channel } = stage(context);
  feed.tags(...HEAD, keyframe(0));
  await clock.advance(4000);
  // Four seconds of media every four seconds, as an encoder's file buffer gives them.
  for (let burst = 0; burst < 6; burst++) {
    const firstMs = 40 + burst * 4000;
    feed.tags(...Array.from({ length: 100 }, (_, index) => keyframe(firstMs + index * 40)));
    await clock.advance(4000);
  }
  const captures = packets
    .filter(({ header }) => header.timestampMs > START_MS + 2000)
    .map(({ header }) => header.captureMs);
  const steps = captures.slice(1).map((captureMs, index) => captureMs - (captures[index] as number));
  assert.ok(captures.length > 400);
  assert.ok(Math.max(...steps) <= 150, `${Math.max(...steps)} ms without a packet`);
  assert.equal(channel.notes.filter((note) => note.includes('-flush_packets 1')).length, 1);
});

test('a feed that paces itself is not told to come in bursts where this process is late', async (context) => {
  const feed = new ScriptedFeed();
  feed.pacesItself = true;
  const { clock, channel, packets } = stage(context, feed);
  feed.tags(...HEAD, keyframe(0));
  await clock.advance(4000);
  for (let burst = 0; burst < 6; burst++) {
    feed.tags(...Array.from({ length: 100 }, (_, index) => keyframe(40 + burst * 4000 + index * 40)));
    await clock.advance(10);
    assert.ok((packets.at(-1)?.header.timestampMs ?? 0) > START_MS + 3800 + burst * 4000);
    await clock.advance(3990);
  }
  assert.deepEqual(channel.notes, []);
});

test('pictures that change their size without a configuration get one, and this is told', async (context) => {
  const { feed, clock, packets, channel } = stage(context);
  feed.tags(SMALL_CONFIGURATION, withSets(SMALL, 0), withSets(LARGE, 40), SMALL_CONFIGURATION, withSets(LARGE, 80));
  await clock.advance(1000);
  assert.deepEqual(
    channel.describe().tracks.map(({ width, height }) => [width, height]),
    [[1280, 720]],
  );
  assert.equal(packets.filter(({ header }) => header.isDiscontinuity).length, 1);
  assert.equal(channel.notes.filter((note) => note.includes('640x360 to 1280x720')).length, 1);
});

test('a short clip that comes at once is over when its time is', async (context) => {
  const { feed, clock, channel } = stage(context, new ScriptedFeed(false));
  feed.tags(...HEAD, ...Array.from({ length: 501 }, (_, index) => keyframe(index * 40))); // 20 s
  feed.say('end');
  await clock.advance(18_000);
  assert.equal(channel.state.status, 'live');
  await clock.advance(2_000);
  assert.equal(channel.state.status, 'ended');
});

test('epochs are random and never 0', () => {
  const epochs = new Set<number>();
  for (let count = 0; count < 5; count++) {
    const feed = new ScriptedFeed();
    const channel = new Channel({ name: 'x' as ChannelName, feed, signingKey: SIGNING_KEY, clock: new ManualClock() });
    channel.start();
    feed.tags(keyframe(0));
    void channel.stop();
    epochs.add(channel.log.epoch ?? -count);
  }
  assert.equal(epochs.size, 5);
});
