import { encodeUtf8 } from './utf8.ts';

const INITIAL_BYTES = 256;

/** Writes big-endian numbers and bytes into a buffer that grows. `finish()` gives the bytes written so far. */
export class ByteWriter {
  private buffer: Uint8Array<ArrayBuffer>;
  private view: DataView;
  private cursor = 0;

  constructor(expectedBytes: number = INITIAL_BYTES) {
    this.buffer = new Uint8Array(Math.max(16, expectedBytes));
    this.view = new DataView(this.buffer.buffer);
  }

  get length(): number {
    return this.cursor;
  }

  u8(value: number): this {
    const at = this.reserve(1);
    this.view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.reserve(2);
    this.view.setUint16(at, value);
    return this;
  }

  u24(value: number): this {
    const at = this.reserve(3);
    this.view.setUint8(at, value >>> 16);
    this.view.setUint16(at + 1, value & 0xffff);
    return this;
  }

  u32(value: number): this {
    const at = this.reserve(4);
    this.view.setUint32(at, value);
    return this;
  }

  i32(value: number): this {
    const at = this.reserve(4);
    this.view.setInt32(at, value);
    return this;
  }

  u48(value: number): this {
    const at = this.reserve(6);
    this.view.setUint16(at, Math.floor(value / 0x1_0000_0000));
    this.view.setUint32(at + 2, value % 0x1_0000_0000);
    return this;
  }

  u64(value: number): this {
    const at = this.reserve(8);
    this.view.setUint32(at, Math.floor(value / 0x1_0000_0000));
    this.view.setUint32(at + 4, value % 0x1_0000_0000);
    return this;
  }

  f64(value: number): this {
    const at = this.reserve(8);
    this.view.setFloat64(at, value);
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
    this.view.setUint32(offset, value);
  }

  /** The bytes written so far, as a view that later writes may leave behind. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.buffer.subarray(0, this.cursor);
  }

  private reserve(length: number): number {
    const at = this.cursor;
    const needed = at + length;
    if (needed > this.buffer.byteLength) {
      const grown = new Uint8Array(Math.max(needed, this.buffer.byteLength * 2));
      grown.set(this.buffer);
      this.buffer = grown;
      this.view = new DataView(grown.buffer);
    }
    this.cursor = needed;
    return at;
  }
}
