// Whether our own line bears the swarm: tried out with one child, rated by the round trips behind its first packet, rested where it is full.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millis, PeerId, Sequence } from '../../../shared/basics/units.ts';
import { makeEngineParts } from '../../../shared/swarm/engine-parts.ts';
import type { EngineOutput } from '../../../shared/swarm/engine-types.ts';
import {
  ALICE,
  BOB,
  CAROL,
  Conversation,
  EPOCH,
  ofType,
  PACKET_MS,
  packet,
  said,
} from '../../support/engine-conversation.ts';

const REST_MS = 30_000;
/** Through a line that is full. */
const SLOW_MS = 1000;

test('one child, until an answer behind its first packet is in time: then as many as the line is believed to carry', () => {
  const talk = new Answering({ [ALICE]: 20, [BOB]: 20, [CAROL]: 20 });
  assert.deepEqual(talk.subscribes(BOB, 0), ['accept']);
  assert.deepEqual(talk.subscribes(CAROL, 1), ['refuse']);
  talk.run(500);
  assert.deepEqual(talk.subscribes(CAROL, 1), ['accept']);
  assert.deepEqual(talk.subscribes(BOB, 2), ['accept']);
});

test('a neighbour that answers late says nothing of our line where another answers in time', () => {
  const talk = new Answering({ [ALICE]: SLOW_MS, [BOB]: 20, [CAROL]: SLOW_MS });
  talk.subscribes(BOB, 0);
  talk.run(500);
  assert.deepEqual(talk.subscribes(CAROL, 1), ['accept']);
});

