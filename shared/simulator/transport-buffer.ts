/** What one direction of a connection holds of what was handed to it, and when it will have left. First in, first out. */
export class TransportBuffer {
  /** As its owner is told: what had left when it was last settled is gone. */
  bytes = 0;
  private readonly leavesMs: number[] = [];
  private readonly sizes: number[] = [];
  private first = 0;

  /** Handed over, and to leave only when `departs` says. */
  take(bytes: number): void {
    this.bytes += bytes;
  }

  /** Not before what was handed over earlier. */
  departs(atMs: number, bytes: number): void {
    this.leavesMs.push(Math.max(atMs, this.leavesMs.at(-1) ?? 0));
    this.sizes.push(bytes);
  }

  /** Books what has left by now. */
  settle(nowMs: number): void {
    const { leavesMs, sizes } = this;
    while (this.first < leavesMs.length && (leavesMs[this.first] as number) <= nowMs) {
      this.bytes -= sizes[this.first] as number;
      this.first++;
    }
    if (this.first < leavesMs.length) return;
    leavesMs.length = 0;
    sizes.length = 0;
    this.first = 0;
  }

  /** When no more than so much will be left; undefined: it never will, as things are. */
  fallsToMs(lowWaterBytes: number): number | undefined {
    let rest = this.bytes;
    for (let at = this.first; at < this.leavesMs.length; at++) {
      rest -= this.sizes[at] as number;
      if (rest <= lowWaterBytes) return this.leavesMs[at];
    }
    return undefined;
  }
}
