/*
 * What the tracker's core costs without sockets: joins, reports, asks and relayed signals a second on one core, and memory
 * a peer, in a swarm of 10,000 (or as many as the first argument says). `node --expose-gc test/bench/tracker.ts [PEERS]`
 */
import { Random } from '../../shared/basics/random.ts';
import type { PeerId } from '../../shared/basics/units.ts';
import type { PeerReport } from '../../shared/wire/tracker-messages.ts';
import { parseNetworkAddress } from '../../tracker/core/network-address.ts';
import { Tracker } from '../../tracker/core/tracker.ts';
import { DEFAULT_TRACKER_LIMITS, type TrackerInput, type TrackerOutput } from '../../tracker/core/tracker-types.ts';

const count = Number(process.argv[2] ?? 10_000);
const random = new Random(1);
const tracker = new Tracker(new Random(2), { ...DEFAULT_TRACKER_LIMITS, viewersMax: count * 2 });
const peers = Array.from({ length: count }, (_, n) => `p${String(n).padStart(15, '0')}` as PeerId);
const offersDue: { from: PeerId; to: PeerId }[] = [];
let nowMs = 0;

const heapBefore = heapBytes();
measure('joins', peers, (peer) => {
  const address = `${20 + random.below(180)}.${random.below(256)}.${random.below(256)}.${1 + random.below(254)}`;
  feed({ type: 'connected', peer, address: parseNetworkAddress(address) as never });
  const request = { protocol: 1, channel: 'main', role: 'viewer' } as const;
  for (const output of feed({ type: 'join', peer, request, serverTimeMs: 0, iceServers: [], bitrateKbps: 1000 })) {
    if (output.type !== 'join-reply' || !('answer' in output.reply)) continue;
    for (const { peerId } of output.reply.answer.introductions) offersDue.push({ from: peer, to: peerId });
  }
});
console.log(`${((heapBytes() - heapBefore) / count / 1024).toFixed(1)} KiB of heap a peer`);
measure('reports', peers, (peer) => feed({ type: 'report', peer, report: someReport() }));
nowMs += 120_000;
measure('asks for one sub-stream', peers, (peer) =>
  feed({ type: 'ask', peer, request: { substreams: [random.below(8)] } }),
);
const sdp = someOffer();
measure('offers rebuilt and relayed', offersDue.slice(0, 20_000), ({ from, to }) =>
  feed({ type: 'signal', peer: from, envelope: { peerId: to, signal: { type: 'offer', sdp } } }),
);
const candidate =
  'candidate:1367512859 1 udp 2113937151 d3581a87-bb83-4b0e-8f96-6a3f50b5f650.local 43672 typ host generation 0';
measure('candidates rebuilt and relayed', offersDue.slice(0, 20_000), ({ from, to }) =>
  feed({ type: 'signal', peer: from, envelope: { peerId: to, signal: { type: 'candidate', candidate, mid: '0' } } }),
);
measure('reviews', Array.from({ length: 100 }), () => {
  nowMs += 2000;
  return feed({ type: 'wakeup' });
});
measure('disconnects', peers, (peer) => feed({ type: 'disconnected', peer }));
const { signalsRelayed, signalsDropped, introductions } = tracker.stats();
console.log(`${introductions} introductions, ${signalsRelayed} signals relayed, ${signalsDropped} dropped`);

function feed(input: TrackerInput): TrackerOutput[] {
  return tracker.handle(input, nowMs);
}

function measure<T>(what: string, items: readonly T[], act: (item: T) => unknown): void {
  const before = process.cpuUsage();
  for (const item of items) act(item);
  const { user, system } = process.cpuUsage(before);
  // Of CPU time, the collector's threads included: other work on the machine does not count.
  console.log(`${Math.round((items.length * 1e6) / (user + system))} ${what} a second of CPU`);
}

function someReport(): PeerReport {
  return {
    slots: random.below(20),
    slotsUsed: random.below(12),
    lagMs: Array.from({ length: 8 }, () => 200 + random.below(1000)),
    links: 10 + random.below(10),
    bytesFromPeers: 1000,
    bytesFromServer: 10,
    bytesToPeers: 1000,
    latencyMs: 2500,
    stalls: 0,
    stallMs: 0,
    banned: [],
  };
}

function someOffer(): string {
  const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':');
  return [
    'v=0',
    'o=- 5240542221403537228 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    'a=ice-ufrag:y88k',
    'a=ice-pwd:YeGgdE68MTcKEFSxzBsYycRC',
    'a=ice-options:trickle',
    `a=fingerprint:sha-256 ${fingerprint}`,
    'a=setup:actpass',
    'a=mid:0',
    'a=sctp-port:5000',
    'a=max-message-size:262144',
    '',
  ].join('\r\n');
}

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
