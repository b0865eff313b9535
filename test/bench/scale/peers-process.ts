/*
 * A process of the scale bench: viewers in Node on one connector, commanded by its parent (test/bench/scale.ts).
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { openNodeDatachannelConnector } from '../../../shared/driver/node/node-datachannel-connector.ts';
import type { EngineSnapshot } from '../../../shared/swarm/engine-types.ts';
import { NodePeer } from '../../support/node-peer.ts';
import type { PeersCommand, PeersMessage, PeersOrder, PeersReport } from './peer-report.ts';

/** What had been counted when the measured part began. */
type Mark = { readonly snapshot: EngineSnapshot; readonly missed: number; readonly newest: number };

const LOOPBACK = '127.0.0.1';
const START_ATTEMPTS = 10;
const TIMER_MS = 10;

const order = JSON.parse(process.argv[2] ?? '') as PeersOrder;
const connector = await openNodeDatachannelConnector({ bindAddress: LOOPBACK });
const peers: NodePeer[] = [];
let marks: Mark[] = [];
let cpuMark = process.cpuUsage();
const timers = monitorEventLoopDelay({ resolution: TIMER_MS });
timers.enable();

process.on('message', (command: PeersCommand) => {
  if (command === 'begin') begin();
  else if (command === 'report') tell({ type: 'report', ...report() });
  else leave();
});
process.on('disconnect', leave);

for (let index = 0; index < order.peers; index++) {
  const { channelUrl, uploadBytesPerSecond, linksMax } = order;
  const peer = new NodePeer({ channelUrl, connector, uploadBytesPerSecond, engineConfig: { linksMax } });
  peers.push(peer);
  await Promise.all([start(peer), sleep((order.joinSeconds * 1000) / order.peers)]);
}
tell({ type: 'joined' });

/** As a page does: asks again where a busy server did not answer in time. */
async function start(peer: NodePeer): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await peer.start();
      return;
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}

function begin(): void {
  cpuMark = process.cpuUsage();
  timers.reset();
  marks = peers.map((peer) => {
    const snapshot = peer.snapshot();
    return { snapshot, missed: peer.missed, newest: snapshot.newestSequence ?? -1 };
  });
}

function report(): PeersReport {
  const { user, system } = process.cpuUsage(cpuMark);
  const lagsMs: number[] = [];
  let fromServer = 0;
  for (const [index, peer] of peers.entries()) {
    const from = marks[index]?.newest ?? -1;
    for (const [sequence, packet] of peer.received) {
      if (sequence <= from) continue;
      lagsMs.push(packet.lagMs);
      if (packet.from === 'server') fromServer++;
    }
  }
  const links = peers.map((peer) => peer.snapshot().links);
  return {
    lagsMs,
    fromPeers: lagsMs.length - fromServer,
    fromServer,
    lost: total(peers.map((peer, index) => peer.missed - (marks[index]?.missed ?? 0))),
    duplicates: grown(({ packetsDuplicate }) => packetsDuplicate),
    rescues: grown(({ rescues }) => rescues),
    rejected: grown(({ packetsRejected }) => packetsRejected),
    links: total(links),
    linksMost: Math.max(...links),
    controlBytes: grown(({ controlBytesSent }) => controlBytesSent),
    bytesToPeers: grown(({ bytesToPeers }) => bytesToPeers),
    cpuSeconds: (user + system) / 1e6,
    timersLateMs: Math.max(0, timers.percentile(99) / 1e6 - TIMER_MS),
    rssBytes: process.memoryUsage.rss(),
  };
}

function grown(pick: (snapshot: EngineSnapshot) => number): number {
  return total(
    peers.map((peer, index) => {
      const before = marks[index];
      return pick(peer.snapshot()) - (before === undefined ? 0 : pick(before.snapshot));
    }),
  );
}

function leave(): void {
  for (const peer of peers) peer.close();
  connector.close();
  // Hundreds of connections close: the library's own end may take its time, and nobody waits for it.
  process.exit();
}

function tell(message: PeersMessage): void {
  process.send?.(message);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
