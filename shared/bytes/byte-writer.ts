import { encodeUtf8 } from './utf8.ts';

const INITIAL_BYTES = 256;
/** So small, a copy is cheaper than a view: an array of its own, without a buffer beside it. */
const SMALL_BYTES = 64;

/** Writes big-endian numbers and bytes into a buffer that grows. `finish()` gives the bytes written so far. */
export class ByteWriter {
  private buffer: Uint8Array<ArrayBuffer>;
  private cursor = 0;

  constructor(expectedBytes: number = INITIAL_BYTES) {
    this.buffer = new Uint8Array(Math.max(16, expectedBytes));
  }

  get length(): number {
    return this.cursor;
  }

  // Byte by byte: a DataView beside each small message costs more than all that is written through it.

  u8(value: number): this {
    return this.number(value, 1);
  }

  u16(value: number): this {
    return this.number(value, 2);
  }

  u24(value: number): this {
    return this.number(value, 3);
  }

  u32(value: number): this {
    return this.number(value, 4);
  }

  i32(value: number): this {
    return this.number(value, 4);
  }

  u48(value: number): this {
    return this.u16(Math.floor(value / 0x1_0000_0000)).u32(value % 0x1_0000_0000);
  }

  u64(value: number): this {
    return this.u32(Math.floor(value / 0x1_0000_0000)).u32(value % 0x1_0000_0000);
  }

  f64(value: number): this {
    const at = this.reserve(8);
    new DataView(this.buffer.buffer).setFloat64(at, value);
    return this;
  }

  bytes(source: Uint8Array): this {
    const at = this.reserve(source.byteLength);
    this.buffer.set(source, at);
    return this;
  }

  /** Text without a length before it. */
  utf8(text: string): this {
    return this.bytes(encodeUtf8(text));
  }

  /** Overwrites four bytes already written: sizes that are known only afterwards. */
  setU32(offset: number, value: number): void {
    put(this.buffer, offset, value, 4);
  }

  /** The bytes written so far, as a view or copy that later writes may leave behind. */
  finish(): Uint8Array<ArrayBuffer> {
    if (this.cursor === this.buffer.byteLength) return this.buffer;
    return this.buffer.byteLength <= SMALL_BYTES
      ? this.buffer.slice(0, this.cursor)
      : this.buffer.subarray(0, this.cursor);
  }

  private number(value: number, length: number): this {
    const at = this.reserve(length);
    put(this.buffer, at, value, length);
    return this;
  }

  private reserve(length: number): number {
    const at = this.cursor;
    const needed = at + length;
    if (needed > this.buffer.byteLength) {
      const grown = new Uint8Array(Math.max(needed, this.buffer.byteLength * 2));
      grown.set(this.buffer);
      this.buffer = grown;
    }
    this.cursor = needed;
    return at;
  }
}

/** The low bytes of a whole number, most significant first. */
function put(buffer: Uint8Array, at: number, value: number, length: number): void {
  let rest = value;
  for (let place = at + length - 1; place >= at; place--) {
    buffer[place] = rest;
    rest = rest >> 8;
  }
}
