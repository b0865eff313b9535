/*
 * The tracker's core, driven by hand: who is introduced to whom, what may be signalled, what it says of the swarm, and that
 * it stays within its bounds. No socket, no clock: each test is the same on every machine.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SignalMessage } from '../../../shared/wire/tracker-messages.ts';
import { CHROMIUM_ANSWER, CHROMIUM_OFFER } from './real-descriptions.ts';
import { introductionsTo, TrackerHarness } from './tracker-harness.ts';

const OFFER: SignalMessage = { type: 'offer', sdp: CHROMIUM_OFFER };
const ANSWER: SignalMessage = { type: 'answer', sdp: CHROMIUM_ANSWER };
const CANDIDATE: SignalMessage = {
  type: 'candidate',
  candidate: 'candidate:1 1 udp 1 d3581a87-bb83-4b0e-8f96-6a3f50b5f650.local 5000 typ host',
  mid: '0',
};

test('a newcomer is introduced to at most eight, each of whom is told; it offers to each', () => {
  const tracker = new TrackerHarness();
  for (let n = 0; n < 50; n++) tracker.join();
  const { answer, peer, outputs } = tracker.join();
  assert.equal(answer.introductions.length, 8);
  assert.equal(new Set(answer.introductions.map(({ peerId }) => peerId)).size, 8);
  for (const { peerId, offers } of answer.introductions) {
    assert.equal(offers, true);
    assert.deepEqual(introductionsTo(outputs, peerId), [{ peerId: peer, role: 'viewer', offers: false }]);
  }
});

test('who receives only is introduced to nobody, and is told of others', () => {
  const tracker = new TrackerHarness();
  tracker.join({ uplinkKbps: 0 });
  const { answer } = tracker.join();
  assert.deepEqual(answer.introductions, []);
  assert.equal(tracker.join({ uplinkKbps: 0 }).answer.introductions.length, 1);
});

test('channels do not know of each other', () => {
  const tracker = new TrackerHarness();
  tracker.join({ channel: 'one' });
  const { answer, peer } = tracker.join({ channel: 'two' });
  assert.deepEqual(answer.introductions, []);
  assert.deepEqual(
    tracker.signal(peer, tracker.join({ channel: 'one' }).peer, OFFER).map(({ type }) => type),
    ['gone'],
  );
});

test('in a small swarm everybody meets the seeder and offers to it; in a large one the strong do', () => {
  const tracker = new TrackerHarness();
  const early = tracker.join();
  const seeder = tracker.join({ role: 'seeder' });
  assert.deepEqual(seeder.answer.introductions, [{ peerId: early.peer, role: 'viewer', offers: false }]);
  const metSeeder = (uplinkKbps: number): boolean =>
    tracker.join({ uplinkKbps }).answer.introductions.some(({ peerId, offers }) => peerId === seeder.peer && offers);
  assert.equal(metSeeder(0), true);
  for (let n = 0; n < 40; n++) tracker.join({ uplinkKbps: 0 });
  assert.equal(metSeeder(100), false);
  tracker.report(seeder.peer, { links: 41 });
  assert.equal(metSeeder(2000), true);
});

test('a seeder whose links are full is introduced to nobody', () => {
  const tracker = new TrackerHarness();
  const seeder = tracker.join({ role: 'seeder' });
  tracker.report(seeder.peer, { links: 56 });
  assert.deepEqual(tracker.join().answer.introductions, []);
});

test("a seeder's links are topped up with the strongest", () => {
  const tracker = new TrackerHarness();
  const seeder = tracker.join({ role: 'seeder', links: 36 });
  const weak = [...new Array(5)].map(() => tracker.join({ uplinkKbps: 200 }));
  const strong = tracker.join({ links: 40 });
  tracker.report(strong.peer, { slots: 30 });
  tracker.advance(60_000);
  for (const { peer } of weak) tracker.report(peer, { slots: 1 });
  const outputs = tracker.report(seeder.peer, { links: 1 });
  const met = introductionsTo(outputs, seeder.peer);
  assert.equal(met[0]?.peerId, strong.peer);
  assert.ok(met.length <= 4 && met.every(({ offers }) => !offers));
});

test('signals go between two that were introduced, in the order of a handshake, and no further', () => {
  const tracker = new TrackerHarness();
  const first = tracker.join().peer;
  const second = tracker.join().peer;
  const relayed = (from: typeof first, to: typeof first, signal: SignalMessage): boolean =>
    tracker.signal(from, to, signal).some((output) => output.type === 'signal' && output.peer === to);
  assert.equal(relayed(second, first, CANDIDATE), false, 'no candidate before the offer');
  assert.equal(relayed(first, second, ANSWER), false, 'no answer before the offer');
  assert.equal(relayed(first, second, OFFER), false, 'the other side offers');
  assert.equal(relayed(second, first, OFFER), true);
  assert.equal(relayed(first, second, CANDIDATE), true);
  assert.equal(relayed(second, first, CANDIDATE), true);
  assert.equal(relayed(second, first, ANSWER), false, 'nobody answers himself');
  assert.equal(relayed(first, second, ANSWER), true);
  assert.equal(relayed(first, second, ANSWER), false, 'one answer an offer');
  assert.equal(relayed(second, first, OFFER), true, 'a restart');
  assert.equal(relayed(second, first, OFFER), true);
  assert.equal(relayed(second, first, OFFER), false, 'not for ever');
});

test('two that were not introduced cannot signal to each other, though they are in one swarm', () => {
  const tracker = new TrackerHarness();
  const first = tracker.join().peer;
  const second = tracker.join({ links: 12 }).peer;
  assert.deepEqual(tracker.signal(second, first, OFFER), []);
  assert.equal(tracker.core.stats().signalsDropped, 1);
});

test('the relayed description is the rebuilt one', () => {
  const tracker = new TrackerHarness();
  const first = tracker.join().peer;
  const second = tracker.join().peer;
  const evil = CHROMIUM_OFFER.replace(
    'a=ice-ufrag',
    'a=candidate:1 1 udp 1 10.0.0.1 5000 typ host\r\na=evil:1\r\na=ice-ufrag',
  );
  const [output] = tracker.signal(second, first, { type: 'offer', sdp: evil });
  assert.ok(output?.type === 'signal' && output.envelope.signal.type === 'offer');
  assert.equal(output.envelope.peerId, second);
  assert.ok(!output.envelope.signal.sdp.includes('evil') && !output.envelope.signal.sdp.includes('10.0.0.1'));
});

test('ask: two peers a sub-stream that have it and a free slot, the nearest in time first', () => {
  const tracker = new TrackerHarness();
  const lags = [900, 100, 500, 300];
  const peers = lags.map((lag) => {
    const { peer } = tracker.join({ links: 12 });
    tracker.report(peer, { slots: 8, slotsUsed: 7, lagMs: [lag, -1, lag, lag, lag, lag, lag, lag] });
    return peer;
  });
  const asker = tracker.join({ links: 12 }).peer;
  const met = introductionsTo(tracker.ask(asker, [0]), asker).map(({ peerId }) => peerId);
  assert.deepEqual(met, [peers[1], peers[3]]);
  // Their last free slot is promised now: the next one who asks is sent to the others.
  const next = tracker.join({ links: 12 }).peer;
  assert.deepEqual(
    introductionsTo(tracker.ask(next, [0]), next).map(({ peerId }) => peerId),
    [peers[2], peers[0]],
  );
  const third = tracker.join({ links: 12 }).peer;
  assert.deepEqual(tracker.ask(third, [0, 1]), [], 'all slots are promised, and nobody has the second');
});

test('one asks at most every 1.5 s, and waits longer where the swarm is short and has nothing', () => {
  const tracker = new TrackerHarness();
  const give = (): void => {
    const { peer } = tracker.join({ links: 12 });
    tracker.report(peer, { slots: 8, lagMs: new Array(8).fill(50) });
  };
  give();
  const asker = tracker.join({ links: 12 }).peer;
  assert.equal(introductionsTo(tracker.ask(asker, [0]), asker).length, 1);
  give();
  assert.deepEqual(tracker.ask(asker, [0]), []);
  tracker.advance(1500);
  assert.equal(introductionsTo(tracker.ask(asker, [0]), asker).length, 1);
  const poor = new TrackerHarness();
  const hungry = poor.join({ uplinkKbps: 0 }).peer;
  poor.advance(2000);
  assert.deepEqual(poor.ask(hungry, [0]), []);
  const { peer: late } = poor.join({ links: 12 });
  poor.report(late, { slots: 1, lagMs: new Array(8).fill(50) });
  poor.advance(2000);
  assert.deepEqual(poor.ask(hungry, [0]), []);
  poor.advance(4000);
  assert.equal(introductionsTo(poor.ask(hungry, [0]), hungry).length, 1);
});

test('two that are introduced again come to the same answer who offers, whoever asked', () => {
  for (const asks of ['first', 'second'] as const) {
    const tracker = new TrackerHarness();
    const first = tracker.join().peer;
    const second = tracker.join().peer;
    for (const peer of [first, second]) tracker.report(peer, { slots: 8, lagMs: new Array(8).fill(50) });
    const asker = asks === 'first' ? first : second;
    assert.deepEqual(tracker.ask(asker, [0]), [], 'not within half a minute');
    tracker.advance(30_000);
    const [again] = introductionsTo(tracker.ask(asker, [0]), asker);
    const offerer = again?.offers ? asker : again?.peerId;
    assert.equal(offerer, first < second ? first : second);
  }
});

test('one session gets only so many introductions an hour', () => {
  const tracker = new TrackerHarness({ introductionsPerPeer: { burst: 20, perSecond: 0.001 } });
  const greedy = tracker.join().peer;
  let met = 0;
  for (let n = 0; n < 100; n++) {
    const { peer } = tracker.join({ links: 12 });
    tracker.report(peer, { slots: 8, lagMs: new Array(8).fill(50) });
    tracker.advance(1500);
    met += introductionsTo(tracker.ask(greedy, [0, 1, 2, 3]), greedy).length;
  }
  assert.equal(met, 20);
});

test('one line gets only so many, however often it joins anew', () => {
  const tracker = new TrackerHarness({ introductionsPerAddress: { burst: 30, perSecond: 0.001 } });
  for (let n = 0; n < 50; n++) tracker.join({ links: 12 });
  let met = 0;
  for (let n = 0; n < 20; n++) met += tracker.join({}, '203.0.113.66').answer.introductions.length;
  assert.equal(met, 30);
});

test('short below what all need, enough again only 8 % above it; everybody is told once', () => {
  const tracker = new TrackerHarness();
  const peers = [...new Array(10)].map(() => tracker.join().peer);
  const supply = (slots: number) => {
    for (const peer of peers) tracker.report(peer, { slots: 0 });
    tracker.report(peers[0], { slots });
    return tracker.advance(2000).flatMap((output) => (output.type === 'swarm' ? [output.state.isShort] : []));
  };
  assert.deepEqual(supply(82), [false], 'they are told how many they are');
  assert.deepEqual(supply(80), []);
  assert.deepEqual(supply(79), [true]);
  assert.deepEqual(supply(79), []);
  assert.deepEqual(supply(86), []);
  assert.deepEqual(supply(87), [false]);
});

test('commitments: the strong fan out in few sub-streams, those with the least supply', () => {
  const tracker = new TrackerHarness();
  assert.deepEqual(tracker.join({ uplinkKbps: 1250 }).answer.commitments, [
    { substream: 0, fan: 5 },
    { substream: 1, fan: 4 },
  ]);
  const second = tracker.join({ uplinkKbps: 1250 });
  assert.deepEqual(
    second.answer.commitments.map(({ substream }) => substream),
    [2, 3],
  );
  tracker.leave(second.peer);
  assert.deepEqual(
    tracker.join({ uplinkKbps: 1250 }).answer.commitments.map(({ substream }) => substream),
    [2, 3],
  );
  assert.deepEqual(tracker.join({ uplinkKbps: 0 }).answer.commitments, []);
});

test('an accusation keeps the two apart, and takes nobody from the others', () => {
  const tracker = new TrackerHarness();
  const accused = tracker.join().peer;
  const accuser = tracker.join().peer;
  const stranger = tracker.join({ links: 12 }).peer;
  tracker.report(accused, { slots: 8, lagMs: new Array(8).fill(50) });
  tracker.report(accuser, { banned: [accused] });
  tracker.report(stranger, { banned: [accused] });
  tracker.advance(120_000);
  assert.deepEqual(tracker.ask(accuser, [0]), []);
  assert.equal(
    introductionsTo(tracker.ask(stranger, [0]), stranger)[0]?.peerId,
    accused,
    'who never met it has no say',
  );
});

test('liars in many networks can push an honest peer back, not out', () => {
  const tracker = new TrackerHarness();
  const honest = tracker.join({}, '203.0.113.1').peer;
  for (let n = 0; n < 20; n++) tracker.report(tracker.join({}, `${n + 20}.1.1.1`).peer, { banned: [honest], slots: 0 });
  tracker.report(honest, { slots: 8, lagMs: new Array(8).fill(50) });
  const { peer, answer } = tracker.join({ links: 7 }, '198.51.100.9');
  assert.deepEqual(
    answer.introductions.map(({ peerId }) => peerId),
    [honest],
  );
  assert.ok(peer);
});

test('when a peer goes only those that may still wait for its answer are told', () => {
  const tracker = new TrackerHarness();
  const early = tracker.join().peer;
  const leaver = tracker.join().peer;
  tracker.advance(30_000);
  const late = tracker.join().peer;
  const told = tracker.leave(leaver).map((output) => (output.type === 'gone' ? output.peer : undefined));
  assert.deepEqual(told, [late]);
  assert.notEqual(early, late);
  assert.deepEqual(tracker.signal(early, leaver, OFFER), [{ type: 'gone', peer: early, gone: leaver }]);
});

test('a socket that does not join is closed, one that speaks before it joined at once', () => {
  const tracker = new TrackerHarness();
  const silent = tracker.connect();
  assert.deepEqual(tracker.advance(8000), []);
  assert.deepEqual(refusals(tracker.advance(2000)), [[silent, 'bad-request']]);
  const hasty = tracker.connect();
  assert.deepEqual(refusals(tracker.ask(hasty, [0])), [[hasty, 'bad-request']]);
});

test('a second join on one socket, another protocol, and a full channel are refused', () => {
  const tracker = new TrackerHarness({ viewersMax: 1 });
  const { peer } = tracker.join();
  assert.equal(tracker.tryJoin(peer).refusal?.code, 'bad-request');
  assert.equal(tracker.tryJoin(tracker.connect()).refusal?.code, 'full');
  assert.equal(tracker.tryJoin(tracker.connect(), { protocol: 2 }).refusal?.code, 'protocol-version');
  assert.equal(tracker.tryJoin(tracker.connect(), { channel: 'other' }).refusal, undefined);
});

test('sums follow the reports, and a liar cannot claim more than a gigabit a second', () => {
  const tracker = new TrackerHarness();
  const { peer } = tracker.join();
  const seeder = tracker.join({ role: 'seeder' }).peer;
  tracker.advance(2000);
  tracker.report(peer, {
    bytesFromPeers: 1000,
    bytesFromServer: 200,
    bytesToPeers: 500,
    stalls: 1,
    stallMs: 50,
    latencyMs: 2100,
  });
  tracker.report(seeder, { bytesToPeers: 1_000_000, latencyMs: 1 });
  tracker.advance(1000);
  tracker.report(peer, { bytesToPeers: Number.MAX_SAFE_INTEGER, stallMs: 86_400_000, latencyMs: 0 });
  const [channel] = tracker.core.stats().channels;
  assert.ok(channel);
  const { bytesFromPeers, bytesFromServer, bytesToPeers, stallMs, latencySamplesMs, viewers, seeders } = channel;
  assert.deepEqual([bytesFromPeers, bytesFromServer, viewers, seeders], [1000, 200, 1, 1]);
  assert.equal(bytesToPeers, 500 + 1000 * 125_000);
  assert.equal(stallMs, 50 + 1000);
  assert.deepEqual(latencySamplesMs, [2100]);
});

test('when all have gone nothing is left but the sums, and no wake-up is asked for', () => {
  const tracker = new TrackerHarness();
  const peers = [...new Array(200)].map(() => tracker.join().peer);
  for (const peer of peers) tracker.disconnect(peer);
  tracker.advance(2000);
  assert.equal(tracker.core.nextWakeup(), undefined);
  const { sockets, channels } = tracker.core.stats();
  assert.equal(sockets, 0);
  assert.deepEqual(
    channels.map(({ viewers }) => viewers),
    [0],
  );
});

test('what was said by a peer that is gone, or comes twice, does no harm', () => {
  const tracker = new TrackerHarness();
  const { peer } = tracker.join();
  tracker.disconnect(peer);
  assert.deepEqual(tracker.ask(peer, [0]), []);
  assert.deepEqual(tracker.report(peer, {}), []);
  assert.deepEqual(tracker.disconnect(peer), []);
});

test('the same seed and the same inputs give the same introductions', () => {
  const run = (): string => {
    const tracker = new TrackerHarness();
    return JSON.stringify([...new Array(60)].map(() => tracker.join().answer.introductions));
  };
  assert.equal(run(), run());
});

test('everybody can be reached from everybody, though all neighbours look best', () => {
  const tracker = new TrackerHarness();
  const graph = new Map<string, string[]>();
  for (let n = 0; n < 300; n++) {
    // Three towns, each of which would keep to itself.
    const { peer, answer } = tracker.join({}, `${20 + (n % 3)}.1.1.${1 + (n % 250)}`);
    tracker.report(peer, { slots: 8, slotsUsed: 0, lagMs: new Array(8).fill(50) });
    graph.set(peer, []);
    for (const { peerId } of answer.introductions) {
      graph.get(peer)?.push(peerId);
      graph.get(peerId)?.push(peer);
    }
  }
  const start = [...graph.keys()][0] ?? '';
  const reached = new Set([start]);
  for (const peer of reached) for (const other of graph.get(peer) ?? []) reached.add(other);
  assert.equal(reached.size, 300);
});

function refusals(outputs: ReturnType<TrackerHarness['advance']>): [string, string][] {
  return outputs.flatMap((output) =>
    output.type === 'refuse' ? [[output.peer, output.refusal.code] as [string, string]] : [],
  );
}
