// The loop around the engine, alone: a scripted engine says what to do, a scripted world writes down what was done.
// Everything the engine orders is carried out in order, everything that happens is told to it, and nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sequence } from '../../../shared/basics/units.ts';
import type { EngineOutput } from '../../../shared/swarm/engine-types.ts';
import type { PeerReport } from '../../../shared/wire/tracker-messages.ts';
import { DriverWorld, EPOCH, joinAnswer, peerOf } from '../../support/driver-world.ts';
import { testPacket } from '../../support/packets.ts';

const a = peerOf('a');
const b = peerOf('b');

test('outputs are carried out in order, and what they set off waits until the input is done with', () => {
  const world = new DriverWorld();
  world.answer = (input) => {
    world.log.push(`engine: ${input.type}`);
    if (input.type !== 'playback') return [];
    return [
      { type: 'connect', peer: a, offers: true }, // no tracker was joined: fails at once
      { type: 'deliver', packet: testPacket(1), from: 'peer' },
    ];
  };
  world.driver.setPlayback(2000, 1 as Sequence);
  assert.deepEqual(world.takeLog(), ['engine: playback', 'packet 1 from peer', 'engine: link-closed']);
});

test('a call from within onPacket waits its turn', () => {
  const world = new DriverWorld({ onPacket: () => world.driver.setPlayback(2000, 2 as Sequence) });
  let depth = 0;
  world.answer = (input) => {
    assert.equal(depth++, 0, 'the engine was entered twice');
    const outputs: EngineOutput[] =
      input.type === 'wakeup' ? [{ type: 'deliver', packet: testPacket(1), from: 'server' }] : [];
    depth--;
    return outputs;
  };
  world.driver.start();
  assert.deepEqual(
    world.takeInputs().map(({ type }) => type),
    ['wakeup', 'playback'],
  );
});

test('it is woken for the soonest wait; one that moves back lets the early wakeup come', () => {
  const world = new DriverWorld();
  world.nextWakeupMs = 1500;
  world.order();
  assert.deepEqual(world.takeLog(), ['wake in 500']);
  world.nextWakeupMs = 1800;
  world.order();
  assert.deepEqual(world.takeLog(), []);
  world.nextWakeupMs = 1200;
  world.order();
  assert.deepEqual(world.takeLog(), ['wake in 200']);
  world.nowMs = 1250;
  world.nextWakeupMs = 1240;
  world.wakeup?.();
  assert.deepEqual(world.takeInputs(), [{ type: 'wakeup' }]);
  assert.deepEqual(world.takeLog(), ['wake in 0']);
});

test('a verdict is told by its ticket; a signature that cannot be checked has none, and nobody is blamed', async () => {
  const world = new DriverWorld();
  for (const ticket of [1, 2, 3]) world.order({ type: 'verify', ticket, packet: testPacket(ticket) });
  world.takeInputs();
  world.verifications[2]?.reject(new Error('no crypto'));
  world.verifications[1]?.resolve(false);
  world.verifications[0]?.resolve(true);
  await settled();
  assert.deepEqual(
    world.takeInputs().sort((one, other) => ticketOf(one) - ticketOf(other)),
    [
      { type: 'verified', ticket: 1, isValid: true },
      { type: 'verified', ticket: 2, isValid: false },
    ],
  );
});

test('each packet of a fetch is answered, with the packet or with its failure', async () => {
  const world = new DriverWorld();
  world.order({ type: 'fetch', reason: 'rescue', epoch: EPOCH, sequences: [4, 5] as Sequence[] });
  const packet = testPacket(4);
  world.fetches[0]?.resolve(packet);
  world.fetches[1]?.reject(new Error('404'));
  await settled();
  assert.deepEqual(world.takeInputs(), [
    { type: 'packet-from-server', packet, via: 'rescue' },
    { type: 'fetch-failed', epoch: EPOCH, sequence: 5 },
  ]);
});

test('without a server every fetch and every stream fails at once', () => {
  const world = new DriverWorld({}, ['source']);
  world.driver.setEpoch(EPOCH, 0 as Sequence, undefined);
  world.takeInputs();
  world.order(
    { type: 'fetch', reason: 'start', epoch: EPOCH, sequences: [3 as Sequence] },
    { type: 'server-stream', substreams: [1], from: 3 as Sequence },
  );
  assert.deepEqual(world.takeInputs(), [
    { type: 'fetch-failed', epoch: EPOCH, sequence: 3 },
    { type: 'server-stream-closed', reason: 'no-server' },
  ]);
});

