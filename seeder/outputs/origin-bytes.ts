/** Ways by which media leave the server: the labels of `swarmtube_origin_bytes_total`. */
export const ORIGIN_PATHS = ['push', 'start', 'rescue', 'lease', 'stream', 'flv', 'hls', 'replay'] as const;
export type OriginPath = (typeof ORIGIN_PATHS)[number];

/** Bytes of media that left the server for one channel, by path. Totals since the process began. */
export class OriginBytes {
  private readonly totals: Record<OriginPath, number> = {
    push: 0,
    start: 0,
    rescue: 0,
    lease: 0,
    stream: 0,
    flv: 0,
    hls: 0,
    replay: 0,
  };

  add(path: OriginPath, bytes: number): void {
    this.totals[path] += bytes;
  }

  /** For paths whose own part of the program counts: its total so far. */
  set(path: OriginPath, totalBytes: number): void {
    this.totals[path] = totalBytes;
  }

  get(path: OriginPath): number {
    return this.totals[path];
  }

  get total(): number {
    return ORIGIN_PATHS.reduce((sum, path) => sum + this.totals[path], 0);
  }
}
