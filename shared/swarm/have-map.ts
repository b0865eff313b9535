import type { Have } from '../wire/have.ts';
import { HAVE_BITS } from '../wire/limits.ts';

/** What a neighbour said it holds. A promise, not a fact: whoever relies on it keeps count (links: `promises`). */
export class HaveMap {
  private readonly base: number;
  private bits: Uint8Array;
  /** The message's own bytes, which are nobody's to write into. */
  private readonly told: Uint8Array;
  /** Highest sequence claimed; -1: nothing. */
  readonly newest: number;

  constructor(have: Have) {
    this.base = have.base;
    this.told = have.map;
    this.bits = have.map;
    this.newest = highestBit(this.bits, have.base);
  }

  has(sequence: number): boolean {
    const at = sequence - this.base;
    if (at < 0 || at >= HAVE_BITS) return false;
    return ((this.bits[at >> 3] as number) & (0x80 >> (at & 7))) !== 0;
  }

  /** The neighbour proved to hold it (it sent it), or will in a moment (it was sent it). */
  add(sequence: number): void {
    const at = sequence - this.base;
    if (at < 0 || at >= HAVE_BITS) return;
    this.own()[at >> 3] = (this.bits[at >> 3] as number) | (0x80 >> (at & 7));
  }

  /** It said that it does not hold it after all. */
  remove(sequence: number): void {
    const at = sequence - this.base;
    if (at < 0 || at >= HAVE_BITS) return;
    this.own()[at >> 3] = (this.bits[at >> 3] as number) & ~(0x80 >> (at & 7));
  }

  private own(): Uint8Array {
    if (this.bits === this.told) this.bits = this.told.slice();
    return this.bits;
  }
}

function highestBit(bits: Uint8Array, base: number): number {
  for (let at = HAVE_BITS - 1; at >= 0; at--) {
    if (((bits[at >> 3] as number) & (0x80 >> (at & 7))) !== 0) return base + at;
  }
  return -1;
}
