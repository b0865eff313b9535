// Whole swarms in the small deterministic network: they settle on few copies, heal, and stay honest.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../shared/basics/random.ts';
import type { Epoch } from '../../../shared/basics/units.ts';
import type { EngineOutput } from '../../../shared/swarm/engine-types.ts';
import { EngineNetwork, type NetworkOptions } from '../../support/engine-network.ts';
import { medianLagMs, missed, takeCopies } from '../../support/network-measures.ts';
import type { NetworkNode } from '../../support/network-node.ts';

const SETTLED_MS = 25_000;

function settledSwarm(viewers: number, options: Partial<NetworkOptions> = {}, untilMs = SETTLED_MS): EngineNetwork {
  const network = new EngineNetwork({ seed: 11, ...options });
  network.addSeeder();
  network.run(2000);
  network.addViewers(viewers, 200);
  network.run(untilMs);
  takeCopies(network);
  return network;
}

function unfed(network: EngineNetwork): number {
  let count = 0;
  for (const viewer of network.viewers) {
    for (const parent of viewer.engine.snapshot().parents) if (parent === undefined) count++;
  }
  return count;
}

const leased = (network: EngineNetwork): number =>
  network.viewers.reduce((sum, viewer) => sum + viewer.engine.snapshot().serverSubstreams.length, 0);

/** Whoever feeds most: the loss of it hurts most. */
const busiest = (network: EngineNetwork): NetworkNode =>
  network.viewers.toSorted(
    (one, other) => other.engine.snapshot().children - one.engine.snapshot().children,
  )[0] as NetworkNode;

const forgedDelivered = (network: EngineNetwork): number =>
  network.nodes.reduce((sum, node) => sum + node.deliveredForged.length, 0);

test('six viewers cost one copy, all sub-streams come from peers, and nothing is late', () => {
  const network = settledSwarm(6);
  network.run(55_000);
  const copies = takeCopies(network);
  assert.ok(copies.total <= 1.1, `copies ${copies.total}`);
  assert.equal(unfed(network), 0);
  assert.equal(leased(network), 0);
  assert.equal(missed(network, SETTLED_MS, 52_000), 0);
  assert.ok(medianLagMs(network, SETTLED_MS) < 200);
});

test('the start of a viewer costs about two seconds of stream, with no seam', () => {
  const network = settledSwarm(5);
  const newcomer = network.addViewer();
  network.run(SETTLED_MS + 20_000);
  const started = newcomer.serverBytes.stream / (network.options.bitrate / 8);
  assert.ok(started < 4, `${started} s of stream`);
  assert.ok(newcomer.streamRequests <= 4, `${newcomer.streamRequests} requests`);
  for (let sequence = newcomer.startSequence; sequence < network.newest - 20; sequence++) {
    assert.ok(newcomer.delivered.has(sequence), `packet ${sequence}`);
  }
});

test('twenty-four viewers cost the two copies that are pushed on purpose', () => {
  const network = settledSwarm(24, { seed: 5 }, 20_000);
  network.run(40_000);
  const copies = takeCopies(network);
  assert.ok(copies.total < 2.3, `copies ${copies.total}`);
  assert.equal(unfed(network), 0);
  assert.equal(missed(network, 20_000, 37_000), 0);
});

test('the peer that feeds most vanishes without a word: nobody misses a packet, and it is replaced', () => {
  for (const seed of [1, 2, 3]) {
    const network = settledSwarm(8, { seed });
    network.kill(busiest(network));
    network.run(40_000);
    assert.equal(missed(network, SETTLED_MS - 3000, 37_000), 0, `seed ${seed}`);
    assert.equal(unfed(network), 0);
    assert.equal(leased(network), 0);
  }
});

test('every other viewer vanishes at once: the last one goes on', () => {
  const network = settledSwarm(6);
  for (const viewer of network.viewers.slice(1)) network.kill(viewer);
  network.run(45_000);
  assert.equal(missed(network, SETTLED_MS, 42_000), 0);
  assert.equal(unfed(network), 0);
});

test('data channels fall silent under everybody: the server stream takes over in time', () => {
  const network = settledSwarm(6);
  network.blockPeers();
  network.run(45_000);
  assert.equal(missed(network, SETTLED_MS, 42_000), 0);
  assert.equal(leased(network), 6 * 8);
});

test('the seeder leaves the swarm while the broadcast goes on: a head notices, and the server feeds it', () => {
  for (const seed of [1, 2]) {
    const network = settledSwarm(6, { seed });
    network.kill(network.seeder, 100);
    network.run(50_000);
    assert.equal(missed(network, SETTLED_MS - 3000, 47_000), 0, `seed ${seed}`);
    takeCopies(network);
    network.run(60_000);
    assert.ok(takeCopies(network).total < 2, 'one lease a sub-stream or little more, not everything for everybody');
  }
});

