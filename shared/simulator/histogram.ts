/** Counts of times in whole steps, for quantiles of millions of them. */
export class Histogram {
  private readonly stepMs: number;
  private readonly counts: Uint32Array;
  private total = 0;

  constructor(stepMs: number, longestMs: number) {
    this.stepMs = stepMs;
    this.counts = new Uint32Array(Math.ceil(longestMs / stepMs) + 1);
  }

  add(ms: number, times = 1): void {
    const at = Math.min(this.counts.length - 1, Math.max(0, Math.floor(ms / this.stepMs)));
    this.counts[at] = (this.counts[at] as number) + times;
    this.total += times;
  }

  /** The middle of the step that the quantile falls into; 0 of nothing. */
  quantile(share: number): number {
    let left = share * this.total;
    for (const [at, count] of this.counts.entries()) {
      left -= count;
      if (left <= 0 && count > 0) return Math.round((at + 0.5) * this.stepMs);
    }
    return 0;
  }

  quantiles(): { readonly p50: number; readonly p95: number; readonly p99: number } {
    return { p50: this.quantile(0.5), p95: this.quantile(0.95), p99: this.quantile(0.99) };
  }
}
