/*
 * HTTP-FLV readers of a channel's log: fake sockets that take as much as a test lets them, time handed in, tags read back
 * with the reader of feeds, which complains about every byte out of place.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlvOutput } from '../../../../seeder/outputs/flv-output.ts';
import { FlvTagReader } from '../../../../shared/tags/flv-tag-reader.ts';
import type { Tag } from '../../../../shared/tags/tag.ts';
import { BroadcastLog, type BroadcastOptions } from './broadcast-log.ts';
import { FakeSocket } from './fake-socket.ts';

function setUp(options: BroadcastOptions = {}) {
  const broadcast = new BroadcastLog(options);
  let nowMs = 0;
  let sentBytes = 0;
  const output = new FlvOutput({
    log: broadcast.log,
    now: () => nowMs,
    onSent: (bytes) => {
      sentBytes += bytes;
    },
  });
  /** The broadcast goes on, with a flush each 200 ms. */
  const run = (ms: number): void => {
    for (let done = 0; done < ms; done += 200) {
      broadcast.run(200);
      nowMs += 200;
      output.flush(nowMs);
    }
  };
  const add = (socket: FakeSocket): FakeSocket => {
    output.add(socket);
    return socket;
  };
  return { broadcast, output, run, add, sentBytes: () => sentBytes };
}

function tagsOf(socket: FakeSocket): Tag[] {
  const reader = new FlvTagReader();
  const tags = reader.push(new Uint8Array(socket.text()));
  assert.deepEqual(reader.faults, []);
  return tags;
}

const isKeyframe = (tag: Tag): boolean => tag.kind === 'video' && tag.body[0] === 0x17 && tag.body[1] === 1;
const isConfiguration = (tag: Tag): boolean => tag.kind !== 'data' && tag.body[1] === 0 && tag.body.byteLength < 40;
const frames = (tags: readonly Tag[], kind: Tag['kind']): number[] =>
  tags.filter((tag) => tag.kind === kind && !isConfiguration(tag)).map(({ timestampMs }) => timestampMs);

test('a reader begins with the configuration and the newest keyframe, and then gets each frame once', () => {
  const { run, add, output, broadcast } = setUp();
  broadcast.run(2600);
  const socket = add(new FakeSocket());
  run(2000);
  const tags = tagsOf(socket);
  assert.deepEqual(tags.slice(0, 2).map(isConfiguration), [true, true]);
  assert.ok(isKeyframe(tags[2] as Tag));
  const video = frames(tags, 'video');
  assert.deepEqual(
    video,
    Array.from({ length: video.length }, (_, index) => 2000 + index * 40),
  );
  assert.ok((video.at(-1) as number) >= 4400);
  assert.equal(tags.filter(isConfiguration).length, 2, 'what a door repeats is not sent to those who go on');
  output.close();
});

test('readers that are with each other share one buffer a flush', () => {
  const { run, add, output, broadcast } = setUp();
  broadcast.run(1000);
  const sockets = [add(new FakeSocket()), add(new FakeSocket())] as const;
  run(1000);
  assert.equal(sockets[0].taken.at(-1), sockets[1].taken.at(-1));
  assert.deepEqual(sockets[0].text(), sockets[1].text());
  output.close();
});

test('a late reader gets what the others have had, and no byte twice', () => {
  const { run, add, output, broadcast } = setUp();
  broadcast.run(1000);
  const early = add(new FakeSocket());
  run(600);
  broadcast.run(100); // made, and not flushed yet
  const late = add(new FakeSocket());
  run(1400);
  const video = frames(tagsOf(late), 'video');
  assert.deepEqual(video, [...new Set(video)]);
  assert.deepEqual(video, frames(tagsOf(early), 'video').slice(-video.length));
  output.close();
});

test('on a short line video gives way to audio until a keyframe that it has caught up with', () => {
  const { run, add, output, broadcast } = setUp({ keyframeBytes: 30_000, frameBytes: 9000 });
  broadcast.run(1000);
  const socket = add(new FakeSocket());
  run(1000);
  socket.room = 0;
  run(4000);
  socket.open();
  run(3000);
  const tags = tagsOf(socket);
  const audio = frames(tags, 'audio');
  assert.deepEqual(
    audio,
    Array.from({ length: audio.length }, (_, index) => (audio[0] as number) + index * 40),
    'all audio',
  );
  const video = frames(tags, 'video');
  const gapAt = video.findIndex((time, index) => index > 0 && time - (video[index - 1] as number) > 40);
  assert.ok(gapAt > 0, 'video was dropped');
  const resumed = tags.findIndex(
    (tag) => tag.kind === 'video' && tag.timestampMs === video[gapAt] && !isConfiguration(tag),
  );
  assert.ok(isKeyframe(tags[resumed] as Tag), 'it comes back with a keyframe');
  assert.ok(tags.slice(resumed - 2, resumed).every(isConfiguration), 'and its configuration');
  assert.deepEqual(video.slice(gapAt), frames(tags, 'video').slice(gapAt));
  output.close();
});

test('a reader that takes nothing is cut after ten seconds, holds little, and costs the others nothing', () => {
  const { run, add, output, broadcast } = setUp();
  broadcast.run(1000);
  const stalled = add(new FakeSocket(0));
  const healthy = add(new FakeSocket());
  run(9800);
  assert.equal(stalled.isDestroyed, false);
  assert.ok(stalled.writableLength < 2 * 1024 * 1024);
  run(600);
  assert.equal(stalled.isDestroyed, true);
  assert.equal(output.readerCount, 1);
  const video = frames(tagsOf(healthy), 'video');
  assert.deepEqual(
    video,
    Array.from({ length: video.length }, (_, index) => (video[0] as number) + index * 40),
  );
  output.close();
});

test('a keyframe over several packets is never torn, however the line stutters', () => {
  const { run, add, output, broadcast } = setUp({ keyframeBytes: 60_000, frameBytes: 12_000 });
  broadcast.run(1000);
  const socket = add(new FakeSocket());
  for (let step = 0; step < 40; step++) {
    socket.open(step % 3 === 0 ? 200_000 : 10_000);
    run(200);
  }
  socket.open();
  run(2000);
  tagsOf(socket);
  output.close();
});

test('the response ends with the broadcast, and with its epoch', () => {
  const first = setUp();
  first.broadcast.run(1000);
  const ended = first.add(new FakeSocket());
  first.broadcast.end();
  first.output.flush(200);
  assert.equal(ended.isEnded, true);
  assert.equal(first.output.isReady, false);

  const second = setUp();
  second.broadcast.run(1000);
  const left = second.add(new FakeSocket());
  second.broadcast.restart(8);
  second.run(1000);
  assert.equal(left.isEnded, true);
  const next = second.add(new FakeSocket());
  second.run(400);
  assert.ok(frames(tagsOf(next), 'video').length > 0);
  second.output.close();
});

test('audio alone is a stream too', () => {
  const { run, add, output, broadcast } = setUp({ hasVideo: false });
  broadcast.run(3000);
  assert.equal(output.isReady, true);
  const socket = add(new FakeSocket());
  run(1000);
  assert.equal(socket.text()[4], 4, 'the header says audio only');
  assert.ok(frames(tagsOf(socket), 'audio').length > 20);
  output.close();
});

test('bytes are counted as they are given to sockets', () => {
  const { run, add, output, broadcast, sentBytes } = setUp();
  broadcast.run(1000);
  const sockets = [add(new FakeSocket()), add(new FakeSocket())];
  run(1000);
  assert.equal(
    sentBytes(),
    sockets.reduce((sum, socket) => sum + socket.text().byteLength, 0),
  );
  output.close();
});
