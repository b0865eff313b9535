// A seeder and viewers in Node over real data channels, real HTTP and the real tracker: what the broadcaster made comes
// to every viewer, whole, once and in time, and mostly from the swarm.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwarmSeeder } from '../../seeder/swarm-seeder.ts';
import type { Sequence } from '../../shared/basics/units.ts';
import { openNodeDatachannelConnector } from '../../shared/driver/node/node-datachannel-connector.ts';
import { openWeriftConnector } from '../../shared/driver/node/werift-connector.ts';
import type { PeerConnector } from '../../shared/driver/ports.ts';
import { createTrackerClient } from '../../shared/driver/socket-io-tracker-client.ts';
import { NodePeer, type NodePeerOptions } from '../support/node-peer.ts';
import { SyntheticBroadcast } from '../support/synthetic-broadcast.ts';
import { waitFor } from '../support/wait.ts';

const LOOPBACK = { bindAddress: '127.0.0.1' };
/** Long enough to be fed by the swarm for most of it. */
const PACKETS = 200;

/** Two native ends in one process now and then miss each other: an attempt is given up after 15 s, and another one made. */
const SEVERAL_ATTEMPTS = { timeoutMs: 120_000 };

test('three viewers receive everything, and most of it through the swarm', async () => {
  await withSwarm(await openNodeDatachannelConnector(LOOPBACK), async ({ join, broadcast, seeder }) => {
    const viewers = await Promise.all([join(), join(), join()]);
    await haveReceivedMostly(viewers, PACKETS, 0.6);
    for (const viewer of viewers) {
      assertUnbroken(viewer);
      assert.equal(viewer.missed, 0);
      assert.equal(viewer.repeated, 0);
      assert.equal(viewer.snapshot().packetsRejected, 0);
    }
    assert.ok(seeder.snapshot().bytesToPeers > 0);
    assert.ok(broadcast.outputs.originBytes.total < 3 * broadcast.streamBytesTotal);
  });
});

test('a viewer on werift and one on node-datachannel feed each other', async () => {
  const werift = await openWeriftConnector(LOOPBACK);
  try {
    await withSwarm(await openNodeDatachannelConnector(LOOPBACK), async ({ join }) => {
      const viewers = await Promise.all([join(), join({ connector: werift })]);
      await haveReceivedMostly(viewers, PACKETS / 2, 0.3);
      for (const viewer of viewers) assertUnbroken(viewer);
    });
  } finally {
    werift.close();
  }
});

test('a viewer without WebRTC plays from the server alone', async () => {
  await withSwarm(await openNodeDatachannelConnector(LOOPBACK), async ({ join }) => {
    const viewer = await join({ connector: undefined });
    await haveReceived([viewer], PACKETS / 4);
    assertUnbroken(viewer);
    assert.equal(viewer.shareFromPeers, 0);
    assert.equal(viewer.snapshot().links, 0);
  });
});

test('a viewer that leaves without a word costs the others nothing', async () => {
  await withSwarm(await openNodeDatachannelConnector(LOOPBACK), async ({ join }) => {
    const viewers = await Promise.all([join(), join(), join()]);
    await haveReceived(viewers, PACKETS / 4);
    const [gone, ...rest] = viewers;
    gone?.close();
    const from = newestOf(rest[0]);
    await waitFor(() => rest.every((viewer) => newestOf(viewer) > from + PACKETS / 2) || undefined, {
      text: 'the others play on',
    });
    for (const viewer of rest) {
      assertUnbroken(viewer);
      assert.equal(viewer.missed, 0);
    }
  });
});

test('a new epoch is entered by everybody, and nothing of the old one comes after it', async () => {
  await withSwarm(await openNodeDatachannelConnector(LOOPBACK), async ({ join, broadcast }) => {
    const viewers = await Promise.all([join(), join()]);
    await haveReceived(viewers, PACKETS / 4);
    broadcast.beginNewEpoch();
    await waitFor(() => viewers.every(({ epochs }) => epochs.length === 2) || undefined, { text: 'the new epoch' });
    await haveReceived(viewers, PACKETS / 4);
    for (const viewer of viewers) assertUnbroken(viewer);
  });
});

test('a viewer without peers enters a new epoch too', async () => {
  await withSwarm(await openNodeDatachannelConnector(LOOPBACK), async ({ join, broadcast }) => {
    const viewer = await join({ connector: undefined });
    await haveReceived([viewer], PACKETS / 4);
    broadcast.beginNewEpoch();
    await waitFor(() => viewer.epochs.length === 2 || undefined, { text: 'the new epoch' });
    await haveReceived([viewer], PACKETS / 4);
    assertUnbroken(viewer);
  });
});

test('a tracker that restarts with an empty memory stops nobody, and newcomers find the others again', async () => {
  await afterTrackerRestart((viewers) => {
    for (const viewer of viewers) {
      assertUnbroken(viewer);
      assert.equal(viewer.missed, 0);
    }
  });
});

test('peers that meet again under new names after a tracker restart keep one link', async () => {
  await afterTrackerRestart((viewers) => {
    for (const viewer of viewers) assert.ok(viewer.snapshot().links <= 3, `${viewer.snapshot().links} links to 3`);
  });
});

async function afterTrackerRestart(check: (viewers: readonly NodePeer[]) => void): Promise<void> {
  await withSwarm(await openNodeDatachannelConnector(LOOPBACK), async ({ join, broadcast }) => {
    const viewers = await Promise.all([join(), join()]);
    await haveReceived(viewers, PACKETS / 4);
    await broadcast.restartTracker();
    await waitFor(() => broadcast.viewers === 2 || undefined, { text: 'both are back at the tracker' });
    const newcomer = await join();
    await waitFor(() => newcomer.snapshot().bytesFromPeers > 0 || undefined, {
      ...SEVERAL_ATTEMPTS,
      text: 'the newcomer is fed by peers',
    });
    await haveReceived([newcomer], PACKETS / 4);
    check([...viewers, newcomer]);
  });
}

