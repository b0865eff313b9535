/** A binary heap of things to do, by time; what was queued first is done first among equals. */
export class EventQueue {
  private readonly heap: { atMs: number; order: number; run: () => void }[] = [];
  private nextOrder = 0;

  get nextAtMs(): number | undefined {
    return this.heap[0]?.atMs;
  }

  add(atMs: number, run: () => void): void {
    const entry = { atMs, order: this.nextOrder++, run };
    const { heap } = this;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as typeof entry;
      if (!isSooner(entry, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  take(): (() => void) | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (heap.length === 0) return first.run;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= heap.length) break;
      const right = heap[below + 1];
      if (right !== undefined && isSooner(right, heap[below] as typeof first)) below++;
      const child = heap[below] as typeof first;
      if (!isSooner(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
    return first.run;
  }
}

function isSooner(one: { atMs: number; order: number }, other: { atMs: number; order: number }): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
