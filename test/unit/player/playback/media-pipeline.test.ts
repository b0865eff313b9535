/* Packets of several epochs become fragments on one line that never goes back, whatever is lost between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MediaPipeline } from '../../../../player/playback/media-pipeline.ts';
import { PlayoutClock } from '../../../../player/playback/playout-clock.ts';
import type { Epoch, MediaMillis, Millis, Sequence, WallMillis } from '../../../../shared/basics/units.ts';
import type { Fragment } from '../../../../shared/fmp4/fragment.ts';
import { decodePacket, encodeUnsignedPacket, type Packet, SIGNATURE_BYTES } from '../../../../shared/packets/packet.ts';
import { Packetizer, type UnsignedPacket } from '../../../../shared/packets/packetizer.ts';
import type { Tag } from '../../../../shared/tags/tag.ts';

type Media = Extract<Fragment, { kind: 'media' }>;

const AVC = Buffer.from(
  '0164001fffe1001a6764001facd9405005bb0110000003001000000303 20f1831960010005 68ebe3cb22c0'.replaceAll(' ', ''),
  'hex',
);

/** Six seconds of video with a keyframe each second and of audio, packed as a seeder packs them. */
function broadcast(epoch: number, firstMs: number, seconds = 6): Packet[] {
  const packetizer = new Packetizer({ epoch: epoch as Epoch });
  const tag = (kind: Tag['kind'], ms: number, ...body: number[]): Tag => ({
    kind,
    timestampMs: (firstMs + ms) as MediaMillis,
    body: Uint8Array.from(body),
  });
  const tags = [tag('video', 0, 0x17, 0, 0, 0, 0, ...AVC), tag('audio', 0, 0xaf, 0, 0x11, 0x90)];
  for (let ms = 0; ms < seconds * 1_000; ms += 40) {
    tags.push(tag('video', ms, ms % 1_000 === 0 ? 0x17 : 0x27, 1, 0, 0, 0, 0, 0, 0, 2, 0x65, 0x88));
    tags.push(tag('audio', ms, 0xaf, 1, 1, 2, 3), tag('audio', ms + 21, 0xaf, 1, 1, 2, 3));
  }
  const wall = (ms: number): WallMillis => (5_000_000 + ms) as WallMillis;
  const unsigned = tags.flatMap((each) => packetizer.push(each, false, wall(each.timestampMs - firstMs)));
  return [...unsigned, ...packetizer.end(wall(seconds * 1_000))].map(signed);
}

function signed({ header, payload }: UnsignedPacket): Packet {
  const bytes = encodeUnsignedPacket(header, payload);
  const whole = new Uint8Array(bytes.length + SIGNATURE_BYTES);
  whole.set(bytes);
  return decodePacket(whole);
}

function pipeline(): { pipeline: MediaPipeline; clock: PlayoutClock; fragments: Fragment[]; ends: () => number } {
  const fragments: Fragment[] = [];
  const clock = new PlayoutClock();
  let ended = 0;
  const made = new MediaPipeline(clock, () => true, {
    onFragments: (more) => fragments.push(...more),
    onEnd: () => ended++,
  });
  return { pipeline: made, clock, fragments, ends: () => ended };
}

const video = (fragments: readonly Fragment[]): Media[] =>
  fragments.filter((fragment): fragment is Media => fragment.kind === 'media' && fragment.track === 'video');

function feed(target: MediaPipeline, packets: readonly Packet[], epoch: number): void {
  target.restart(epoch as Epoch, (packets[0]?.header.sequence ?? 0) as Sequence);
  for (const packet of packets) target.push(packet);
}

test('a broadcast becomes an unbroken line from its first packet to its end', () => {
  const { pipeline: target, fragments, ends } = pipeline();
  feed(target, broadcast(1, 86_400_000), 1);
  const frames = video(fragments);
  assert.equal(frames[0]?.startMs, 1_000);
  assert.equal(frames.at(-1)?.endMs, 7_000);
  for (const [index, frame] of frames.entries()) {
    if (index > 0) assert.equal(frame.startMs, frames[index - 1]?.endMs);
  }
  assert.equal(ends(), 1);
});

