import type { ChannelName } from '../../shared/basics/units.ts';
import type { PeerReport } from '../../shared/wire/tracker-messages.ts';

/** What the viewers of one channel reported, summed up since the process began: for /metrics and the desk. */
export type ChannelCounters = {
  readonly channel: ChannelName;
  readonly viewers: number;
  readonly seeders: number;
  readonly isShort: boolean;
  readonly bytesFromPeers: number;
  readonly bytesFromServer: number;
  readonly bytesToPeers: number;
  readonly stalls: number;
  readonly stallMs: number;
  /** Capture to screen, out of the latest reports, in no order; at most `LATENCY_SAMPLES_MAX`. */
  readonly latencySamplesMs: readonly number[];
};

/** Enough for a p99 that means something. */
export const LATENCY_SAMPLES_MAX = 1000;

/**
 * Reports are claims. A gigabit a second is more than any viewer moves, so nobody can claim more than that, nor stall
 * longer than the time that passed: one liar bends the figures a little, and cannot break them.
 */
const BYTES_PER_MS_MAX = 125_000;

export class ChannelStatistics {
  private bytesFromPeers = 0;
  private bytesFromServer = 0;
  private bytesToPeers = 0;
  private stalls = 0;
  private stallMs = 0;
  private readonly latencySamplesMs: number[] = [];
  private nextSample = 0;

  add(report: PeerReport, elapsedMs: number): void {
    const bytesMax = elapsedMs * BYTES_PER_MS_MAX;
    this.bytesFromPeers += Math.min(report.bytesFromPeers, bytesMax);
    this.bytesFromServer += Math.min(report.bytesFromServer, bytesMax);
    this.bytesToPeers += Math.min(report.bytesToPeers, bytesMax);
    this.stallMs += Math.min(report.stallMs, elapsedMs);
    // A stall shorter than 10 ms is none.
    this.stalls += Math.min(report.stalls, Math.ceil(elapsedMs / 10));
    // 0: nothing on screen yet.
    if (report.latencyMs > 0) this.sample(report.latencyMs);
  }

  counters(channel: ChannelName, now: { viewers: number; seeders: number; isShort: boolean }): ChannelCounters {
    return {
      channel,
      ...now,
      bytesFromPeers: this.bytesFromPeers,
      bytesFromServer: this.bytesFromServer,
      bytesToPeers: this.bytesToPeers,
      stalls: this.stalls,
      stallMs: this.stallMs,
      latencySamplesMs: [...this.latencySamplesMs],
    };
  }

  private sample(latencyMs: number): void {
    this.latencySamplesMs[this.nextSample] = latencyMs;
    this.nextSample = (this.nextSample + 1) % LATENCY_SAMPLES_MAX;
  }
}
