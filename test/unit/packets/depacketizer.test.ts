// Packets back into tags: from a door, over gaps, through damage that a right signature covers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MediaMillis, WallMillis } from '../../../shared/basics/units.ts';
import { Depacketizer } from '../../../shared/packets/depacketizer.ts';
import { decodePacket, type Packet } from '../../../shared/packets/packet.ts';
import { Packetizer, UNIT_BYTES_MAX } from '../../../shared/packets/packetizer.ts';
import type { Tag } from '../../../shared/tags/tag.ts';
import { Timeline } from '../../../shared/tags/timeline.ts';
import { fc } from '../../support/properties.ts';
import {
  audioConfiguration,
  audioFrame,
  EPOCH,
  interframe,
  keyframe,
  packet,
  packetOf,
  scriptTag,
  videoConfiguration,
} from './sample-tags.ts';

function packetsOf(tags: readonly Tag[], epoch = EPOCH as number): Packet[] {
  const packetizer = new Packetizer({ epoch: epoch as typeof EPOCH });
  const unsigned = tags.flatMap((each) => packetizer.push(each, false, each.timestampMs as number as WallMillis));
  return [...unsigned, ...packetizer.flushDue(1e9 as WallMillis)].map(packetOf);
}

function tagsFrom(packets: readonly Packet[], depacketizer = new Depacketizer()): Tag[] {
  return packets.flatMap((each) => depacketizer.push(each).tags);
}

const HEAD = [videoConfiguration(0), audioConfiguration(0)];
const GOP = [keyframe(0, 20_000), audioFrame(5), interframe(40), audioFrame(65), interframe(110)];
const NEXT_GOP = [keyframe(200), audioFrame(210), interframe(240)];

test('gives back what was put in, configurations once', () => {
  // The first packet holds only the configurations and is no door; the door behind it repeats them.
  assert.deepEqual(tagsFrom(packetsOf([...HEAD, ...GOP, ...NEXT_GOP])), [...HEAD, ...GOP, ...NEXT_GOP]);
});

test('starts at a door, with its configuration', () => {
  const packets = packetsOf([...HEAD, ...GOP, ...NEXT_GOP]);
  const result = tagsFrom(packets.slice(2)); // from the middle of the large keyframe
  assert.deepEqual(result, [...HEAD.map((each) => ({ ...each, timestampMs: 200 })), ...NEXT_GOP]);
});

test('after a gap audio goes on at once, video at the next door, which repeats the configuration', () => {
  const tags = [...HEAD, keyframe(0), audioFrame(70), interframe(80), audioFrame(140), interframe(150), ...NEXT_GOP];
  const packets = packetsOf(tags);
  const lost = packets.filter(({ header }) => header.timestampMs !== 70);
  const depacketizer = new Depacketizer();
  const results = lost.map((each) => depacketizer.push(each));
  assert.deepEqual(
    results.map(({ lostUnits }) => lostUnits),
    [0, 0, 1, 0],
  );
  const repeated = HEAD.map((each) => ({ ...each, timestampMs: 200 }));
  assert.deepEqual(
    results.flatMap(({ tags: each }) => each),
    [...HEAD, keyframe(0), audioFrame(140), ...repeated, ...NEXT_GOP],
  );
});

test('a gap in a large tag breaks the tag, and is told', () => {
  const packets = packetsOf([...HEAD, keyframe(0), interframe(70, 60_000), audioFrame(80), ...NEXT_GOP]);
  const missing = packets.findIndex(({ header }) => header.part === 1);
  const depacketizer = new Depacketizer();
  const results = packets.toSpliced(missing, 1).map((each) => depacketizer.push(each));
  assert.equal(
    results.reduce((sum, { lostUnits }) => sum + lostUnits, 0),
    2, // the packet, and the unit it broke
  );
  const kept = results.flatMap(({ tags }) => tags);
  assert.ok(kept.every(({ body }) => body.byteLength < 1000));
  assert.deepEqual(kept.at(-1), NEXT_GOP.at(-1));
});

