import type { LineSocket } from '../../../../seeder/outputs/reader-line.ts';

/** A line that takes what it is allowed to, and remembers it. */
export class FakeSocket implements LineSocket {
  readonly taken: Uint8Array[] = [];
  isEnded = false;
  isDestroyed = false;
  /** Bytes that the far end still takes. */
  room: number;
  private readonly waiting: { bytes: Uint8Array; written: () => void }[] = [];
  private readonly closeListeners: (() => void)[] = [];

  constructor(room = Number.POSITIVE_INFINITY) {
    this.room = room;
  }

  get writableLength(): number {
    return this.waiting.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  }

  write(bytes: Uint8Array, written: () => void = () => {}): boolean {
    this.waiting.push({ bytes, written });
    this.drain();
    return true;
  }

  /** The far end reads on. */
  open(room = Number.POSITIVE_INFINITY): void {
    this.room = room;
    this.drain();
  }

  end(): void {
    this.isEnded = true;
    this.close();
  }

  destroy(): void {
    this.isDestroyed = true;
    this.close();
  }

  /** The far end is gone. */
  close(): void {
    for (const listener of this.closeListeners.splice(0)) listener();
  }

  once(_event: 'close', listener: () => void): this {
    this.closeListeners.push(listener);
    return this;
  }

  setTimeout(): this {
    return this;
  }

  on(): this {
    return this;
  }

  text(): Uint8Array {
    return Buffer.concat(this.taken);
  }

  private drain(): void {
    for (let next = this.waiting[0]; next !== undefined && this.room >= next.bytes.byteLength; next = this.waiting[0]) {
      this.waiting.shift();
      this.room -= next.bytes.byteLength;
      this.taken.push(next.bytes);
      next.written();
    }
  }
}
