// The engine's small parts, each alone: timers, ring, maps, buckets, bans, links, clock, server stream.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Epoch, Millis, PeerId, Sequence, WallMillis } from '../../../shared/basics/units.ts';
import { Bans } from '../../../shared/swarm/bans.ts';
import { copiesFor } from '../../../shared/swarm/copies.ts';
import { DEFAULT_ENGINE_CONFIG } from '../../../shared/swarm/engine-config.ts';
import { makeEngineParts } from '../../../shared/swarm/engine-parts.ts';
import { HaveMap } from '../../../shared/swarm/have-map.ts';
import { Link } from '../../../shared/swarm/link.ts';
import { Links } from '../../../shared/swarm/links.ts';
import { PacketRing } from '../../../shared/swarm/packet-ring.ts';
import { StreamClock } from '../../../shared/swarm/stream-clock.ts';
import { TIMER_NAMES, Timers } from '../../../shared/swarm/timers.ts';
import { TokenBucket } from '../../../shared/swarm/token-bucket.ts';
import type { Have } from '../../../shared/wire/have.ts';
import { testPacket } from '../../support/packets.ts';
import { fc } from '../../support/properties.ts';

const EPOCH = 7 as Epoch;
const at = (ms: number): Millis => ms as Millis;
const packet = (sequence: number, captureMs = sequence * 50) =>
  testPacket(sequence, { epoch: EPOCH, captureMs: captureMs as WallMillis, isDoor: false }, 100);

test('timers: the earliest is told, a due one is taken once, sooner wins over later', () => {
  const timers = new Timers();
  assert.equal(timers.earliest(), undefined);
  timers.set('have', 100.2);
  timers.setSooner('have', 300);
  timers.setSooner('wanted', 50);
  assert.equal(timers.earliest(), 50);
  assert.equal(timers.takeIfDue('wanted', at(49)), false);
  assert.equal(timers.takeIfDue('wanted', at(50)), true);
  assert.equal(timers.takeIfDue('wanted', at(50)), false);
  assert.equal(timers.earliest(), 101);
});

test('timers: agree with a map of times, whatever is set, moved, cleared and taken', () => {
  const name = fc.constantFrom(...TIMER_NAMES);
  const step = fc.tuple(fc.constantFrom('set', 'setSooner', 'clear', 'take'), name, fc.integer({ min: 0, max: 9 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const timers = new Timers();
      const model = new Map<string, number>();
      for (const [what, timer, atMs] of steps) {
        const before = model.get(timer) ?? Number.POSITIVE_INFINITY;
        if (what === 'set') timers.set(timer, atMs);
        else if (what === 'setSooner') timers.setSooner(timer, atMs);
        else if (what === 'clear') timers.clear(timer);
        else assert.equal(timers.takeIfDue(timer, at(atMs)), before <= atMs);
        if (what === 'set' || (what === 'setSooner' && atMs < before)) model.set(timer, atMs);
        else if (what === 'clear' || (what === 'take' && before <= atMs)) model.delete(timer);
        const earliest = model.size === 0 ? undefined : Math.min(...model.values());
        assert.equal(timers.earliest(), earliest);
        assert.equal(timers.isAnyDue(at(5)), earliest !== undefined && earliest <= 5);
        assert.equal(timers.isSet(timer), model.has(timer));
      }
    }),
  );
});

test('packet ring: agrees with a map that forgets what is a whole ring older', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (sequences) => {
      const ring = new PacketRing(64);
      const model = new Map<number, unknown>();
      let newest = -1;
      for (const sequence of sequences) {
        const isKept = ring.put(packet(sequence));
        assert.equal(isKept, sequence > newest - 64);
        if (isKept) model.set(sequence, true);
        newest = Math.max(newest, sequence);
      }
      assert.equal(ring.newest, newest);
      for (let sequence = 0; sequence <= 401; sequence++) {
        const isHeld = model.has(sequence) && sequence > newest - 64;
        // Only one packet stands in a slot: the newest that belongs there.
        if (ring.has(sequence)) assert.ok(isHeld);
        else if (isHeld) assert.fail(`lost ${sequence}`);
      }
    }),
    { seed: 2, numRuns: 100 },
  );
});