test('older packets than the last are ignored', () => {
  const packets = packetsOf([...HEAD, ...GOP]);
  const depacketizer = new Depacketizer();
  tagsFrom(packets, depacketizer);
  assert.deepEqual(tagsFrom(packets, depacketizer), []);
});

test('another epoch starts over at its door and is a discontinuity', () => {
  const depacketizer = new Depacketizer();
  tagsFrom(packetsOf([...HEAD, ...GOP]), depacketizer);
  const results = packetsOf([...HEAD, audioFrame(0), ...NEXT_GOP], 77).map((each) => depacketizer.push(each));
  const withTags = results.filter(({ tags }) => tags.length > 0);
  assert.deepEqual(
    withTags.map(({ isDiscontinuity }) => isDiscontinuity),
    [true],
  );
  assert.equal(withTags[0]?.tags.at(-1)?.timestampMs, 240);
});

test('a discontinuity told by the first part of a large tag comes with the tag', () => {
  const depacketizer = new Depacketizer();
  const packetizer = new Packetizer({ epoch: EPOCH });
  const push = (each: Tag, isJump: boolean) =>
    packetizer
      .push(each, isJump, each.timestampMs as number as WallMillis)
      .map((unsigned) => depacketizer.push(packetOf(unsigned)));
  for (const each of HEAD) push(each, false);
  push(keyframe(0), false);
  const results = push(keyframe(100, 40_000), true);
  assert.deepEqual(
    results.map(({ tags, isDiscontinuity }) => [tags.length, isDiscontinuity]),
    [
      [3, false],
      [0, false],
      [0, false],
      [1, true],
    ],
  );
});

test('times are unwrapped around the header', () => {
  const base = 3 * 2 ** 32;
  const late = [...HEAD, keyframe(0), audioFrame(1)].map((each) => ({
    ...each,
    timestampMs: base + each.timestampMs - 1,
  }));
  assert.deepEqual(tagsFrom(packetsOf(late as Tag[])).at(-1)?.timestampMs, base);
});

test('parts without end are given up at 8 MiB, and what comes after is read', () => {
  const depacketizer = new Depacketizer();
  const payload = new Uint8Array(16_000);
  let faults: readonly string[] = [];
  let sequence = 0;
  for (; faults.length === 0; sequence++) {
    const isFirst = sequence === 0;
    const flags = { isDoor: isFirst, isContinuation: !isFirst, isUnfinished: true, part: sequence };
    faults = depacketizer.push(packet({ ...flags, sequence }, payload)).faults;
    assert.ok(sequence * payload.byteLength <= UNIT_BYTES_MAX + payload.byteLength);
  }
  assert.match(faults[0] ?? '', /over 8388608 bytes/);
  const [door] = packetsOf([...HEAD, keyframe(0)]).slice(1);
  assert.equal(depacketizer.push(packet({ ...door?.header, sequence }, door?.payload)).tags.length, 3);
});

const anyTags = fc
  .array(
    fc.record({
      stepMs: fc.integer({ min: 0, max: 90 }),
      make: fc.constantFrom(
        audioFrame,
        interframe,
        keyframe,
        scriptTag,
        videoConfiguration,
        audioConfiguration,
        (atMs: number) => keyframe(atMs, 33_000),
        (atMs: number) => interframe(atMs, 16_300),
        (atMs: number) => videoConfiguration(atMs, atMs & 3),
      ),
    }),
    { maxLength: 60 },
  )
  .map((steps) => {
    let atMs = 0;
    return steps.map(({ stepMs, make }) => {
      atMs += stepMs;
      return make(atMs);
    });
  });

test('property: from the first door on, everything comes out that went in', () => {
  fc.assert(
    fc.property(anyTags, (random) => {
      const tags = [
        ...HEAD,
        keyframe(0),
        ...random.map((each) => ({ ...each, timestampMs: each.timestampMs + 1 }) as Tag),
      ];
      const out = tagsFrom(packetsOf(tags));
      // Repeated configurations are left out by the packetizer.
      const isFrame = ({ body, kind }: Tag) => kind === 'data' || body[1] === 1;
      assert.deepEqual(out.filter(isFrame), tags.filter(isFrame));
      assert.deepEqual(out.slice(0, 3), tags.slice(0, 3));
    }),
  );
});