test('forgers are banned, and no forged byte is delivered or relayed', () => {
  const network = new EngineNetwork({ seed: 4 });
  network.addSeeder();
  network.run(2000);
  const forge = (output: EngineOutput): EngineOutput => {
    if (output.type !== 'send' || output.channel !== 'data') return output;
    const bytes = output.bytes.slice();
    bytes[60] = (bytes[60] as number) ^ 1;
    return { ...output, bytes };
  };
  const forgers = [network.addViewer({ tamper: forge }), network.addViewer({ tamper: forge })];
  network.run(4000);
  network.addViewers(10, 200);
  network.run(40_000);
  assert.equal(forgedDelivered(network), 0);
  const banned = new Set(network.nodes.flatMap((node) => node.banned));
  assert.deepEqual([...banned].sort(), forgers.map((forger) => forger.peer).sort(), 'forgers, and nobody else');
  assert.equal(missed(network, 10_000, 37_000), 0);
});

test('peers that garble a bit of every message do no harm, and only they are banned', () => {
  const random = new Random(99);
  const garble = (output: EngineOutput): EngineOutput => {
    if (output.type !== 'send') return output;
    const bytes = output.bytes.slice();
    const at = random.below(bytes.byteLength);
    bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    return { ...output, bytes };
  };
  for (const seed of [1, 2, 3, 4]) {
    const network = new EngineNetwork({ seed });
    network.addSeeder();
    network.run(2000);
    const garblers = [1, 2, 3].map(() => network.addViewer({ tamper: garble }).peer);
    network.addViewers(8, 200);
    network.run(30_000);
    const banned = new Set(network.nodes.filter(({ peer }) => !garblers.includes(peer)).flatMap((node) => node.banned));
    for (const peer of banned) assert.ok(garblers.includes(peer), `seed ${seed}: an honest peer was banned`);
    const honest = network.nodes.filter(({ peer }) => !garblers.includes(peer));
    assert.ok(honest.every((node) => node.deliveredForged.length === 0));
    const late = honest.filter((node) => node.role === 'viewer' && missed(network, 10_000, 27_000, [node]) > 0);
    assert.equal(late.length, 0, `seed ${seed}`);
  }
});

test('a black hole that accepts children and forwards nothing costs nobody a packet', () => {
  const network = new EngineNetwork({ seed: 5 });
  network.addSeeder();
  network.run(2000);
  network.addViewer({ tamper: (output) => (output.type === 'send' && output.channel === 'data' ? undefined : output) });
  network.addViewers(10, 200);
  network.run(40_000);
  assert.equal(missed(network, 10_000, 37_000), 0);
  takeCopies(network);
  network.run(60_000);
  assert.ok(takeCopies(network).total < 2.3);
});

test('a liar about its maps is asked in vain for a while, and nobody misses a packet', () => {
  const network = new EngineNetwork({ seed: 6, loss: 0.02 });
  network.addSeeder();
  network.run(2000);
  // Claims everything up to far ahead, and answers no request.
  const lie = (output: EngineOutput): EngineOutput | undefined => {
    if (output.type !== 'send') return output;
    if (output.channel === 'data') return undefined;
    if (output.bytes[0] !== 2) return output;
    return { ...output, bytes: output.bytes.slice().fill(0xff, 10, 26) };
  };
  network.addViewer({ tamper: lie });
  network.addViewer({ tamper: lie });
  network.addViewers(8, 200);
  network.run(40_000);
  assert.equal(missed(network, 10_000, 37_000), 0);
  assert.deepEqual(
    network.nodes.flatMap((node) => node.banned),
    [],
  );
});

test('a receiver only is fed by peers, uploads nothing, and keeps no place at the seeder', () => {
  const network = new EngineNetwork({ seed: 6 });
  network.addSeeder();
  network.run(2000);
  const receiver = network.addViewer({ uploadLimit: 0 });
  network.run(4000);
  network.addViewers(6, 300);
  network.run(20_000);
  takeCopies(network);
  network.run(40_000);
  assert.equal(receiver.engine.snapshot().bytesToPeers, 0);
  assert.ok(!receiver.engine.snapshot().parents.includes(network.seeder.peer));
  assert.ok(takeCopies(network).total <= 1.1);
  assert.equal(unfed(network), 0);
});