test('packet ring: gives the packets of one sub-stream, in order, from where it is asked', () => {
  const ring = new PacketRing(64);
  for (let sequence = 0; sequence < 100; sequence++) if (sequence !== 50) ring.put(packet(sequence));
  assert.deepEqual(
    ring.from(2 as Sequence, 8, 4).map((each) => each.header.sequence),
    [42, 58, 66, 74],
  );
  assert.deepEqual(ring.from(200 as Sequence, 8, 4), []);
});

test('have-map: bits, additions, removals and the newest claim', () => {
  const map = new Uint8Array(16);
  map[0] = 0x80;
  map[15] = 0x02;
  const have = { epoch: EPOCH, base: 1000 as Sequence, map } as Have;
  const claims = new HaveMap(have);
  assert.equal(claims.has(1000), true);
  assert.equal(claims.has(1001), false);
  assert.equal(claims.has(1126), true);
  assert.equal(claims.has(999), false);
  assert.equal(claims.has(1128), false);
  assert.equal(claims.newest, 1126);
  claims.add(1001);
  claims.remove(1000);
  claims.add(5);
  assert.equal(claims.has(1001), true);
  assert.equal(claims.has(1000), false);
  assert.equal(map[0], 0x80, 'the message itself is not touched');
});

test('token bucket: refills by time, never over its burst, and may be overdrawn', () => {
  const bucket = new TokenBucket(10, at(0));
  bucket.take(15);
  assert.equal(bucket.refill(5, 10, at(0)), -5);
  assert.equal(bucket.refill(5, 10, at(2000)), 5);
  assert.equal(bucket.refill(5, 10, at(60_000)), 10);
  assert.equal(bucket.refill(5, 10, at(50_000)), 10, 'a clock that steps back takes nothing');
});

test('bans: each lasts twice as long as the one before, is told once, and outlives nothing but itself', () => {
  const bans = new Bans(DEFAULT_ENGINE_CONFIG);
  const peer = 'AAAAAAAAAAAAAAAA' as PeerId;
  assert.equal(bans.ban(peer, at(0)), 60_000);
  assert.equal(bans.isBanned(peer, at(59_999)), true);
  assert.equal(bans.isBanned(peer, at(60_000)), false);
  assert.equal(bans.ban(peer, at(100_000)), 220_000);
  bans.avoid(peer, 1000, at(100_000));
  assert.equal(bans.isBanned(peer, at(219_999)), true, 'a shorter wait does not shorten a ban');
  assert.deepEqual(bans.takeFresh(), [peer, peer]);
  assert.deepEqual(bans.takeFresh(), []);
  for (let index = 0; index < 2000; index++) bans.ban(`peer-${index}` as PeerId, at(0));
  assert.equal(bans.isBanned('peer-0' as PeerId, at(1)), false, 'the memory of bans is bounded');
  assert.equal(bans.isBanned('peer-1999' as PeerId, at(1)), true);
});

test('links: always in the order of their ids, whatever the order of coming and going', () => {
  const links = new Links();
  const make = (peer: string) => new Link(peer as PeerId, 'viewer', 40, at(0), DEFAULT_ENGINE_CONFIG);
  for (const peer of ['m', 'c', 'z', 'a']) links.add(make(peer));
  links.remove('c' as PeerId);
  links.add(make('b'));
  assert.deepEqual(
    links.list.map((link) => link.peer),
    ['a', 'b', 'm', 'z'],
  );
  assert.equal(links.remove('c' as PeerId), undefined);
});

test('link: what was just sent is no standing queue, what stays is, and a small rest is forgotten', () => {
  const link = new Link('a' as PeerId, 'viewer', 40, at(0), DEFAULT_ENGINE_CONFIG);
  link.noteSent(16_000);
  link.noteBuffer(16_000, at(0));
  assert.equal(link.standingBytes(at(0)), 0);
  link.noteSent(4_000);
  link.noteBuffer(14_000, at(50));
  assert.equal(link.standingBytes(at(50)), 10_000);
  assert.equal(link.standingBytes(at(600)), 0);
  link.noteBuffer(40_000, at(700));
  link.lastHeardMs = at(5000);
  assert.equal(link.standingBytes(at(5000)), 40_000, 'a clogged link stays clogged until it drains');
  assert.equal(link.standingBytes(at(7000)), 0, 'what stands before one who fell silent says nothing of our line');
});

