import { hlsSystem } from './hls-system.ts';
import { swarmtubeSystem } from './swarmtube-system.ts';
import type { System } from './system.ts';

/** Of PeerTube's player for live streams: `highDemandTimeWindow` is all it changes of p2p-media-loader. */
const AS_PEERTUBE = { highDemandTimeWindow: 4 };
/**
 * Beside p2p-media-loader hls.js has to do without its worker, as it does where it is imported as a module, and in PeerTube: what
 * goes to the worker is gone for the page, and the loader then has nothing to pass on and stops in mid-stream.
 */
const hlsBehind = (segments: number) => ({ liveSyncDurationCount: segments, enableWorker: false });

/** All that can be compared, in the order of the table. */
export const SYSTEMS: readonly System[] = [
  swarmtubeSystem({
    id: 'swarmtube',
    title: 'swarmtube',
    text: 'as it comes: `swarmtube seed URL`, two lines in the page',
    attributes: '',
  }),
  swarmtubeSystem({
    id: 'swarmtube-1.8s',
    title: 'swarmtube 1.8 s',
    text: 'the same with latency="1.8": some 0.15 s go by before the seeder has a picture, and after the player has shown it',
    attributes: 'latency="1.8"',
  }),
  hlsSystem({
    id: 'p2p-11s',
    title: 'p2p 2 s × 5',
    text: 'p2p-media-loader + hls.js, segments of 2 s, five of them behind live, highDemandTimeWindow 4 s',
    tuning: { segmentSeconds: 2, hls: hlsBehind(5), p2p: AS_PEERTUBE },
    listedSeconds: 16,
  }),
  hlsSystem({
    id: 'p2p-tuned',
    title: 'p2p 1 s × 8',
    text: 'the same, tuned for less delay: segments of 1 s, eight of them behind live, highDemandTimeWindow 2 s',
    tuning: { segmentSeconds: 1, hls: hlsBehind(8), p2p: { highDemandTimeWindow: 2 } },
    listedSeconds: 12,
  }),
  hlsSystem({
    id: 'p2p-20s',
    title: 'p2p 2 s × 9',
    text: 'as PeerTube sets it, but nine segments of 2 s behind live',
    tuning: { segmentSeconds: 2, hls: hlsBehind(9), p2p: AS_PEERTUBE },
    listedSeconds: 24,
  }),
  hlsSystem({
    id: 'p2p-peertube',
    title: 'p2p 4 s × 5',
    text: 'as PeerTube ships it: segments of 4 s, five of them behind live, highDemandTimeWindow 4 s',
    tuning: { segmentSeconds: 4, hls: hlsBehind(5), p2p: AS_PEERTUBE },
    listedSeconds: 28,
  }),
  hlsSystem({
    id: 'p2p-defaults',
    title: 'p2p defaults',
    text: 'segments of 2 s, five of them behind live, p2p-media-loader with its own defaults',
    tuning: { segmentSeconds: 2, hls: hlsBehind(5), p2p: {} },
    listedSeconds: 16,
  }),
  hlsSystem({
    id: 'hls',
    title: 'hls.js 1 s',
    text: 'hls.js alone, segments of 1 s, one and a half of them behind live',
    tuning: { segmentSeconds: 1, hls: { liveSyncDuration: 1.5, startFragPrefetch: true } },
    listedSeconds: 8,
  }),
];
