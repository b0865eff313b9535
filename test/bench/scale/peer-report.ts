/** What a process of peers is started with. */
export type PeersOrder = {
  readonly channelUrl: string;
  readonly peers: number;
  /** Within this they come, evenly. */
  readonly joinSeconds: number;
  readonly uploadBytesPerSecond: number;
  /** Neighbours at most. */
  readonly linksMax: number;
};

/** Said to a process of peers: the measured part begins; it ends, report; leave. */
export type PeersCommand = 'begin' | 'report' | 'leave';

/** Said by a process of peers: all have come; what was measured. */
export type PeersMessage = { readonly type: 'joined' } | ({ readonly type: 'report' } & PeersReport);

/** Sums over the peers of a process, of the measured part. */
export type PeersReport = {
  /** Capture to arrival of each packet, ms. */
  readonly lagsMs: readonly number[];
  readonly fromPeers: number;
  readonly fromServer: number;
  /** Not there when they should have been played. */
  readonly lost: number;
  readonly duplicates: number;
  readonly rescues: number;
  readonly rejected: number;
  readonly links: number;
  readonly linksMost: number;
  readonly controlBytes: number;
  readonly bytesToPeers: number;
  readonly cpuSeconds: number;
  /** By how much timers were late, the 99th percentile: the machine had no time for this process. */
  readonly timersLateMs: number;
  readonly rssBytes: number;
};