test('another epoch is laid behind the old one, whatever its own times are', () => {
  const { pipeline: target, fragments, clock } = pipeline();
  feed(target, broadcast(1, 86_400_000), 1);
  const count = fragments.length;
  feed(target, broadcast(2, 0), 2);
  const [first] = video(fragments.slice(count));
  assert.ok(first !== undefined && first.startMs >= 7_000 && first.startMs < 7_500, `${first?.startMs}`);
  assert.equal(first.startsWithKeyframe, true);
  assert.equal(clock.captureAt(first.startMs), 5_000_000);
});

test('a packet that never comes costs what lies before the next door', () => {
  const packets = broadcast(1, 0);
  const lost = packets.findIndex((packet) => packet.header.timestampMs > 1_500);
  const { pipeline: target, fragments } = pipeline();
  target.restart(1 as Epoch, 0 as Sequence);
  for (const [index, packet] of packets.entries()) if (index !== lost) target.push(packet);
  assert.ok((video(fragments).at(-1)?.endMs ?? 0) < 2_700);
  const door = packets.find((packet) => packet.header.isDoor && packet.header.sequence > lost);
  assert.equal(target.skipHole(), (door?.header.sequence ?? 0) - lost);
  const behind = video(fragments).find((fragment) => fragment.startMs >= 3_000);
  assert.ok(behind?.startsWithKeyframe && behind.startMs === 3_000);
  assert.equal(video(fragments).at(-1)?.endMs, 7_000);
});

test('without a door behind it a hole is not skipped', () => {
  const packets = broadcast(1, 0, 1);
  const { pipeline: target } = pipeline();
  target.restart(1 as Epoch, 0 as Sequence);
  for (const packet of packets.slice(0, 2).concat(packets.slice(3))) target.push(packet);
  assert.equal(target.skipHole(), 0);
});

test('a new sink is fed again from the last door on, with its configuration', () => {
  const { pipeline: target, fragments } = pipeline();
  const packets = broadcast(1, 0);
  feed(target, packets.slice(0, -4), 1);
  fragments.length = 0;
  target.replay();
  assert.deepEqual(
    fragments.filter((fragment) => fragment.kind === 'init').map((fragment) => fragment.track),
    ['video', 'audio'],
  );
  const frames = video(fragments);
  assert.equal(frames[0]?.startsWithKeyframe, true);
  const endMs = frames.at(-1)?.endMs ?? 0;
  for (const packet of packets.slice(-4)) target.push(packet);
  assert.ok((video(fragments).at(-1)?.endMs ?? 0) > endMs, 'and goes on');
});

test('with enough in hand packets are gathered, for half a second at most, and none is lost at the end', () => {
  const { pipeline: target, fragments, ends } = pipeline();
  const packets = broadcast(1, 0);
  feed(target, packets.slice(0, 4), 1);
  const endMs = (): number => video(fragments).at(-1)?.endMs ?? 0;
  target.pace(1_600, 1_000 as Millis);
  const before = endMs();
  for (const packet of packets.slice(4, 8)) target.push(packet);
  target.pace(1_500, 1_400 as Millis);
  assert.equal(endMs(), before, 'they wait');
  target.pace(1_500, 1_500 as Millis);
  const gathered = endMs();
  assert.ok(gathered > before, 'the time is over');
  for (const packet of packets.slice(8, 10)) target.push(packet);
  target.pace(900, 1_600 as Millis);
  assert.ok(endMs() > gathered, 'little is in hand');
  target.pace(1_600, 1_700 as Millis);
  for (const packet of packets.slice(10, -1)) target.push(packet);
  target.finish();
  assert.equal(endMs(), 7_000);
  assert.equal(ends(), 1);
});