test('without any peer the server stream stays; peers that come take turns at it', () => {
  const network = new EngineNetwork({ seed: 6 });
  network.run(2000);
  const first = network.addViewer();
  network.run(20_000);
  assert.equal(first.engine.snapshot().serverSubstreams.length, 8);
  assert.equal(first.streamRequests, 1);
  assert.equal(missed(network, 5000, 17_000), 0);
  network.addViewers(3, 100);
  network.run(40_000);
  takeCopies(network);
  network.run(60_000);
  assert.ok(takeCopies(network).total < 1.3, 'one lease a sub-stream, the rest among peers');
});

test('the tracker is lost: links live on', () => {
  const network = settledSwarm(8);
  network.loseTracker();
  network.run(60_000);
  assert.equal(missed(network, SETTLED_MS, 57_000), 0);
  assert.ok(takeCopies(network).total <= 1.1);
});

test('the server is unreachable: the swarm plays on by itself', () => {
  const network = settledSwarm(8);
  network.isServerUp = false;
  network.run(45_000);
  assert.equal(missed(network, SETTLED_MS, 42_000), 0);
});

test('the source pauses: nobody is blamed, nothing is fetched in a storm, and the swarm is as before', () => {
  const network = settledSwarm(12);
  const before = network.viewers.map((viewer) => viewer.engine.snapshot().rescues);
  network.isSourceRunning = false;
  network.run(SETTLED_MS + 8000);
  network.isSourceRunning = true;
  network.run(50_000);
  const after = network.viewers.map((viewer) => viewer.engine.snapshot().rescues);
  const probes = after.map((rescues, at) => rescues - (before[at] as number));
  assert.ok(Math.max(...probes) <= 6, `probes ${probes.join(' ')}`);
  assert.equal(missed(network, 34_000, 47_000), 0);
  assert.equal(leased(network), 0);
  assert.deepEqual(
    network.nodes.flatMap((node) => node.banned),
    [],
  );
});

test('another epoch: each viewer asks for the description, starts over, and settles again', () => {
  const network = settledSwarm(8);
  network.changeEpoch(0x9999 as Epoch);
  network.run(60_000);
  for (const viewer of network.viewers) {
    assert.equal(viewer.engine.snapshot().epoch, 0x9999);
    assert.ok(viewer.epochsUnknown.length <= 3, 'told, and not in a loop');
  }
  assert.equal(unfed(network), 0);
  assert.equal(leased(network), 0);
  assert.equal(missed(network, 35_000, 57_000), 0);
});

test('viewers come and go all the time: packets are still in time', () => {
  const network = settledSwarm(16, { seed: 10 }, 12_000);
  for (let turn = 0; turn < 16; turn++) {
    network.after(turn * 2000, () => {
      network.kill(network.viewers[(turn * 7) % network.viewers.length] as NetworkNode, turn % 2 === 0 ? 100 : 5000);
      network.addViewer();
    });
  }
  network.run(50_000);
  assert.equal(missed(network, 14_000, 47_000), 0);
  assert.ok(takeCopies(network).total < 4);
});

test('lines that carry far less than was believed are measured, and cost nobody a packet', () => {
  const network = new EngineNetwork({ seed: 7 });
  network.addSeeder();
  network.run(2000);
  const lines = [30_000, 125_000, 250_000, 250_000];
  for (const [at, uplinkBytesPerSecond] of [...lines, ...lines, ...lines].entries()) {
    network.after(at * 200, () => network.addViewer({ uplinkBytesPerSecond, uploadLimit: 12_500_000 }));
  }
  network.run(40_000);
  assert.equal(missed(network, 15_000, 37_000), 0);
});

test('hidden tabs, whose timers come a second late, relay all the same', () => {
  const network = new EngineNetwork({ seed: 12 });
  network.addSeeder();
  network.run(2000);
  network.addViewers(8, 200, { wakeupDelayMs: 1000 });
  network.run(40_000);
  assert.equal(missed(network, 12_000, 37_000), 0);
  assert.ok(medianLagMs(network, 20_000) < 250);
});

test('one lossy, jittery network: repaired among peers', () => {
  const network = settledSwarm(12, { seed: 8, loss: 0.03, oneWayMs: 50, jitterMs: 30 });
  network.run(50_000);
  assert.equal(missed(network, SETTLED_MS, 47_000), 0);
  assert.ok(takeCopies(network).total < 2.4);
});

test('the same seed gives the same run, another seed another', () => {
  const runs = [1, 1, 2].map((seed) => {
    const network = settledSwarm(6, { seed, loss: 0.02 }, 12_000);
    return network.traceHash;
  });
  assert.equal(runs[0], runs[1]);
  assert.notEqual(runs[0], runs[2]);
});
