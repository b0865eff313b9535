// Tags in, packets out: where a packet closes, what a door holds, how a large tag is carried. Golden bytes at the end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WallMillis } from '../../../shared/basics/units.ts';
import { PACKET_PAYLOAD_BYTES_MAX } from '../../../shared/packets/packet.ts';
import {
  PACKET_OPEN_MS_MAX,
  Packetizer,
  UNIT_BYTES_MAX,
  type UnsignedPacket,
} from '../../../shared/packets/packetizer.ts';
import { encodeAmf0 } from '../../../shared/tags/amf0.ts';
import { encodeFlvTag } from '../../../shared/tags/flv-tag-writer.ts';
import type { Tag } from '../../../shared/tags/tag.ts';
import {
  audioConfiguration,
  audioFrame,
  concatenate,
  EPOCH,
  interframe,
  keyframe,
  scriptTag,
  tag,
  videoConfiguration,
} from './sample-tags.ts';

const START_MS = 1_700_000_000_000;

/** Pushes tags as if each arrived at its media time; gives all packets, the open one included. */
function packetize(tags: readonly Tag[], jumps: ReadonlySet<Tag> = new Set()): UnsignedPacket[] {
  const packetizer = new Packetizer({ epoch: EPOCH });
  const packets = tags.flatMap((each) => packetizer.push(each, jumps.has(each), wall(each.timestampMs)));
  return [...packets, ...packetizer.flushDue(wall(1e9))];
}

function wall(ms: number): WallMillis {
  return (START_MS + ms) as WallMillis;
}

/** The stream that a continuing reader gets: payloads without what doors repeat. */
function continuing(packets: readonly UnsignedPacket[]): Uint8Array {
  return concatenate(packets.map(({ header, payload }) => payload.subarray(header.configurationLength)));
}

function flv(tags: readonly Tag[]): Uint8Array {
  return concatenate(tags.map(encodeFlvTag));
}

test('payloads one after another are the tags as FLV', () => {
  const tags = [audioFrame(0), interframe(10), scriptTag(20), audioFrame(90), interframe(500)];
  assert.deepEqual(continuing(packetize(tags)), flv(tags));
});

test('a packet spans less than 60 ms of media time', () => {
  const packets = packetize([audioFrame(0), audioFrame(23), audioFrame(46), audioFrame(70), audioFrame(93)]);
  assert.deepEqual(
    packets.map(({ header }) => [header.sequence, header.timestampMs, header.durationMs]),
    [
      [0, 0, 70],
      [1, 70, 23],
    ],
  );
});

test('a packet is closed 80 ms after its first tag arrived, and the timer is told when', () => {
  const packetizer = new Packetizer({ epoch: EPOCH });
  assert.equal(packetizer.nextFlushMs(), undefined);
  packetizer.push(audioFrame(0), false, wall(5));
  packetizer.push(audioFrame(23), false, wall(30));
  assert.equal(packetizer.nextFlushMs(), wall(5 + PACKET_OPEN_MS_MAX));
  assert.deepEqual(packetizer.flushDue(wall(84)), []);
  const [packet] = packetizer.flushDue(wall(85));
  assert.equal(packet?.header.captureMs, wall(5));
  assert.equal(packetizer.nextFlushMs(), undefined);
  assert.deepEqual(packetizer.flushDue(wall(500)), []);
});

test('a wall clock that was set back does not keep a packet open', () => {
  const packetizer = new Packetizer({ epoch: EPOCH });
  packetizer.push(audioFrame(0), false, wall(100_000));
  assert.equal(packetizer.flushDue(wall(0)).length, 1);
});

test('a keyframe begins a door that repeats the configuration, which a continuing reader skips', () => {
  const head = [videoConfiguration(0), audioConfiguration(0)];
  const media = [keyframe(0), audioFrame(5), interframe(40), keyframe(50)];
  const packets = packetize([...head, ...media]);
  const doors = packets.filter(({ header }) => header.isDoor);
  assert.deepEqual(
    doors.map(({ header }) => header.timestampMs),
    [0, 50],
  );
  for (const { header, payload } of doors) {
    assert.ok(header.hasConfiguration && header.hasVideo);
    const repeated = flv(head.map((each) => ({ ...each, timestampMs: header.timestampMs })));
    assert.deepEqual(payload.subarray(0, header.configurationLength), repeated);
  }
  assert.deepEqual(continuing(packets), flv([...head, ...media]));
});

