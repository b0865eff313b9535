export type PlayerState = 'idle' | 'joining' | 'playing' | 'stalled' | 'paused' | 'ended' | 'failed';

/** `player.stats` and the event `stats`: plain numbers, always all of them. Bytes and packets count from the start. */
export type PlayerStats = {
  readonly state: PlayerState;
  /** From capture to screen. */
  readonly latencyMs: number;
  /** Media in hand behind the play head. */
  readonly bufferMs: number;
  readonly targetLatencyMs: number;
  /** From the start to the first picture; 0 until then. */
  readonly firstFrameMs: number;
  readonly stalls: number;
  readonly stallMs: number;
  readonly peers: number;
  readonly bytesFromPeers: number;
  readonly bytesFromServer: number;
  readonly bytesToPeers: number;
  readonly packetsFromPeers: number;
  readonly packetsFromServer: number;
  readonly packetsRejected: number;
  readonly packetsDuplicate: number;
  /** Where the media of the last seconds came from. */
  readonly source: 'swarm' | 'server' | 'both' | 'none';
  readonly newestSequence: number;
  readonly epoch: number;
};

export const EMPTY_STATS: PlayerStats = {
  state: 'idle',
  latencyMs: 0,
  bufferMs: 0,
  targetLatencyMs: 0,
  firstFrameMs: 0,
  stalls: 0,
  stallMs: 0,
  peers: 0,
  bytesFromPeers: 0,
  bytesFromServer: 0,
  bytesToPeers: 0,
  packetsFromPeers: 0,
  packetsFromServer: 0,
  packetsRejected: 0,
  packetsDuplicate: 0,
  source: 'none',
  newestSequence: 0,
  epoch: 0,
};
