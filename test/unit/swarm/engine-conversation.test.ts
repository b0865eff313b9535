// One engine and its neighbours: how it is fed, feeds, repairs, makes room and falls back on the server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerId, Sequence } from '../../../shared/basics/units.ts';
import { DEFAULT_ENGINE_CONFIG } from '../../../shared/swarm/engine-config.ts';
import type { EngineInput, EngineOutput } from '../../../shared/swarm/engine-types.ts';
import {
  ALICE,
  BOB,
  CAROL,
  Conversation,
  EPOCH,
  fedByAlice,
  ofType,
  PACKET_MS,
  packet,
  said,
} from '../../support/engine-conversation.ts';

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
  const have = said(talk.wait(1.2 * DEFAULT_ENGINE_CONFIG.haveIntervalMs), BOB).find(
    (message) => message.type === 'have',
  );
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

test('the weaker makes room for the stronger, with a second of grace, and in a short swarm only for a place in exchange', () => {
  for (const isShort of [false, true]) {
    const talk = new Conversation('seeder', { copies: 1 });
    talk.input({ type: 'swarm-state', state: { isShort, viewers: 3 } });
    talk.input({ type: 'packet-produced', packet: packet(0) });
    const subscribe = (peer: PeerId, strength: number, parent?: PeerId) =>
      talk.say(peer, {
        type: 'subscribe',
        substream: 1,
        epoch: EPOCH,
        from: 1 as Sequence,
        strength,
        isPeaceful: false,
        depth: 0,
        parent,
      });
    const evictionsOf = (outputs: EngineOutput[]) => said(outputs, ALICE).filter((message) => message.type === 'evict');
    talk.meet(ALICE);
    talk.meet(BOB);
    subscribe(ALICE, 2);
    const bare = evictionsOf(subscribe(BOB, 5));
    const evictions = isShort ? evictionsOf(subscribe(BOB, 5, CAROL)) : bare;
    if (isShort) assert.deepEqual(bare, []);
    const goTo = isShort ? CAROL : BOB;
    assert.deepEqual(evictions, [{ type: 'evict', substream: 1, hasGrace: true, goTo }]);
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

test('a peer that comes again under another id keeps one link: the older, or the newer where the older is silent', () => {
  for (const isSilent of [false, true]) {
    const talk = fedByAlice();
    const ours = said(talk.outputs, ALICE).find((message) => message.type === 'hello');
    assert.ok(ours?.type === 'hello');
    // Whoever has the higher number decides; a peer below every other is sure to leave it to us.
    const hello = { type: 'hello', protocolVersion: 1, substreams: 8, slots: 1, epoch: EPOCH } as const;
    talk.say(ALICE, { ...hello, node: 1, playSequence: 0 as Sequence });
    if (isSilent) talk.wait(1.5 * DEFAULT_ENGINE_CONFIG.haveIntervalMs);
    talk.input({ type: 'link-opened', peer: BOB, role: 'viewer', rttMs: 40 });
    const outputs = talk.say(BOB, { ...hello, node: 1, playSequence: 0 as Sequence });
    assert.deepEqual(
      ofType(outputs, 'disconnect').map((output) => output.peer),
      [isSilent ? ALICE : BOB],
    );
    assert.equal(ofType(outputs, 'banned').length, 0);
  }
});
