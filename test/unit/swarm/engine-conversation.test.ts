// One engine, spoken to by hand: what it answers to good, late, repeated, false and hostile messages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Epoch, Millis, PeerId, Sequence } from '../../../shared/basics/units.ts';
import type { Packet } from '../../../shared/packets/packet.ts';
import { SwarmEngine } from '../../../shared/swarm/engine.ts';
import type { EngineConfig } from '../../../shared/swarm/engine-config.ts';
import type { EngineInput, EngineOutput } from '../../../shared/swarm/engine-types.ts';
import type { PeerRole } from '../../../shared/wire/tracker-messages.ts';
import { decodeWireMessage, encodeWireMessage, type WireMessage } from '../../../shared/wire/wire-message.ts';
import { makePacket } from '../../support/engine-network.ts';

const EPOCH = 0x55 as Epoch;
const WALL = 1_700_000_000_000;
const PACKET_MS = 50;
const ALICE = 'AAAAAAAAAAAAAAA0' as PeerId;
const BOB = 'AAAAAAAAAAAAAAA1' as PeerId;
const CAROL = 'AAAAAAAAAAAAAAA2' as PeerId;

/** Packet n is captured n * 50 ms after the conversation's zero. */
const packet = (sequence: number, epoch = EPOCH): Packet =>
  makePacket(epoch, sequence, WALL + sequence * PACKET_MS, sequence % 40 === 0, 500);

function forged(sequence: number): Packet {
  const { bytes } = packet(sequence);
  const copy = bytes.slice();
  copy[40] = (copy[40] as number) ^ 1;
  return { ...packet(sequence), bytes: copy };
}

class Conversation {
  readonly engine: SwarmEngine;
  nowMs = 1000;
  outputs: EngineOutput[] = [];

  constructor(role: PeerRole = 'viewer', config: Partial<EngineConfig> = {}) {
    this.engine = new SwarmEngine({ role, seed: 1, config });
    this.input({ type: 'clock', offsetMs: WALL });
    this.input({ type: 'tracker-state', isConnected: true });
    if (role === 'viewer') this.input({ type: 'epoch', epoch: EPOCH, startSequence: 0 as Sequence });
  }

  input(input: EngineInput): EngineOutput[] {
    const outputs = this.engine.handle(input, this.nowMs as Millis);
    this.outputs.push(...outputs);
    return outputs;
  }

  say(peer: PeerId, message: WireMessage): EngineOutput[] {
    const channel = message.type === 'push' || message.type === 'repair' ? 'data' : 'control';
    return this.input({ type: 'message', peer, channel, bytes: encodeWireMessage(message) });
  }

  /** A neighbour that holds the first `held` packets and would feed everything. */
  meet(peer: PeerId, { held = 0, lagMs = 50, role = 'viewer' as PeerRole, open = true } = {}): void {
    this.input({ type: 'link-opened', peer, role, rttMs: 40 });
    this.say(peer, {
      type: 'hello',
      protocolVersion: 1,
      substreams: 8,
      slots: 16,
      node: 1000 + peer.charCodeAt(15),
      epoch: EPOCH,
      playSequence: 0 as Sequence,
    });
    this.have(peer, held, lagMs, open);
  }

  have(peer: PeerId, held: number, lagMs = 50, open = true): EngineOutput[] {
    const map = new Uint8Array(16);
    for (let at = 0; at < held; at++) map[at >> 3] = (map[at >> 3] as number) | (0x80 >> (at & 7));
    return this.say(peer, {
      type: 'have',
      epoch: EPOCH,
      base: 0 as Sequence,
      map,
      openSubstreams: open ? 0xff : 0,
      slotsFree: open ? 16 : 0,
      uplinkBytesPerSecond: 1_000_000,
      substreams: Array.from({ length: 8 }, () => ({ lagMs, weakestStrength: 255, children: 0 })),
    });
  }

