// Packets that are late: who changes parents and when, and what a seeder does when its heads fail.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerId, Sequence } from '../../../shared/basics/units.ts';
import type { EngineOutput } from '../../../shared/swarm/engine-types.ts';
import { ALICE, BOB, CAROL, Conversation, EPOCH, fedByAlice, packet, said } from '../../support/engine-conversation.ts';

const SUBSTREAM = 0;
/** All that the parent of sub-stream 0 fails to bring, while the others go on: so it exists. */
const LATE = 104;

/** Fed by Alice; Bob is there to change to, Carol is a child in sub-stream 0. */
function family(): Conversation {
  const talk = fedByAlice(LATE);
  talk.meet(CAROL, { open: false });
  talk.say(CAROL, subscribe(SUBSTREAM));
  talk.meet(BOB, { held: LATE + 16 });
  return talk;
}

function subscribe(substream: number) {
  return {
    type: 'subscribe',
    substream,
    epoch: EPOCH,
    from: LATE as Sequence,
    strength: 1,
    isPeaceful: false,
    depth: 0,
    parent: undefined,
  } as const;
}

/** Packets behind the late one come from Alice in time, the last one `packets` after it. */
function goOn(talk: Conversation, packets: number, from = 1): EngineOutput[] {
  const outputs: EngineOutput[] = [];
  for (let sequence = LATE + from; sequence <= LATE + packets; sequence++) {
    outputs.push(...talk.wait(Math.max(0, sequence * 50 + 60 - talk.nowMs)));
    if (sequence % 8 === SUBSTREAM) continue;
    outputs.push(...talk.verify(talk.say(ALICE, { type: 'push', isBacklog: false, packet: packet(sequence) }), true));
  }
  return outputs;
}

const paths = (outputs: readonly EngineOutput[], peer: PeerId) =>
  said(outputs, peer).flatMap((message) => (message.type === 'path' ? [message.path.length] : []));

const asks = (talk: Conversation, outputs: readonly EngineOutput[]) =>
  talk.subscriptions(BOB, outputs).filter((substream) => substream === SUBSTREAM).length;

/** From which packet on Bob was asked to feed us. */
const firstAsked = (outputs: readonly EngineOutput[]) =>
  said(outputs, BOB).flatMap((message) =>
    message.type === 'subscribe' && message.substream === SUBSTREAM ? [message.from] : [],
  );

test('a parent whose packet is overdue is replaced: another is asked, once', () => {
  const talk = family();
  assert.equal(asks(talk, goOn(talk, 9)), 0, 'it may still come');
  const asked = goOn(talk, 14, 10);
  assert.equal(asks(talk, asked), 1);
  assert.deepEqual(firstAsked(asked), [LATE + 8], 'not for what is under way already, most likely');
  const outputs = talk.accept(BOB, SUBSTREAM);
  assert.ok(said(outputs, ALICE).some(({ type }) => type === 'unsubscribe'));
});

test('children hear of another way to the source, once', () => {
  const talk = family();
  const told = () => paths(talk.say(ALICE, { type: 'path', substream: SUBSTREAM, path: [7, 8, 9] }), CAROL);
  assert.deepEqual(told(), [4]);
  assert.deepEqual(told(), []);
});

test('whoever lost its parent and is fed by the server is the first on the way of its children', () => {
  const talk = fedByAlice(LATE);
  talk.meet(CAROL, { open: false });
  talk.say(CAROL, subscribe(SUBSTREAM));
  const lost = talk.input({ type: 'link-closed', peer: ALICE, reason: 'gone' });
  assert.deepEqual(paths(lost, CAROL), [], 'the way is not known yet');
  const outputs = talk.wait(6000);
  assert.ok(outputs.some(({ type }) => type === 'server-stream'));
  assert.deepEqual(paths(outputs, CAROL), [1]);
});

test('a packet that comes just in time keeps the parent', () => {
  const talk = family();
  goOn(talk, 9);
  talk.verify(talk.say(ALICE, { type: 'push', isBacklog: false, packet: packet(LATE) }), true);
  assert.equal(asks(talk, goOn(talk, 12, 10)), 0);
});

test('who was displaced takes the pushes of grace until another feeds it, and no longer', () => {
  const talk = fedByAlice(LATE);
  talk.meet(BOB, { held: LATE });
  const evicted = talk.say(ALICE, { type: 'evict', substream: SUBSTREAM, hasGrace: true, goTo: BOB });
  assert.deepEqual(firstAsked(evicted), [LATE + 8], 'the next packet is still brought by who displaced us');
  const accepted = talk.accept(BOB, SUBSTREAM);
  assert.ok(!said(accepted, ALICE).some((message) => message.type === 'unsubscribe'));
  talk.nowMs += 50;
  const pushed = talk.say(BOB, { type: 'push', isBacklog: false, packet: packet(LATE) });
  const outputs = [...pushed, ...talk.verify(pushed, true)];
  assert.ok(said(outputs, ALICE).some((message) => message.type === 'unsubscribe' && message.substream === SUBSTREAM));
});

test('a seeder pushes a sub-stream once more while a quarter of its neighbours lack it', () => {
  const talk = new Conversation('seeder', { copies: 1 });
  talk.input({ type: 'upload-limit', bytesPerSecond: 10_000_000 });
  for (let sequence = 0; sequence < 16; sequence++) talk.input({ type: 'packet-produced', packet: packet(sequence) });
  const peers = [ALICE, BOB, CAROL, 'AAAAAAAAAAAAAAA3' as PeerId, 'AAAAAAAAAAAAAAA4' as PeerId];
  for (const peer of peers) talk.meet(peer, { held: 16 });
  const isAccepted = (peer: PeerId) =>
    said(talk.say(peer, subscribe(SUBSTREAM)), peer).some((message) => message.type === 'accept');
  assert.equal(isAccepted(ALICE), true);
  const lookAfter = (lagMs: number | 'none') => {
    for (let second = 0; second < 7; second++) {
      for (const peer of peers) talk.have(peer, 16, lagMs);
      talk.wait(1000);
    }
  };
  lookAfter(50);
  assert.equal(isAccepted(BOB), false, 'one copy is pushed, and everybody is fed');
  lookAfter('none');
  assert.equal(isAccepted(BOB), true, 'a spare one');
  assert.equal(isAccepted(CAROL), false, 'and no more');
});