test('a line on which all are late behind one packet rests: no links, all from the server, and another attempt later', () => {
  const talk = new Answering({ [ALICE]: 20, [BOB]: 20, [CAROL]: 20 });
  talk.subscribes(BOB, 0);
  talk.answerAfter({ [ALICE]: SLOW_MS, [BOB]: SLOW_MS, [CAROL]: SLOW_MS });
  const outputs = talk.run(1500);
  assert.deepEqual(
    ofType(outputs, 'disconnect')
      .map(({ peer }) => peer)
      .sort(),
    [ALICE, BOB, CAROL],
  );
  assert.deepEqual(ofType(outputs, 'server-stream').at(-1)?.substreams, [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal(ofType(talk.run(REST_MS - 3000), 'ask-tracker').length, 0, 'it rests');
  assert.ok(ofType(talk.run(4000), 'ask-tracker').length > 0, 'it tries again');
});

test('who has carried well before rests for a short while, and comes back without hesitation; if in vain, for longer', () => {
  const { context, line } = makeEngineParts({ role: 'viewer', seed: 1 });
  const at = (ms: number): [boolean, boolean] => {
    context.nowMs = ms as Millis;
    return [line.isResting, line.takeTurn()];
  };
  line.rest(false);
  assert.deepEqual(
    [at(29_999), at(30_001)],
    [
      [true, false],
      [false, false],
    ],
  );
  context.nowMs = 400_000 as Millis;
  line.rest(true);
  assert.deepEqual(
    [at(409_999), at(410_001)],
    [
      [true, true],
      [false, true],
    ],
  );
  line.rest(true);
  assert.deepEqual(
    [at(430_000), at(430_002)],
    [
      [true, true],
      [false, true],
    ],
  );
});

test('each further rest is twice as long', () => {
  const talk = new Answering({ [ALICE]: SLOW_MS, [BOB]: SLOW_MS, [CAROL]: SLOW_MS });
  talk.run(3000);
  talk.run(REST_MS);
  for (const peer of [ALICE, BOB, CAROL]) talk.talk.meet(peer, { held: 16 });
  assert.equal(ofType(talk.run(3000), 'disconnect').length, 3);
  assert.equal(ofType(talk.run(2 * REST_MS - 4000), 'ask-tracker').length, 0, 'it rests');
  assert.ok(ofType(talk.run(5000), 'ask-tracker').length > 0, 'it tries again');
});

test('a line is full without a child as well, with what receiving takes', () => {
  const talk = new Answering({ [ALICE]: 20, [BOB]: 20, [CAROL]: 20 });
  talk.run(2000);
  talk.answerAfter({ [ALICE]: SLOW_MS, [BOB]: SLOW_MS, [CAROL]: SLOW_MS });
  assert.equal(ofType(talk.run(3000), 'disconnect').length, 3);
});

test('a line that has shown what it carries goes on when it is full: its children are fewer, its links stay', () => {
  const talk = new Answering({ [ALICE]: 20, [BOB]: 20, [CAROL]: 20 });
  talk.subscribes(BOB, 0);
  talk.run(500);
  talk.answerAfter({ [ALICE]: SLOW_MS, [BOB]: SLOW_MS, [CAROL]: SLOW_MS });
  assert.equal(ofType(talk.run(3000), 'disconnect').length, 0);
});

test('one viewer alone may be late by its own line; a seeder is not', () => {
  const alone = new Answering({ [ALICE]: SLOW_MS });
  alone.run(5000);
  assert.equal(ofType(alone.talk.outputs, 'disconnect').length, 0);
  const atSeeder = new Answering({ [ALICE]: SLOW_MS }, 'seeder');
  atSeeder.run(5000);
  assert.equal(ofType(atSeeder.talk.outputs, 'disconnect').length, 1);
});

test('who is far from all others has no full line: it bears children and never rests', () => {
  for (const rttMs of [300, 600]) {
    const talk = new Answering({ [ALICE]: rttMs, [BOB]: rttMs, [CAROL]: rttMs }, 'viewer', rttMs);
    talk.subscribes(BOB, 0);
    talk.run(8000);
    assert.equal(ofType(talk.talk.outputs, 'disconnect').length, 0);
    for (const substream of [1, 2, 3]) assert.deepEqual(talk.subscribes(CAROL, substream), ['accept'], `${rttMs} ms`);
  }
});

test('while it rests it is in no swarm: who calls is hung up on, and the page may still turn the swarm off and on', () => {
  const { talk } = rested();
  talk.input({ type: 'link-opened', peer: BOB, role: 'viewer', rttMs: 40 });
  assert.equal(ofType(talk.outputs, 'disconnect').at(-1)?.peer, BOB);
  talk.input({ type: 'swarm-enabled', isEnabled: false });
  talk.input({ type: 'swarm-enabled', isEnabled: true });
  talk.input({ type: 'link-opened', peer: CAROL, role: 'viewer', rttMs: 40 });
  assert.equal(ofType(talk.outputs, 'disconnect').at(-1)?.peer, CAROL);
});

test('back from a rest it makes one link at a time, and leaves the server stream one sub-stream after the other, at first none', () => {
  const { talk } = rested();
  const told = { role: 'viewer' as const, offers: true };
  talk.wait(REST_MS);
  const called = talk.input({ type: 'introduced', peers: [ALICE, BOB, CAROL].map((peer) => ({ ...told, peer })) });
  assert.deepEqual(
    ofType(called, 'connect').map(({ peer }) => peer),
    [ALICE],
  );
  talk.outputs = [];
  talk.meet(ALICE, { held: 16 });
  const keepTold = (ms: number): void => {
    for (const untilMs = talk.nowMs + ms; talk.nowMs < untilMs; talk.have(ALICE, 16)) talk.wait(500);
  };
  keepTold(6000);
  assert.deepEqual(talk.subscriptions(ALICE), []);
  keepTold(6000);
  const { length } = talk.subscriptions(ALICE);
  assert.ok(length >= 1 && length <= 4, `one every two seconds: ${length}`);
});

function rested(): Answering {
  const talk = new Answering({ [ALICE]: SLOW_MS, [BOB]: SLOW_MS, [CAROL]: SLOW_MS });
  talk.run(3000);
  assert.equal(ofType(talk.talk.outputs, 'disconnect').length, 3);
  return talk;
}

type DelaysMs = Readonly<Record<PeerId, number>>;

/** A viewer that Alice feeds, whose neighbours answer pings after so long, and say what they hold each second. */
class Answering {
  readonly talk = new Conversation('viewer', { pingIntervalMs: 250 });
  private delaysMs: DelaysMs;
  private readonly pongs: { readonly atMs: number; readonly peer: PeerId; readonly token: number }[] = [];
  private newest = 15;

  constructor(delaysMs: DelaysMs, role: 'viewer' | 'seeder' = 'viewer', rttMs = 40) {
    this.delaysMs = delaysMs;
    for (let sequence = 0; sequence <= this.newest; sequence++) this.talk.fromServer(sequence);
    this.talk.nowMs = 1000 + this.newest * PACKET_MS;
    for (const peer of this.peers) this.talk.meet(peer, { held: 16, role, rttMs });
    for (let substream = 0; substream < 8; substream++) this.talk.accept(ALICE, substream);
    this.note(this.talk.outputs);
    this.run(1200);
  }

  answerAfter(delaysMs: DelaysMs): void {
    this.delaysMs = delaysMs;
  }

  /** What it says to that at once. */
  subscribes(peer: PeerId, substream: number): string[] {
    const outputs = this.talk.say(peer, {
      type: 'subscribe',
      substream,
      epoch: EPOCH,
      strength: 2,
      from: this.newest as Sequence,
      parent: undefined,
      isPeaceful: false,
      depth: 1,
    });
    this.note(outputs);
    return said(outputs, peer)
      .map(({ type }) => type)
      .filter((type) => type === 'accept' || type === 'refuse');
  }

  run(ms: number): EngineOutput[] {
    const { talk } = this;
    const outputs: EngineOutput[] = [];
    const take = (more: readonly EngineOutput[]): void => {
      this.note(more);
      outputs.push(...more);
    };
    for (const untilMs = talk.nowMs + ms; talk.nowMs < untilMs; ) {
      take(talk.wait(10));
      for (const due of this.pongs.filter(({ atMs }) => atMs <= talk.nowMs)) {
        this.pongs.splice(this.pongs.indexOf(due), 1);
        take(talk.say(due.peer, { type: 'pong', token: due.token }));
      }
      if (talk.nowMs % 500 < 10) for (const peer of this.peers) take(talk.have(peer, 16));
      while ((this.newest + 1) * PACKET_MS < talk.nowMs - 60) take(this.push());
    }
    return outputs;
  }

  private push(): EngineOutput[] {
    const { talk } = this;
    const outputs = talk.say(ALICE, { type: 'push', isBacklog: false, packet: packet(++this.newest) });
    return [...outputs, ...talk.verify(outputs, true)];
  }

  private get peers(): PeerId[] {
    return Object.keys(this.delaysMs) as PeerId[];
  }

  private note(outputs: readonly EngineOutput[]): void {
    for (const peer of this.peers) {
      for (const message of said(outputs, peer)) {
        if (message.type !== 'ping') continue;
        this.pongs.push({ atMs: this.talk.nowMs + (this.delaysMs[peer] ?? 0), peer, token: message.token });
      }
    }
  }
}