  /** Lets time pass, with every wake-up the engine asks for. */
  wait(ms: number): EngineOutput[] {
    const untilMs = this.nowMs + ms;
    const outputs: EngineOutput[] = [];
    for (let turn = 0; turn < 10_000; turn++) {
      const wakeupMs = this.engine.nextWakeup();
      if (wakeupMs === undefined || wakeupMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, wakeupMs);
      outputs.push(...this.input({ type: 'wakeup' }));
    }
    this.nowMs = untilMs;
    return outputs;
  }

  fromServer(sequence: number): EngineOutput[] {
    return this.verify(this.input({ type: 'packet-from-server', packet: packet(sequence), via: 'stream' }), true);
  }

  verify(outputs: readonly EngineOutput[], isValid: boolean): EngineOutput[] {
    return outputs.flatMap((output) =>
      output.type === 'verify' ? this.input({ type: 'verified', ticket: output.ticket, isValid }) : [],
    );
  }

  /** The sub-streams in which a peer was asked to be parent, of all that was said. */
  subscriptions(peer: PeerId, outputs: readonly EngineOutput[] = this.outputs): number[] {
    return said(outputs, peer).flatMap((message) => (message.type === 'subscribe' ? [message.substream] : []));
  }

  accept(peer: PeerId, substream: number): EngineOutput[] {
    return this.say(peer, { type: 'accept', substream, epoch: EPOCH, path: [1, 2] });
  }
}

function said(outputs: readonly EngineOutput[], peer: PeerId): WireMessage[] {
  return outputs.flatMap((output) =>
    output.type === 'send' && output.peer === peer ? [decodeWireMessage(output.bytes, output.channel)] : [],
  );
}

const ofType = <Type extends EngineOutput['type']>(outputs: readonly EngineOutput[], type: Type) =>
  outputs.filter((output): output is Extract<EngineOutput, { type: Type }> => output.type === type);

/** A viewer whose eight sub-streams are all fed by Alice, up to packet `upTo`. */
function fedByAlice(upTo = 40, config: Partial<EngineConfig> = {}): Conversation {
  const talk = new Conversation('viewer', config);
  for (let sequence = 0; sequence < 16; sequence++) talk.fromServer(sequence);
  talk.nowMs = 1000 + 16 * PACKET_MS;
  talk.meet(ALICE, { held: 16 });
  for (let substream = 0; substream < 8; substream++) talk.accept(ALICE, substream);
  for (let sequence = 16; sequence < upTo; sequence++) {
    talk.nowMs = Math.max(talk.nowMs, sequence * PACKET_MS + 60);
    talk.verify(talk.say(ALICE, { type: 'push', isBacklog: false, packet: packet(sequence) }), true);
  }
  return talk;
}