test('the server stream is opened, replaced, ended by the server and closed, as ordered', () => {
  const world = new DriverWorld();
  world.driver.setEpoch(EPOCH, 40 as Sequence, undefined);
  world.takeInputs();
  world.order({ type: 'server-stream', substreams: [0, 1, 2], from: 40 as Sequence });
  world.order({ type: 'server-stream', substreams: [2], from: 44 as Sequence });
  assert.deepEqual(world.takeLog(), ['stream 0,1,2 from 40', 'stream closed', 'stream 2 from 44']);
  assert.equal(world.streams[1]?.request.epoch, EPOCH);
  const packet = testPacket(42);
  world.streams[1]?.events.onPacket(packet);
  world.streams[1]?.events.onClosed('cut');
  assert.deepEqual(world.takeInputs(), [
    { type: 'packet-from-server', packet, via: 'stream' },
    { type: 'server-stream-closed', reason: 'cut' },
  ]);
  world.order({ type: 'server-stream', substreams: [], from: 50 as Sequence });
  assert.deepEqual(world.takeLog(), []);
});

test('all sub-streams are asked for as the whole stream', () => {
  const world = new DriverWorld();
  world.driver.setEpoch(EPOCH, 40 as Sequence, undefined);
  world.order({ type: 'server-stream', substreams: [0, 1, 2, 3, 4, 5, 6, 7], from: 40 as Sequence });
  assert.deepEqual(world.streams[0]?.request, { epoch: EPOCH, from: 40 });
});

test('joining tells the engine all that the tracker answered, and connects with its ICE servers', () => {
  const world = new DriverWorld({ token: 'secret' });
  world.driver.setUploadLimit(125_000);
  world.driver.start();
  assert.deepEqual(world.join, { protocol: 1, channel: 'main', role: 'viewer', token: 'secret', uplinkKbps: 1000 });
  world.takeInputs();
  const iceServers = [{ urls: 'stun:example.org' }];
  const commitments = [{ substream: 3, fan: 5 }];
  const introductions = [{ peerId: a, role: 'seeder', offers: true }] as const;
  world.tracker?.onJoined(joinAnswer({ iceServers, commitments, introductions }));
  assert.deepEqual(world.takeInputs(), [
    { type: 'tracker-state', isConnected: true },
    { type: 'swarm-state', state: { isShort: false, viewers: 2 } },
    { type: 'commitments', commitments },
    { type: 'introduced', peers: [{ peer: a, role: 'seeder', offers: true }] },
  ]);
  world.order({ type: 'connect', peer: a, offers: true });
  assert.equal(world.connection('a').iceServers, iceServers);
  world.connection('a').events.onOpen(12);
  assert.deepEqual(world.takeInputs(), [{ type: 'link-opened', peer: a, role: 'seeder', rttMs: 12 }]);
});

test('questions and reports go to the tracker; its loss and refusal are told', () => {
  const world = joined();
  world.order({ type: 'ask-tracker', substreams: [1, 2] }, { type: 'report', report: {} as PeerReport });
  assert.deepEqual(world.takeLog(), ['ask 1,2', 'report']);
  world.tracker?.onLost();
  world.tracker?.onRefused({ code: 'full', message: 'too many viewers' });
  assert.deepEqual(world.takeInputs(), [
    { type: 'tracker-state', isConnected: false },
    { type: 'tracker-state', isConnected: false },
  ]);
});

test('signals reach the link; those that come before the engine connects wait for it', () => {
  const world = joined();
  world.tracker?.onSignal({ peerId: a, signal: { type: 'offer', sdp: 'O' } });
  world.tracker?.onSignal({ peerId: a, signal: { type: 'candidate', candidate: 'c', mid: '0' } });
  world.tracker?.onSignal({ peerId: peerOf('x'), signal: { type: 'offer', sdp: 'from nobody we know' } });
  world.order({ type: 'connect', peer: a, offers: false });
  world.tracker?.onSignal({ peerId: a, signal: { type: 'candidate', candidate: 'd', mid: '0' } });
  world.connection('a').events.onSignal({ type: 'answer', sdp: 'A' });
  assert.deepEqual(world.takeLog(), [
    'connect a',
    'a signalled offer',
    'a signalled candidate',
    'a signalled candidate',
    'signal answer to a',
  ]);
});

test('an offer that waited too long is not answered: its maker has given up', () => {
  const world = joined();
  world.tracker?.onSignal({ peerId: a, signal: { type: 'offer', sdp: 'O' } });
  world.nowMs += 10_001;
  world.order({ type: 'connect', peer: a, offers: false });
  assert.deepEqual(world.takeLog(), ['connect a']);
});