test('a viewer that leaves the swarm plays on from the server, and comes back to its peers', async () => {
  await withSwarm(await openNodeDatachannelConnector(LOOPBACK), async ({ join }) => {
    const [viewer] = await Promise.all([join(), join()]);
    assert.ok(viewer);
    await waitFor(() => viewer.snapshot().parents.some((parent) => parent !== undefined) || undefined, { text: 'fed' });
    viewer.setSwarmEnabled(false);
    assert.equal(viewer.snapshot().links, 0);
    const fromServer = viewer.snapshot().packetsFromServer;
    await waitFor(() => viewer.snapshot().packetsFromServer > fromServer + 40 || undefined, { text: 'the server' });
    viewer.setSwarmEnabled(true);
    const fromPeers = viewer.snapshot().packetsFromPeers;
    // Attempts that hang between two native ends run out first, and a line that a busy machine makes look full rests for 30 s.
    const again = { text: 'its peers again', timeoutMs: 90_000 };
    await waitFor(() => viewer.snapshot().packetsFromPeers > fromPeers + 40 || undefined, again);
    assertUnbroken(viewer);
    assert.equal(viewer.missed, 0);
  });
});

test('without a seeder in the swarm the server feeds it, until there is one again', async () => {
  await withoutSeeder();
});

test('nobody misses a packet when the seeder leaves the swarm', async () => {
  for (const viewer of await withoutSeeder()) {
    assertUnbroken(viewer);
    assert.equal(viewer.missed, 0);
  }
});

async function withoutSeeder(): Promise<readonly NodePeer[]> {
  const all: NodePeer[] = [];
  await withSwarm(await openNodeDatachannelConnector(LOOPBACK), async ({ join, seeder, seedAgain }) => {
    const viewers = await Promise.all([join(), join()]);
    all.push(...viewers);
    await haveReceived(viewers, PACKETS / 4);
    seeder.close();
    const from = newestOf(viewers[0]);
    await waitFor(() => viewers.every((viewer) => newestOf(viewer) > from + PACKETS / 2) || undefined, {
      text: 'playing on without a seeder',
    });
    const again = seedAgain();
    await waitFor(() => again.snapshot().bytesToPeers > 0 || undefined, {
      ...SEVERAL_ATTEMPTS,
      text: 'fed by the new seeder',
    });
  });
  return all;
}

type Swarm = {
  readonly broadcast: SyntheticBroadcast;
  readonly seeder: SwarmSeeder;
  seedAgain(): SwarmSeeder;
  join(
    options?: Partial<Omit<NodePeerOptions, 'connector'>> & { connector?: PeerConnector | undefined },
  ): Promise<NodePeer>;
};

async function withSwarm(connector: PeerConnector, run: (swarm: Swarm) => Promise<void>): Promise<void> {
  const broadcast = new SyntheticBroadcast();
  await broadcast.start();
  const trackerFactory = createTrackerClient(broadcast.trackerUrl);
  const seeders: SwarmSeeder[] = [];
  const seed = (): SwarmSeeder => {
    const seeder = new SwarmSeeder({ channel: broadcast, trackerFactory, connector });
    seeders.push(seeder);
    seeder.start();
    return seeder;
  };
  const viewers: NodePeer[] = [];
  const join: Swarm['join'] = async (options = {}) => {
    const { connector: own, ...others } = 'connector' in options ? options : { ...options, connector };
    const viewer = new NodePeer({
      channelUrl: broadcast.channelUrl,
      ...others,
      ...(own !== undefined && { connector: own }),
    });
    viewers.push(viewer);
    await viewer.start();
    return viewer;
  };
  try {
    await run({ broadcast, seeder: seed(), seedAgain: seed, join });
  } finally {
    for (const viewer of viewers) viewer.close();
    for (const seeder of seeders) seeder.close();
    connector.close();
    await broadcast.close();
  }
}

async function haveReceived(viewers: readonly NodePeer[], count: number): Promise<void> {
  await waitFor(() => viewers.every(({ received }) => received.size >= count) || undefined, {
    text: `${count} packets at each viewer`,
  });
}

/** As many, and from the moment at which peers feed all of them so much of it from peers. */
async function haveReceivedMostly(viewers: readonly NodePeer[], count: number, share: number): Promise<void> {
  await waitFor(() => viewers.every(({ shareFromPeers }) => shareFromPeers > 0) || undefined, {
    ...SEVERAL_ATTEMPTS,
    text: 'peers feed each viewer',
  });
  const before = viewers.map(({ received }) => received.size);
  await haveReceived(viewers, Math.max(...before) + count);
  for (const [index, { received }] of viewers.entries()) {
    const since = [...received.values()].slice(before[index]);
    const fromPeers = since.filter(({ from }) => from === 'peer').length / since.length;
    assert.ok(fromPeers > share, `only ${fromPeers} from peers`);
  }
}

function newestOf(viewer: NodePeer | undefined): number {
  return Math.max(...(viewer?.received.keys() ?? []));
}

/** Everything from the first packet to shortly before the newest is there: the last second may still be under way. */
function assertUnbroken(viewer: NodePeer): void {
  const sequences = [...viewer.received.keys()].sort((one, other) => one - other);
  const first = sequences[0] ?? 0;
  const last = (sequences.at(-1) ?? 0) - 20;
  for (let sequence = first; sequence <= last; sequence++) {
    assert.ok(viewer.received.has(sequence as Sequence), `packet ${sequence} of ${first} to ${last} is missing`);
  }
}