test('property: whatever packets are lost, no broken tag comes out and all after the next door does', () => {
  fc.assert(
    fc.property(anyTags, fc.infiniteStream(fc.integer({ min: 0, max: 4 })), (random, chance) => {
      const tags = [
        ...HEAD,
        keyframe(0),
        ...random,
        videoConfiguration(99_999),
        keyframe(100_000),
        interframe(100_001),
      ];
      const packets = packetsOf(tags);
      const kept = packets.filter((_, index) => index === packets.length - 1 || chance.next().value !== 0);
      const known = new Set(tags.map(({ kind, body }) => `${kind} ${Buffer.from(body).toString('hex')}`));
      const out = tagsFrom(kept);
      for (const { kind, body } of out) assert.ok(known.has(`${kind} ${Buffer.from(body).toString('hex')}`));
      assert.deepEqual(out.slice(-2), tags.slice(-2));
    }),
  );
});

test('property: garbage under a right signature is told, never thrown', () => {
  const packets = packetsOf([...HEAD, ...GOP, ...NEXT_GOP]);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(200), fc.nat(2000), fc.integer({ min: 1, max: 255 }))), (damages) => {
      const bytes = packets.map((each) => each.bytes.slice());
      for (const [which, at, mask] of damages) {
        const target = bytes[which % bytes.length] as Uint8Array;
        // The header of the payload's tags; its own lengths and version are checked by the packet codec.
        const place = 32 + (at % (target.byteLength - 32));
        target[place] = (target[place] as number) ^ mask;
      }
      const depacketizer = new Depacketizer();
      for (const each of bytes) depacketizer.push(decodePacket(each));
    }),
  );
});

for (const [name, wrapMs] of [
  ['24.8 days', 2 ** 31],
  ['49.7 days', 2 ** 32],
  ['a year', 2 ** 35],
] as const) {
  test(`a broadcast goes on over ${name}, from the source's wrapped times to the tags of a viewer`, () => {
    // The source's clock is near its wrap; the line, begun long ago, is not.
    const timeline = new Timeline((wrapMs - 500) as MediaMillis);
    const packetizer = new Packetizer({ epoch: EPOCH });
    const early = new Depacketizer();
    const late = new Depacketizer();
    const given: number[] = [];
    const earlyTimes: number[] = [];
    const lateTimes: number[] = [];
    for (let index = 0; index < 50; index++) {
      const rawMs = (2 ** 32 - 700 + index * 40) % 2 ** 32;
      const frame = index % 10 === 0 ? keyframe(rawMs, index === 10 ? 40_000 : 20) : interframe(rawMs);
      for (const each of index === 0 ? [videoConfiguration(rawMs), frame] : [frame]) {
        const placed = timeline.place(each);
        assert.equal(placed.isDiscontinuity, false);
        if (each === frame) given.push(placed.tag.timestampMs);
        for (const packet of packetizer.push(placed.tag, false, index as WallMillis).map(packetOf)) {
          const again = decodePacket(packet.bytes);
          earlyTimes.push(
            ...early
              .push(again)
              .tags.filter(({ body }) => body[1] === 1)
              .map((tag) => tag.timestampMs),
          );
          if (again.header.timestampMs < wrapMs) continue;
          lateTimes.push(
            ...late
              .push(again)
              .tags.filter(({ body }) => body[1] === 1)
              .map((tag) => tag.timestampMs),
          );
        }
      }
    }
    assert.deepEqual(
      given,
      given.map((_, index) => wrapMs - 500 + index * 40),
    );
    assert.deepEqual(earlyTimes, given.slice(0, earlyTimes.length));
    assert.ok(earlyTimes.length >= 48 && lateTimes.length >= 20);
    assert.deepEqual(lateTimes, given.slice(earlyTimes.length - lateTimes.length, earlyTimes.length));
  });
}