test('what waits at a link is told once for all that was sent, and again when it has drained', () => {
  const world = linked();
  const bytes = new Uint8Array(100);
  world.order(
    { type: 'send', peer: a, channel: 'control', bytes },
    { type: 'send', peer: a, channel: 'data', bytes },
    { type: 'send', peer: b, channel: 'data', bytes }, // no such link: it closed a moment ago
  );
  assert.deepEqual(world.takeLog(), ['send 0 on control to a', 'send 0 on data to a']);
  assert.deepEqual(world.takeInputs(), [{ type: 'link-buffers', links: [{ peer: a, bufferedBytes: 200 }] }]);
  world.connection('a').buffered = 10;
  world.connection('a').events.onDrained();
  assert.deepEqual(world.takeInputs(), [{ type: 'link-buffers', links: [{ peer: a, bufferedBytes: 10 }] }]);
});

test('a link that takes no more is ended, and the engine told', () => {
  const world = linked();
  world.connection('a').accepts = false;
  world.order({ type: 'send', peer: a, channel: 'data', bytes: new Uint8Array(1) });
  assert.deepEqual(world.takeLog(), ['send 0 on data to a', 'close a']);
  assert.deepEqual(world.takeInputs(), [{ type: 'link-closed', peer: a, reason: 'send-refused' }]);
});

test('messages and the end of a link are told; a link that the engine ends is only closed', () => {
  const world = linked();
  const bytes = Uint8Array.of(1);
  world.connection('a').events.onMessage('data', bytes);
  world.connection('a').events.onClosed('ice-failed');
  assert.deepEqual(world.takeInputs(), [
    { type: 'message', peer: a, channel: 'data', bytes },
    { type: 'link-closed', peer: a, reason: 'ice-failed' },
  ]);
  world.order({ type: 'connect', peer: b, offers: true }, { type: 'disconnect', peer: b, reason: 'useless' });
  assert.deepEqual(world.takeLog(), ['connect b offering', 'close b']);
  assert.deepEqual(world.takeInputs(), []);
});

test('a peer that is gone from the tracker ends a connection in the making, not an open one', () => {
  const world = linked();
  world.order({ type: 'connect', peer: b, offers: true });
  world.tracker?.onGone(a);
  world.tracker?.onGone(b);
  assert.deepEqual(world.takeInputs(), [{ type: 'link-closed', peer: b, reason: 'gone' }]);
});

test('the swarm switched off leaves the tracker and all links, and switched on joins again', () => {
  const world = linked();
  world.driver.setSwarmEnabled(false);
  assert.deepEqual(world.takeLog(), ['tracker left', 'close a']);
  world.order({ type: 'connect', peer: b, offers: true });
  assert.deepEqual(world.takeInputs(), [
    { type: 'swarm-enabled', isEnabled: false },
    { type: 'link-closed', peer: b, reason: 'swarm-off' },
  ]);
  world.driver.setSwarmEnabled(true);
  assert.deepEqual(world.takeLog(), ['tracker joined']);
});

test('without WebRTC no tracker is joined, and the engine knows that there is no swarm', () => {
  const world = new DriverWorld({}, ['connector']);
  world.driver.start();
  assert.equal(world.tracker, undefined);
  assert.deepEqual(world.takeInputs()[0], { type: 'swarm-enabled', isEnabled: false });
});

test('an epoch that nobody told us is reported', () => {
  const world = new DriverWorld();
  world.order({ type: 'epoch-unknown', epoch: EPOCH });
  assert.deepEqual(world.takeLog(), [`epoch ${EPOCH} unknown`]);
});

test('closed, it has left everything, and whatever comes later is lost on it', async () => {
  const world = linked();
  world.order({ type: 'verify', ticket: 1, packet: testPacket(1) });
  world.takeLog();
  world.driver.close();
  world.driver.close();
  assert.deepEqual(world.takeLog(), ['tracker left', 'close a', 'timer closed']);
  world.takeInputs();
  world.verifications[0]?.resolve(true);
  world.connection('a').events.onMessage('data', Uint8Array.of(1));
  world.connection('a').events.onClosed('late');
  world.driver.setPlayback(1, 1 as Sequence);
  await settled();
  assert.deepEqual(world.takeInputs(), []);
  assert.deepEqual(world.takeLog(), []);
});

test('the snapshot is the engine’s', () => {
  assert.equal(new DriverWorld().driver.snapshot().links, 7);
});

function joined(): DriverWorld {
  const world = new DriverWorld();
  world.driver.start();
  const introductions = [
    { peerId: a, role: 'viewer', offers: true },
    { peerId: b, role: 'viewer', offers: false },
  ] as const;
  world.tracker?.onJoined(joinAnswer({ introductions }));
  world.takeInputs();
  world.takeLog();
  return world;
}

function linked(): DriverWorld {
  const world = joined();
  world.order({ type: 'connect', peer: a, offers: true });
  world.connection('a').events.onOpen(5);
  world.takeInputs();
  world.takeLog();
  return world;
}

function ticketOf(input: { type: string; ticket?: number }): number {
  return input.ticket ?? 0;
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
