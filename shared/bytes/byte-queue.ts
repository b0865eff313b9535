const OWN_BYTES_MIN = 4096;
/** An emptied store larger than this is given back: one huge keyframe must not keep its room for hours. */
const OWN_BYTES_KEPT = 256 * 1024;

/**
 * Bytes that come in pieces and leave from the front; every byte is copied at most once on average, however small the pieces.
 * Between `append` and `settle` the queue may refer to the piece itself: call `settle` before the caller gets its buffer back.
 * Positions given to the reading methods count from the front.
 */
export class ByteQueue {
  private store: Uint8Array = new Uint8Array(0);
  private storeIsOwn = false;
  private start = 0;
  private end = 0;
  private consumed = 0;

  get length(): number {
    return this.end - this.start;
  }

  /** How many bytes have left so far: the place of the front in the whole stream. */
  get offset(): number {
    return this.consumed;
  }

  append(piece: Uint8Array): void {
    if (this.length === 0) {
      // Not as the subclass it may be: Node's Buffer has a `slice` that does not copy, and copies are of the same class.
      this.store = new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
      this.storeIsOwn = false;
      this.start = 0;
      this.end = piece.byteLength;
      return;
    }
    if (!this.storeIsOwn || this.end + piece.byteLength > this.store.byteLength) this.makeRoom(piece.byteLength);
    this.store.set(piece, this.end);
    this.end += piece.byteLength;
  }

  /** Copies what is left of a piece that belongs to the caller. */
  settle(): void {
    if (this.length === 0) {
      this.store = new Uint8Array(0);
      this.storeIsOwn = false;
      this.start = 0;
      this.end = 0;
    } else if (!this.storeIsOwn) this.makeRoom(0);
  }

  consume(count: number): void {
    const taken = Math.min(count, this.length);
    this.start += taken;
    this.consumed += taken;
  }

  /** 0 past the end: check `length` first. */
  u8(at: number): number {
    return at < this.length ? (this.store[this.start + at] as number) : 0;
  }

  u24(at: number): number {
    return (this.u8(at) << 16) | (this.u8(at + 1) << 8) | this.u8(at + 2);
  }

  u32(at: number): number {
    return this.u8(at) * 0x100_0000 + this.u24(at + 1);
  }

  /** A copy that nothing else refers to. */
  copy(from: number, to: number): Uint8Array<ArrayBuffer> {
    return this.store.slice(this.start + from, this.start + Math.min(to, this.length)) as Uint8Array<ArrayBuffer>;
  }

  /** A look at the bytes without a copy; good until the next `append`, `settle` or `consume`. */
  peek(from: number, to: number): Uint8Array {
    return this.store.subarray(this.start + from, this.start + Math.min(to, this.length));
  }

  private makeRoom(extra: number): void {
    const length = this.length;
    const wanted = length + extra;
    const canMove = this.storeIsOwn && wanted * 2 <= this.store.byteLength;
    if (canMove && this.store.byteLength <= Math.max(OWN_BYTES_KEPT, wanted * 4)) {
      this.store.copyWithin(0, this.start, this.end);
    } else {
      const larger = new Uint8Array(Math.max(OWN_BYTES_MIN, wanted * 2));
      larger.set(this.store.subarray(this.start, this.end));
      this.store = larger;
      this.storeIsOwn = true;
    }
    this.start = 0;
    this.end = length;
  }
}
