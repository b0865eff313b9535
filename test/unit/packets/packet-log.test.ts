// The packet log against a model that keeps a plain sorted array, with random appends in and out of order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Epoch, MediaMillis, Sequence } from '../../../shared/basics/units.ts';
import type { Packet } from '../../../shared/packets/packet.ts';
import { PacketLog, type PacketLogLimits } from '../../../shared/packets/packet-log.ts';
import { TEST_EPOCH, testPacket } from '../../support/packets.ts';
import { fc } from '../../support/properties.ts';

const sequences = (packets: readonly Packet[]): number[] => packets.map(({ header }) => header.sequence);
const ms = (value: number): MediaMillis => value as MediaMillis;
const seq = (value: number): Sequence => value as Sequence;

test('every reader gets the same bytes, not copies', () => {
  const log = new PacketLog();
  const packet = testPacket(0);
  log.append(packet);
  assert.equal(log.get(TEST_EPOCH, seq(0)), packet);
  assert.equal(log.from(seq(0))[0], packet);
  assert.equal(log.newest(), packet);
});

test('an empty log has nothing', () => {
  const log = new PacketLog();
  assert.equal(log.epoch, undefined);
  assert.equal(log.firstSequence, undefined);
  assert.equal(log.newestDoor(), undefined);
  assert.equal(log.doorBefore(ms(1e9)), undefined);
  assert.deepEqual(log.from(seq(0)), []);
  assert.deepEqual(log.contiguousFrom(seq(0)), []);
});

test('listeners hear each kept packet once, after it can be read, until they are taken off', () => {
  const log = new PacketLog();
  const heard: number[] = [];
  const stop = log.onAppend(({ header }) => {
    assert.ok(log.get(header.epoch, header.sequence));
    heard.push(header.sequence);
  });
  for (const sequence of [0, 2, 2, 1]) log.append(testPacket(sequence));
  stop();
  log.append(testPacket(3));
  assert.deepEqual(heard, [0, 2, 1]);
});

test('a new epoch drops the old one, whose packets do not come back', () => {
  const log = new PacketLog();
  log.append(testPacket(40));
  const next = 7 as Epoch;
  assert.ok(log.append(testPacket(3, { epoch: next })));
  assert.equal(log.epoch, next);
  assert.deepEqual(sequences(log.from(seq(0))), [3]);
  assert.equal(log.newestDoor(), undefined);
  assert.equal(log.append(testPacket(41)), false);
  assert.equal(log.epoch, next);
  assert.equal(log.get(TEST_EPOCH, seq(40)), undefined);
});

test('the newest packet is kept, however large', () => {
  const log = new PacketLog({ bytes: 10 });
  log.append(testPacket(0));
  log.append(testPacket(1));
  assert.deepEqual(sequences(log.from(seq(0))), [1]);
});

test('limits that keep nothing are a mistake of the caller', () => {
  assert.throws(() => new PacketLog({ bytes: 0 }), /limits\.bytes/);
  assert.throws(() => new PacketLog({ durationMs: Number.NaN }), TypeError);
});

test('an hour of packets is looked up by time in few steps', () => {
  const log = new PacketLog({ durationMs: 4e6, bytes: 1e9, packets: 100_000 });
  const packet = testPacket(0, {}, 10);
  for (let sequence = 0; sequence < 60_000; sequence++) {
    log.append({
      ...packet,
      header: {
        ...packet.header,
        sequence: seq(sequence),
        timestampMs: ms(sequence * 60),
        isDoor: sequence % 33 === 0,
      },
    });
  }
  assert.equal(log.packetAt(ms(30_000 * 60 + 59))?.header.sequence, 30_000);
  assert.equal(log.doorBefore(ms(33 * 900 * 60 + 100))?.header.sequence, 33 * 900);
});

/** What a log should do, said as plainly as possible. */
class ModelLog {
  kept: Packet[] = [];
  private readonly limits: PacketLogLimits;

  constructor(limits: PacketLogLimits) {
    this.limits = limits;
  }

  append(packet: Packet): boolean {
    if (this.kept.some(({ header }) => header.sequence === packet.header.sequence)) return false;
    this.kept = [...this.kept, packet].sort((left, right) => left.header.sequence - right.header.sequence);
    while (this.kept.length > 1 && this.isOver()) this.kept.shift();
    return this.kept.includes(packet);
  }

  get bytes(): number {
    return this.kept.reduce((sum, packet) => sum + packet.bytes.byteLength, 0);
  }

  private isOver(): boolean {
    const spanMs = (this.kept.at(-1) as Packet).header.timestampMs - (this.kept[0] as Packet).header.timestampMs;
    return this.bytes > this.limits.bytes || this.kept.length > this.limits.packets || spanMs > this.limits.durationMs;
  }
}

test('property: behaves like a sorted array, for a seeder and for a player', () => {
  const limits = fc.record({
    durationMs: fc.constantFrom(300, 5_000, 600_000),
    bytes: fc.constantFrom(900, 5_000, 1e6),
    packets: fc.constantFrom(3, 40, 65_536),
  });
  // Steps from the newest sequence so far: mostly onwards, sometimes back or far ahead.
  const steps = fc.array(fc.tuple(fc.integer({ min: -12, max: 15 }), fc.nat(400), fc.integer({ min: 0, max: 5 })), {
    maxLength: 150,
  });
  fc.assert(
    fc.property(limits, steps, (bounds, moves) => {
      const log = new PacketLog(bounds);
      const model = new ModelLog(bounds);
      const heard: Packet[] = [];
      log.onAppend((packet) => heard.push(packet));
      let newest = 100;
      for (const [step, length, door] of moves) {
        const sequence = Math.max(0, newest + step);
        newest = Math.max(newest, sequence);
        const packet = testPacket(sequence, { isDoor: door === 0 }, length);
        const isKept = model.append(packet);
        assert.equal(log.append(packet), isKept);
        assert.equal(heard.at(-1) === packet, isKept);
        compare(log, model, newest);
      }
    }),
  );
});

function compare(log: PacketLog, model: ModelLog, newest: number): void {
  const { kept } = model;
  const doors = kept.filter(({ header }) => header.isDoor);
  assert.deepEqual(sequences(log.from(seq(0))), sequences(kept));
  assert.equal(log.size, kept.length);
  assert.equal(log.bytes, model.bytes);
  assert.equal(log.firstSequence, kept[0]?.header.sequence);
  assert.equal(log.newestSequence, kept.at(-1)?.header.sequence);
  assert.equal(log.newestDoor(), doors.at(-1));
  for (const sequence of [0, newest - 20, newest - 3, newest, newest + 1]) {
    const wanted = kept.filter(({ header }) => header.sequence >= sequence);
    assert.deepEqual(sequences(log.from(seq(sequence), 4)), sequences(wanted.slice(0, 4)));
    const run = wanted.filter(({ header }, index) => header.sequence === sequence + index);
    assert.deepEqual(sequences(log.contiguousFrom(seq(sequence))), sequences(run));
    const found = kept.find(({ header }) => header.sequence === sequence);
    assert.equal(log.get(TEST_EPOCH, seq(sequence)), found);
    assert.equal(
      log.doorAtOrBefore(seq(sequence)),
      doors.findLast(({ header }) => header.sequence <= sequence),
    );
    const time = sequence * 50 + 7;
    const isBefore = ({ header }: Packet): boolean => header.timestampMs <= time;
    assert.equal(log.doorBefore(ms(time)), doors.findLast(isBefore));
    assert.equal(log.packetAt(ms(time)), kept.findLast(isBefore));
  }
}
