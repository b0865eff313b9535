/** A gap lasts until its packet comes, and no longer than a viewer waits before the picture goes on behind it. */
const GAP_MS_MAX = 2000;

/**
 * The player's deadline: what is not there when its capture time and the latency have passed is a stall, until it comes. Gaps
 * that overlap are one. One for each viewer.
 */
export class Playout {
  stalls = 0;
  stalledMs = 0;
  watchedMs = 0;
  private readonly missing = new Map<number, number>();
  private countedUntilMs = 0;

  /** The deadline of one packet; `isThere`: it came in time. */
  deadline(sequence: number, isThere: boolean, nowMs: number, durationMs: number): void {
    this.watchedMs += durationMs;
    this.giveUp(nowMs);
    if (isThere) return;
    if (nowMs > this.countedUntilMs && this.missing.size === 0) this.stalls++;
    this.missing.set(sequence, nowMs);
  }

  arrived(sequence: number, nowMs: number): void {
    const sinceMs = this.missing.get(sequence);
    if (sinceMs === undefined) return;
    this.missing.delete(sequence);
    this.close(sinceMs, nowMs);
  }

  /** At the end of the session: what is still open counts. */
  end(nowMs: number): void {
    for (const sinceMs of this.missing.values()) this.close(sinceMs, Math.min(nowMs, sinceMs + GAP_MS_MAX));
    this.missing.clear();
  }

  /** Nothing before counts. */
  restart(): void {
    this.stalls = this.missing.size > 0 ? 1 : 0;
    this.stalledMs = 0;
    this.watchedMs = 0;
  }

  private giveUp(nowMs: number): void {
    for (const [sequence, sinceMs] of this.missing) {
      if (nowMs - sinceMs < GAP_MS_MAX) return;
      this.missing.delete(sequence);
      this.close(sinceMs, sinceMs + GAP_MS_MAX);
    }
  }

  private close(fromMs: number, untilMs: number): void {
    this.stalledMs += Math.max(0, untilMs - Math.max(fromMs, this.countedUntilMs));
    this.countedUntilMs = Math.max(this.countedUntilMs, untilMs);
  }
}