test('stream clock: capture times known, between neighbours, and ahead of the newest', () => {
  const ring = new PacketRing(128);
  const clock = new StreamClock(ring);
  clock.setOffset(1_000_000);
  for (let sequence = 0; sequence < 40; sequence++) {
    if (sequence === 20) continue;
    const each = packet(sequence, 1_000_000 + sequence * 50);
    ring.put(each);
    clock.observe(each, at(sequence * 50 + 30));
  }
  assert.equal(clock.intervalMs, 50);
  assert.equal(clock.captureMs(19), 1_000_950);
  assert.equal(clock.captureMs(20), 1_001_000);
  assert.equal(clock.captureMs(49), 1_002_450);
  assert.equal(clock.localMs(1_000_950), 950);
  assert.equal(clock.lagMs(1_000_950, at(1000)), 50);
  assert.ok(clock.newestPlausible(at(39 * 50)) >= 39);
  assert.ok(clock.newestPlausible(at(39 * 50 + 1000)) >= 59);
  assert.ok(clock.newestPlausible(at(39 * 50 + 1000)) <= 63);
  assert.ok(Math.abs(clock.bytesPerSecond - packet(1).bytes.byteLength * 20) < 1);
});

test('stream clock: without a known offset the fastest packet is taken to have had no delay', () => {
  const ring = new PacketRing(128);
  const clock = new StreamClock(ring);
  clock.observe(packet(0, 5000), at(100));
  clock.observe(packet(1, 5050), at(120));
  assert.equal(clock.lagMs(5050, at(120)), 0);
  assert.equal(clock.lagMs(5000, at(100)), 30);
});

test('copies follow the audience, and one viewer who comes and goes changes nothing', () => {
  assert.deepEqual(
    [1, 10, 11, 300, 301, 15_000, 15_001].map((viewers) => copiesFor(viewers, 0)),
    [1, 1, 2, 2, 3, 3, 4],
  );
  assert.equal(copiesFor(10, 2), 2);
  assert.equal(copiesFor(8, 2), 1);
});

test('server stream: wider or narrower, it goes on where it was, whatever hole is older', () => {
  const { context, wanted, serverStream } = makeEngineParts({ role: 'viewer', seed: 1 });
  wanted.restart(0 as Sequence);
  wanted.extend(8);
  for (const sequence of [0, 1, 3, 4, 5, 6, 7, 8]) wanted.arrived(sequence);
  const opened = () => {
    serverStream.update(context.nowMs);
    return context.outputs.splice(0).filter(({ type }) => type === 'server-stream');
  };
  serverStream.lease(1);
  assert.deepEqual(opened(), [{ type: 'server-stream', substreams: [1], from: 9 }]);
  serverStream.lease(2);
  context.nowMs = at(100);
  assert.deepEqual(
    opened(),
    [],
    'a response that has brought nothing is not replaced by one that would have to begin anew',
  );
  serverStream.brought(context.nowMs);
  assert.deepEqual(opened(), [{ type: 'server-stream', substreams: [1, 2], from: 9 }]);
  serverStream.lease(3);
  context.nowMs = at(700);
  assert.deepEqual(opened(), [{ type: 'server-stream', substreams: [1, 2, 3], from: 9 }], 'unless it is slow');
  context.nowMs = at(1000);
  serverStream.brought(context.nowMs);
  serverStream.takenOver(3);
  serverStream.takenOver(1);
  context.nowMs = at(2000);
  assert.deepEqual(opened(), [{ type: 'server-stream', substreams: [2], from: 10 }]);
  assert.equal(serverStream.isBringingPacket(2, context.nowMs), false, 'the hole is rescued');
  context.nowMs = at(2500);
  assert.equal(serverStream.quietMs, 0, 'it does not owe what is older than itself');
  wanted.extend(10);
  assert.ok(serverStream.quietMs > 0);
});