test('a viewer begins with the server stream, asks a neighbour for every sub-stream, and then needs no server', () => {
  const talk = new Conversation();
  assert.deepEqual(ofType(talk.outputs, 'server-stream'), [
    { type: 'server-stream', substreams: [0, 1, 2, 3, 4, 5, 6, 7], from: 0 },
  ]);
  const fed = fedByAlice();
  assert.deepEqual(fed.subscriptions(ALICE), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(fed.engine.snapshot().serverSubstreams, []);
  assert.equal(ofType(fed.outputs, 'deliver').length, 40);
});

test('nothing is delivered or relayed before its signature was checked, and both happen in the same input as the verdict', () => {
  const talk = fedByAlice();
  talk.meet(BOB);
  talk.say(BOB, {
    type: 'subscribe',
    substream: 0,
    epoch: EPOCH,
    from: 40 as Sequence,
    strength: 0,
    isPeaceful: false,
    depth: 0,
    parent: undefined,
  });
  const received = talk.say(ALICE, { type: 'push', isBacklog: false, packet: packet(40) });
  assert.equal(ofType(received, 'deliver').length, 0);
  assert.deepEqual(said(received, BOB), []);
  const judged = talk.verify(received, true);
  assert.equal(ofType(judged, 'deliver').length, 1);
  assert.deepEqual(
    said(judged, BOB).map((message) => message.type),
    ['push'],
  );
  assert.equal(said(judged, ALICE).filter((message) => message.type === 'push').length, 0, 'never back to the sender');
});

test('a forged packet bans its sender, and the true one from elsewhere still gets in', () => {
  const talk = fedByAlice();
  talk.meet(BOB, { held: 60 });
  const first = talk.say(ALICE, { type: 'push', isBacklog: false, packet: forged(40) });
  const second = talk.input({ type: 'packet-from-server', packet: packet(40), via: 'rescue' });
  assert.equal(ofType(second, 'verify').length, 0, 'one check a sequence at a time');
  const judged = talk.verify(first, false);
  assert.deepEqual(
    ofType(judged, 'banned').map((output) => [output.peer, output.untilMs]),
    [[ALICE, talk.nowMs + 60_000]],
  );
  assert.deepEqual(
    ofType(judged, 'disconnect').map((output) => output.peer),
    [ALICE],
  );
  assert.equal(ofType(judged, 'deliver').length, 0);
  assert.equal(ofType(talk.verify(judged, true), 'deliver').length, 1);
  assert.equal(talk.engine.snapshot().packetsRejected, 1);
  const again = talk.input({ type: 'link-opened', peer: ALICE, role: 'viewer', rttMs: 40 });
  assert.equal(ofType(again, 'disconnect').length, 1, 'not let in again');
});

test('bytes that are no message ban their sender; a link that closed meanwhile changes nothing', () => {
  for (const [channel, bytes] of [
    ['control', Uint8Array.of(99)],
    ['control', new Uint8Array(0)],
    ['control', Uint8Array.of(6, 200)],
    ['data', Uint8Array.of(32, 0, 1, 2, 3)],
    ['data', encodeWireMessage({ type: 'ping', token: 1 })],
  ] as const) {
    const talk = fedByAlice();
    const outputs = talk.input({ type: 'message', peer: ALICE, channel, bytes });
    assert.equal(ofType(outputs, 'banned').length, 1);
    assert.deepEqual(talk.input({ type: 'message', peer: ALICE, channel, bytes }), [], 'gone, so unheard');
  }
});

test('messages of an unknown peer are ignored', () => {
  const talk = new Conversation();
  assert.deepEqual(talk.say(BOB, { type: 'ping', token: 1 }), []);
});

test('another protocol version, and another number of sub-streams, are hung up on without a ban', () => {
  for (const [protocolVersion, substreams] of [
    [2, 8],
    [1, 4],
  ] as const) {
    const talk = new Conversation();
    talk.input({ type: 'link-opened', peer: ALICE, role: 'viewer', rttMs: 40 });
    const hello = { type: 'hello', slots: 1, node: 7, epoch: EPOCH, playSequence: 0 as Sequence } as const;
    const outputs = talk.say(ALICE, { ...hello, protocolVersion, substreams });
    assert.equal(ofType(outputs, 'disconnect').length, 1);
    assert.equal(ofType(outputs, 'banned').length, 0);
  }
});

test('nothing counts before HELLO, and who never says it is left', () => {
  const talk = new Conversation();
  talk.input({ type: 'link-opened', peer: ALICE, role: 'viewer', rttMs: 40 });
  assert.deepEqual(talk.have(ALICE, 10), []);
  let outputs: EngineOutput[] = [];
  for (let second = 0; second < 7; second++) {
    talk.say(ALICE, { type: 'ping', token: second });
    outputs = outputs.concat(talk.wait(1000));
  }
  assert.equal(ofType(outputs, 'disconnect')[0]?.reason, 'no hello');
});

test('a flood of control messages, and one of packets nobody asked for, cut the link without a ban', () => {
  const talker = fedByAlice();
  talker.meet(BOB);
  const cut: EngineOutput[] = [];
  for (let count = 0; count < 600; count++)
    cut.push(...talker.say(BOB, { type: 'missing', epoch: EPOCH, sequence: 1 as Sequence }));
  assert.equal(ofType(cut, 'disconnect').length, 1);
  const pusher = fedByAlice();
  pusher.meet(BOB);
  const outputs: EngineOutput[] = [];
  for (let sequence = 100; sequence < 140; sequence++) {
    outputs.push(...pusher.say(BOB, { type: 'push', isBacklog: false, packet: packet(sequence) }));
  }
  assert.equal(ofType(outputs, 'verify').length, 0, 'not even checked');
  assert.equal(ofType(outputs, 'disconnect').length, 1);
  assert.equal(ofType([...cut, ...outputs], 'banned').length, 0);
});

test('packets too far ahead, too old, of another epoch or already here are dropped unchecked', () => {
  const talk = fedByAlice(40);
  const dropped = [packet(5000), packet(39), packet(41, 0x77 as Epoch)];
  for (const each of dropped) {
    const outputs = talk.say(ALICE, { type: 'push', isBacklog: false, packet: each });
    assert.equal(ofType(outputs, 'verify').length, 0, `packet ${each.header.sequence}`);
  }
  assert.equal(talk.engine.snapshot().packetsDuplicate, 1);
});

test('a foreign epoch is told once in a while, and an epoch that is over is not news', () => {
  const talk = fedByAlice();
  const told = (epoch: number): number =>
    ofType(talk.say(ALICE, { type: 'push', isBacklog: false, packet: packet(41, epoch as Epoch) }), 'epoch-unknown')
      .length;
  assert.equal(told(0x77), 1);
  assert.equal(told(0x77), 0);
  talk.wait(2100);
  assert.equal(told(0x77), 1);
  talk.input({ type: 'epoch', epoch: 0x77 as Epoch, startSequence: 0 as Sequence });
  talk.wait(2100);
  assert.equal(told(EPOCH), 0);
});

test('an evicted child takes the pushes of grace, and does not unsubscribe', () => {
  const talk = fedByAlice();
  talk.meet(BOB, { held: 40 });
  const evicted = talk.say(ALICE, { type: 'evict', substream: 0, hasGrace: true, goTo: BOB });
  assert.deepEqual(talk.subscriptions(BOB, evicted), [0], 'who was named is asked first');
  talk.nowMs += 100;
  const pushed = talk.say(ALICE, { type: 'push', isBacklog: false, packet: packet(40) });
  assert.equal(ofType(pushed, 'verify').length, 1);
  assert.ok(!said([...evicted, ...pushed], ALICE).some((message) => message.type === 'unsubscribe'));
});

test('a parent on whose path we stand is left at once', () => {
  const talk = fedByAlice();
  const hello = said(talk.outputs, ALICE).find((message) => message.type === 'hello');
  assert.ok(hello?.type === 'hello');
  const outputs = talk.say(ALICE, { type: 'path', substream: 3, path: [9, hello.node] });
  assert.ok(said(outputs, ALICE).some((message) => message.type === 'unsubscribe' && message.substream === 3));
  assert.equal(talk.engine.snapshot().parents[3], undefined);
});

test('a hole is asked of a neighbour that shows the packet, and of no one else', () => {
  const talk = fedByAlice(40);
  talk.meet(BOB, { held: 60, open: false });
  talk.meet(CAROL, { held: 38, open: false });
  for (let sequence = 41; sequence < 56; sequence++) {
    talk.nowMs = sequence * PACKET_MS + 60;
    talk.verify(talk.say(ALICE, { type: 'push', isBacklog: false, packet: packet(sequence) }), true);
  }
  const outputs = talk.wait(500);
  const requests = (peer: PeerId) =>
    said([...talk.outputs, ...outputs], peer).filter((message) => message.type === 'request');
  assert.ok(requests(BOB).some((message) => message.type === 'request' && message.sequences.includes(40 as Sequence)));
  assert.deepEqual(requests(CAROL), []);
  const repaired = talk.verify(talk.say(BOB, { type: 'repair', packet: packet(40) }), true);
  assert.equal(ofType(repaired, 'deliver').length, 1);
});

test('a packet that nobody has is fetched once, between 300 and 700 ms before its deadline', () => {
  const talk = fedByAlice(40);
  talk.input({ type: 'playback', targetLatencyMs: 2500, nextSequence: 0 as Sequence });
  const fetches: number[] = [];
  for (let sequence = 41; sequence < 100; sequence++) {
    const outputs = talk.wait(sequence * PACKET_MS + 60 - talk.nowMs);
    outputs.push(...talk.say(ALICE, { type: 'push', isBacklog: false, packet: packet(sequence) }));
    talk.verify(outputs, true);
    for (const fetch of ofType(outputs, 'fetch')) {
      assert.deepEqual(fetch.sequences, [40]);
      fetches.push(talk.nowMs);
    }
  }
  assert.equal(fetches.length, 1);
  const beforeDeadlineMs = 40 * PACKET_MS + 2500 - (fetches[0] as number);
  assert.ok(beforeDeadlineMs >= 300 && beforeDeadlineMs <= 700, `${beforeDeadlineMs} ms before`);
});

test('a request is answered with the packet, or at once with MISSING', () => {
  const talk = fedByAlice(40);
  talk.meet(BOB);
  const outputs = talk.say(BOB, { type: 'request', epoch: EPOCH, sequences: [39 as Sequence, 77 as Sequence] });
  assert.deepEqual(
    said(outputs, BOB).map((message) => message.type),
    ['missing', 'repair'],
  );
});

test('who asks for repairs without end is given a few a second', () => {
  const talk = fedByAlice(40);
  talk.meet(BOB);
  const sequences = Array.from({ length: 16 }, (_, at) => (at + 20) as Sequence);
  let repairs = 0;
  for (let turn = 0; turn < 20; turn++) {
    const outputs = talk.say(BOB, { type: 'request', epoch: EPOCH, sequences });
    repairs += said(outputs, BOB).filter((message) => message.type === 'repair').length;
  }
  assert.ok(repairs <= 24, `${repairs} repairs`);
});

test('a receiver only refuses every child and offers nothing', () => {
  const talk = fedByAlice();
  talk.input({ type: 'upload-limit', bytesPerSecond: 0 });
  talk.meet(BOB);
  const outputs = talk.say(BOB, {
    type: 'subscribe',
    substream: 0,
    epoch: EPOCH,
    from: 0 as Sequence,
    strength: 9,
    isPeaceful: false,
    depth: 0,
    parent: undefined,
  });
  assert.ok(said(outputs, BOB).every((message) => message.type !== 'accept'));
  const have = said(talk.wait(700), BOB).find((message) => message.type === 'have');
  assert.ok(have?.type === 'have' && have.openSubstreams === 0 && have.map.every((byte) => byte === 0));
});

test('the swarm is turned off: every link ends and the server feeds all; turned on, peers may be met again', () => {
  const talk = fedByAlice();
  const off = talk.input({ type: 'swarm-enabled', isEnabled: false });
  assert.equal(ofType(off, 'disconnect').length, 1);
  assert.deepEqual(ofType(off, 'server-stream')[0]?.substreams, [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal(ofType(off, 'server-stream')[0]?.from, 40);
  const introduced: EngineInput = { type: 'introduced', peers: [{ peer: BOB, role: 'viewer', offers: true }] };
  assert.equal(ofType(talk.input(introduced), 'connect').length, 0);
  talk.input({ type: 'swarm-enabled', isEnabled: true });
  assert.equal(ofType(talk.input(introduced), 'connect').length, 1);
});

test('a seeder pushes to its children what it produces, never more than its copies, and takes nothing from anyone', () => {
  const talk = new Conversation('seeder', { copies: 2 });
  talk.input({ type: 'packet-produced', packet: packet(0) });
  const accepted: PeerId[] = [];
  for (const peer of [ALICE, BOB, CAROL]) {
    talk.meet(peer);
    const outputs = talk.say(peer, {
      type: 'subscribe',
      substream: 1,
      epoch: EPOCH,
      from: 0 as Sequence,
      strength: 1,
      isPeaceful: false,
      depth: 0,
      parent: undefined,
    });
    if (said(outputs, peer).some((message) => message.type === 'accept')) accepted.push(peer);
  }
  assert.deepEqual(accepted, [ALICE, BOB]);
  const pushed = talk.input({ type: 'packet-produced', packet: packet(1) });
  assert.deepEqual(
    ofType(pushed, 'send')
      .filter((output) => output.channel === 'data')
      .map((output) => output.peer),
    [ALICE, BOB],
  );
  const taken = talk.say(ALICE, { type: 'push', isBacklog: false, packet: packet(2) });
  assert.equal(ofType(taken, 'verify').length, 0);
});

test('the weaker makes room for the stronger, with a second of grace, and not when the swarm is short', () => {
  for (const isShort of [false, true]) {
    const talk = new Conversation('seeder', { copies: 1 });
    talk.input({ type: 'swarm-state', state: { isShort, viewers: 3 } });
    talk.input({ type: 'packet-produced', packet: packet(0) });
    const subscribe = (peer: PeerId, strength: number) =>
      talk.say(peer, {
        type: 'subscribe',
        substream: 1,
        epoch: EPOCH,
        from: 1 as Sequence,
        strength,
        isPeaceful: false,
        depth: 0,
        parent: undefined,
      });
    talk.meet(ALICE);
    talk.meet(BOB);
    subscribe(ALICE, 2);
    const outputs = subscribe(BOB, 5);
    const evictions = said(outputs, ALICE).filter((message) => message.type === 'evict');
    assert.equal(evictions.length, isShort ? 0 : 1);
    if (isShort) continue;
    assert.deepEqual(evictions[0], { type: 'evict', substream: 1, hasGrace: true, goTo: BOB });
    const receivers = (sent: EngineOutput[]) =>
      ofType(sent, 'send')
        .filter((output) => output.channel === 'data')
        .map((output) => output.peer);
    assert.deepEqual(receivers(talk.input({ type: 'packet-produced', packet: packet(1) })).sort(), [ALICE, BOB]);
    talk.wait(1100);
    assert.deepEqual(receivers(talk.input({ type: 'packet-produced', packet: packet(9) })), [BOB]);
  }
});

test('the server stream breaks: it is opened again, later each time, from the first packet that is missing', () => {
  const talk = new Conversation();
  for (let sequence = 0; sequence < 5; sequence++) talk.fromServer(sequence);
  const openings: number[] = [];
  for (let turn = 0; turn < 4; turn++) {
    const closedMs = talk.nowMs;
    talk.input({ type: 'server-stream-closed', reason: 'test' });
    for (let step = 0; step < 400; step++) {
      const [opened] = ofType(talk.wait(50), 'server-stream');
      if (opened === undefined) continue;
      assert.equal(opened.from, 5);
      openings.push(talk.nowMs - closedMs);
      break;
    }
  }
  assert.equal(openings.length, 4);
  assert.ok((openings[3] as number) > (openings[0] as number) * 2, openings.join(' '));
});

test('what the driver never answers is forgotten in time: verdicts, fetches, connections', () => {
  const talk = fedByAlice(40);
  talk.input({ type: 'introduced', peers: [{ peer: BOB, role: 'viewer', offers: true }] });
  talk.say(ALICE, { type: 'push', isBacklog: false, packet: packet(40) });
  const outputs = talk.wait(40_000);
  assert.ok(ofType(outputs, 'disconnect').some((output) => output.peer === BOB && output.reason.includes('in time')));
  const late = talk.input({ type: 'verified', ticket: 41, isValid: true });
  assert.equal(ofType(late, 'deliver').length, 0);
});

test('any input in any order is survived', () => {
  const talk = new Conversation();
  const inputs: EngineInput[] = [
    { type: 'link-closed', peer: BOB, reason: '' },
    { type: 'link-buffer', peer: BOB, bufferedBytes: 5 },
    { type: 'fetch-failed', epoch: EPOCH, sequence: 3 as Sequence },
    { type: 'verified', ticket: 99, isValid: true },
    { type: 'server-stream-closed', reason: '' },
    { type: 'commitments', commitments: [{ substream: 99, fan: 5 }] },
    { type: 'playback', targetLatencyMs: -5, nextSequence: 9_999 as Sequence },
    { type: 'upload-limit', bytesPerSecond: -1 },
    { type: 'swarm-enabled', isEnabled: false },
    { type: 'introduced', peers: [] },
    { type: 'epoch', epoch: 9 as Epoch, startSequence: 4_000_000_000 as Sequence },
  ];
  for (const input of [...inputs, ...inputs.toReversed()]) {
    talk.input(input);
    talk.wait(300);
  }
  assert.equal(talk.engine.snapshot().links, 0);
});