test('identical configurations are left out; a changed one stands in place, is a discontinuity, and is in the next door', () => {
  const changed = videoConfiguration(60, 1);
  const tags = [videoConfiguration(0), keyframe(0), videoConfiguration(50), keyframe(50), changed, keyframe(60)];
  const packets = packetize(tags);
  assert.deepEqual(continuing(packets), flv(tags.filter((each) => each.timestampMs !== 50 || each.body[1] === 1)));
  assert.deepEqual(
    packets.map(({ header }) => [header.isDiscontinuity, header.isDoor]),
    [
      [false, false],
      [false, true],
      [false, true],
      [true, false],
      [false, true],
    ],
  );
  const last = packets.at(-1) as UnsignedPacket;
  assert.deepEqual(last.payload.subarray(0, last.header.configurationLength), encodeFlvTag(changed));
});

test('changed script data and changed tracks that nobody plays are no discontinuity', () => {
  const metadata = (mark: number): Tag =>
    tag('data', 0, [
      2,
      0,
      10,
      ...Array.from('onMetaData', (letter) => letter.charCodeAt(0)),
      8,
      0,
      0,
      0,
      mark,
      0,
      0,
      9,
    ]);
  // Enhanced RTMP, multitrack, one track, sequence start, avc1, track 1.
  const secondTrack = (mark: number): Tag =>
    tag('video', 0, [0x96, 0x00, 0x61, 0x76, 0x63, 0x31, 1, 1, 0x64, 0, 0x1e, 0xff, 0xe0, mark]);
  const packets = packetize([metadata(0), metadata(1), secondTrack(0), secondTrack(1)]);
  assert.deepEqual(
    packets.map(({ header }) => header.isDiscontinuity),
    [false],
  );
});

test('the colours of the pictures are in each door, and others are no discontinuity', () => {
  const colours = (mark: number): Tag => tag('video', 0, [0x94, 0x68, 0x76, 0x63, 0x31, 2, 0, 1, mark]);
  const packets = packetize([
    videoConfiguration(0),
    colours(1),
    keyframe(0),
    colours(2),
    interframe(40),
    keyframe(100),
  ]);
  assert.equal(
    packets.some(({ header }) => header.isDiscontinuity),
    false,
  );
  const door = packets.findLast(({ header }) => header.isDoor);
  const repeated = [videoConfiguration(100), { ...colours(2), timestampMs: 100 as Tag['timestampMs'] }];
  assert.deepEqual(door?.payload.subarray(0, door.header.configurationLength), flv(repeated));
});

test('a jump begins a packet, is told by it, and closes the one before at its own end', () => {
  const jump = audioFrame(40);
  const packets = packetize([audioFrame(0), audioFrame(20), jump, audioFrame(60)], new Set([jump]));
  assert.deepEqual(
    packets.map(({ header }) => [header.timestampMs, header.durationMs, header.isDiscontinuity]),
    [
      [0, 20, false],
      [40, 20, true],
    ],
  );
});

test('a jump told with a configuration that is left out is carried by the next tag', () => {
  const repeated = videoConfiguration(10);
  const packets = packetize([videoConfiguration(0), repeated, audioFrame(20)], new Set([repeated]));
  assert.deepEqual(
    packets.map(({ header }) => [header.timestampMs, header.isDiscontinuity]),
    [
      [0, false],
      [20, true],
    ],
  );
});

test('a keyframe before any configuration is no door, one of a later track neither', () => {
  const secondTrackKeyframe = tag('video', 40, [0x96, 0x03, 0x61, 0x76, 0x63, 0x31, 1, 9, 9, 9]);
  const packets = packetize([keyframe(0), videoConfiguration(20), secondTrackKeyframe]);
  assert.deepEqual(
    packets.map(({ header }) => header.isDoor),
    [false],
  );
});

test('where no video comes, the first audio is a door, and then about one frame a second', () => {
  const frames = Array.from({ length: 200 }, (_, index) => audioFrame(index * 23));
  const packets = packetize([audioConfiguration(0), ...frames]);
  const doors = packets.filter(({ header }) => header.isDoor).map(({ header }) => header.timestampMs);
  assert.deepEqual(doors, [0, 1012, 2024, 3036, 4048]);
  assert.deepEqual(continuing(packets), flv([audioConfiguration(0), ...frames]));
});

