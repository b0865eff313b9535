import type { Random } from '../../shared/basics/random.ts';

/** A set that can be drawn from at random in constant time, and whose order depends on nothing but its history. */
export class SampledSet<T> {
  private readonly items: T[] = [];
  private readonly places = new Map<T, number>();

  get size(): number {
    return this.items.length;
  }

  has(item: T): boolean {
    return this.places.has(item);
  }

  add(item: T): void {
    if (this.places.has(item)) return;
    this.places.set(item, this.items.length);
    this.items.push(item);
  }

  delete(item: T): void {
    const place = this.places.get(item);
    if (place === undefined) return;
    this.places.delete(item);
    const last = this.items.pop() as T;
    if (last === item) return;
    this.items[place] = last;
    this.places.set(last, place);
  }

  /** Up to `count` different items, chosen evenly, in random order. */
  sample(count: number, random: Random): T[] {
    const size = this.items.length;
    const wanted = Math.min(count, size);
    // Floyd's method: as many draws as items wanted, however large the set.
    const sampled: T[] = [];
    for (let bound = size - wanted; bound < size; bound++) {
      const drawn = this.items[random.below(bound + 1)] as T;
      // A few dozen at most are wanted: looking through them is cheaper than a set of them.
      sampled.push(sampled.includes(drawn) ? (this.items[bound] as T) : drawn);
    }
    for (let at = sampled.length - 1; at > 0; at--) {
      const other = random.below(at + 1);
      [sampled[at], sampled[other]] = [sampled[other] as T, sampled[at] as T];
    }
    return sampled;
  }

  values(): readonly T[] {
    return this.items;
  }
}
