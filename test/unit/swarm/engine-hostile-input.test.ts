// What is late, repeated, false, hostile or senseless: dropped, counted, cut or banned, and never more than it deserves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Epoch, Sequence } from '../../../shared/basics/units.ts';
import type { EngineInput, EngineOutput } from '../../../shared/swarm/engine-types.ts';
import { encodeWireMessage } from '../../../shared/wire/wire-message.ts';
import {
  ALICE,
  BOB,
  Conversation,
  EPOCH,
  fedByAlice,
  forged,
  ofType,
  packet,
  said,
} from '../../support/engine-conversation.ts';

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
    { type: 'link-buffers', links: [{ peer: BOB, bufferedBytes: 5 }] },
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