test('where pictures are promised, audio makes no door before a second is over', () => {
  const metadata = (codec: number): Tag =>
    tag(
      'data',
      0,
      encodeAmf0([
        { type: 'string', value: 'onMetaData' },
        { type: 'object', properties: [['videocodecid', { type: 'number', value: codec }]] },
      ]),
    );
  const doorsOf = (promise: Tag): number[] => {
    const frames = Array.from({ length: 50 }, (_, index) => audioFrame(index * 23));
    const packets = packetize([promise, ...frames]);
    return packets.filter(({ header }) => header.isDoor).map(({ header }) => header.timestampMs);
  };
  assert.deepEqual(doorsOf(metadata(7)), [1012]);
  assert.deepEqual(doorsOf(videoConfiguration(0)), [1012]);
  assert.deepEqual(doorsOf(metadata(0)), [0, 1012]);
});

test('audio makes no doors while video comes', () => {
  const tags = [videoConfiguration(0), keyframe(0)];
  for (let atMs = 0; atMs < 4000; atMs += 40) tags.push(interframe(atMs), audioFrame(atMs));
  const doors = packetize(tags).filter(({ header }) => header.isDoor);
  assert.equal(doors.length, 1);
});

test('a tag larger than a packet is parts of one unit that share their packets with nothing', () => {
  const large = keyframe(40, 40_000);
  const tags = [videoConfiguration(0), audioFrame(30), large, audioFrame(41)];
  const packets = packetize(tags);
  assert.deepEqual(
    packets.map(({ header }) => [
      header.part,
      header.isDoor,
      header.isContinuation,
      header.isUnfinished,
      header.hasAudio,
    ]),
    [
      [0, false, false, false, true],
      [0, true, false, true, false],
      [1, false, true, true, false],
      [2, false, true, false, false],
      [0, false, false, false, true],
    ],
  );
  assert.ok(packets.every(({ payload }) => payload.byteLength <= PACKET_PAYLOAD_BYTES_MAX));
  assert.deepEqual(continuing(packets), flv(tags));
});

test('parts go out with the tag that makes them', () => {
  const packetizer = new Packetizer({ epoch: EPOCH });
  assert.equal(packetizer.push(interframe(0, 20_000), false, wall(0)).length, 2);
  assert.equal(packetizer.nextFlushMs(), undefined);
});

test('a tag of over 8 MiB is left out and counted', () => {
  const packetizer = new Packetizer({ epoch: EPOCH });
  const body = new Uint8Array(UNIT_BYTES_MAX);
  body.set([0x27, 1]);
  assert.deepEqual(packetizer.push(tag('video', 0, body), true, wall(0)), []);
  assert.equal(packetizer.tagsDropped, 1);
  packetizer.push(audioFrame(10), false, wall(10));
  assert.equal(packetizer.end(wall(20))[0]?.header.isDiscontinuity, true);
});

test('a configuration that does not fit a door leaves the others their place', () => {
  const huge = tag('video', 0, [0x17, 0, 0, 0, 0, ...new Array(20_000).fill(1)]);
  const [door] = packetize([huge, audioConfiguration(0), keyframe(0)]).filter(({ header }) => header.isDoor);
  assert.deepEqual(door?.payload.subarray(0, door.header.configurationLength), encodeFlvTag(audioConfiguration(0)));
});

test('the end is an empty packet behind everything', () => {
  const packetizer = new Packetizer({ epoch: EPOCH });
  packetizer.push(audioFrame(7), false, wall(7));
  const [last, end] = packetizer.end(wall(9));
  assert.equal(last?.header.isEnd, false);
  assert.deepEqual(
    { ...end?.header },
    { ...last?.header, sequence: 1, isDoor: false, isEnd: true, hasAudio: false, captureMs: wall(9), durationMs: 0 },
  );
  assert.equal(end?.payload.byteLength, 0);
});

test('times beyond 32 bits stand whole in the header and wrapped in the tag', () => {
  const [packet] = packetize([audioFrame(2 ** 32 + 5)]);
  assert.equal(packet?.header.timestampMs, 2 ** 32 + 5);
  assert.deepEqual(packet?.payload.subarray(4, 8), Uint8Array.of(0, 0, 5, 0));
});
