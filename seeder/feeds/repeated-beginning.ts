/** Two live streams differ long before: the time of the first frame does. */
const COMPARED_BYTES_MAX = 64 * 1024;
/** Shorter ones hold no picture: a server that has no stream at the moment sends a header and closes. */
const KNOWN_BYTES_MIN = 1024;

/**
 * Tells a finished file that a server gives without its length from a live stream: each connection that it closes in an
 * orderly way is followed by one that begins with the same bytes. What comes is held back for as long as it is the same.
 */
export class RepeatedBeginning {
  /** Of the connection before this one, where it was closed in an orderly way. */
  private known: Uint8Array | undefined;
  private next: Uint8Array | undefined;
  private current = new Uint8Array(0);
  private isHolding = false;

  /** A connection is tried. What is not closed in an orderly way is forgotten: a server that was restarted may begin as before. */
  open(): void {
    this.known = this.next;
    this.next = undefined;
    this.current = new Uint8Array(0);
    this.isHolding = this.known !== undefined;
  }

  /** What may be read on of it: `repeated` where it is the same once more. */
  take(chunk: Uint8Array): Uint8Array | 'repeated' {
    if (this.current.byteLength < COMPARED_BYTES_MAX) {
      const part = chunk.subarray(0, COMPARED_BYTES_MAX - this.current.byteLength);
      this.current = joined(this.current, part);
      if (this.isHolding && this.known !== undefined) return this.compare(this.known, chunk.subarray(part.byteLength));
    }
    return chunk;
  }

  /** The server closed it, as one does with what is complete. `repeated` where all of it was the same as before. */
  close(): 'repeated' | undefined {
    if (this.isHolding && this.current.byteLength === this.known?.byteLength) return this.repeated();
    if (this.current.byteLength >= KNOWN_BYTES_MIN) this.next = this.current;
    return undefined;
  }

  private repeated(): 'repeated' {
    this.next = this.known;
    return 'repeated';
  }

  private compare(known: Uint8Array, rest: Uint8Array): Uint8Array | 'repeated' {
    const { current } = this;
    const length = Math.min(known.byteLength, current.byteLength);
    if (Buffer.compare(known.subarray(0, length), current.subarray(0, length)) === 0) {
      if (length === COMPARED_BYTES_MAX) return this.repeated();
      if (current.byteLength <= known.byteLength) return NOTHING;
    }
    this.isHolding = false;
    return joined(current, rest);
  }
}

const NOTHING = new Uint8Array(0);

function joined(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(left.byteLength + right.byteLength);
  whole.set(left);
  whole.set(right, left.byteLength);
  return whole;
}
