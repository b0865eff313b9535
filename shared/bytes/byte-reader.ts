import { SwarmtubeError } from '../basics/errors.ts';
import { decodeUtf8 } from './utf8.ts';

/** The bytes ended before the structure did. */
export class TruncatedError extends SwarmtubeError {
  override readonly name = 'TruncatedError';
  constructor(wantedBytes: number, remainingBytes: number) {
    super('truncated', `${wantedBytes} bytes wanted where ${remainingBytes} are left`);
  }
}

/**
 * A bounds-checked, big-endian cursor over bytes that it does not own. Every read checks first and throws
 * `TruncatedError`; nothing is read past the end, nothing is allocated for a length that was not checked.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  private cursor = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get offset(): number {
    return this.cursor;
  }

  get remaining(): number {
    return this.bytes.byteLength - this.cursor;
  }

  // Byte by byte: a DataView beside each small message costs more than all that is read through it.

  u8(): number {
    return this.bytes[this.take(1)] as number;
  }

  u16(): number {
    return this.uint16(this.take(2));
  }

  u24(): number {
    const at = this.take(3);
    return ((this.bytes[at] as number) << 16) | this.uint16(at + 1);
  }

  /** Signed 24 bits: composition offsets of FLV. */
  i24(): number {
    return (this.u24() << 8) >> 8;
  }

  u32(): number {
    return this.int32(this.take(4)) >>> 0;
  }

  i16(): number {
    return (this.uint16(this.take(2)) << 16) >> 16;
  }

  i32(): number {
    return this.int32(this.take(4));
  }

  /** 48 bits, as a number: no shift operator reaches that far. */
  u48(): number {
    const at = this.take(6);
    return this.uint16(at) * 0x1_0000_0000 + (this.int32(at + 2) >>> 0);
  }

  f64(): number {
    const { buffer, byteOffset } = this.bytes;
    return new DataView(buffer, byteOffset + this.take(8), 8).getFloat64(0);
  }

  /** A view of the next `length` bytes, not a copy. */
  slice(length: number): Uint8Array {
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** A view of everything that is left. */
  rest(): Uint8Array {
    return this.slice(this.remaining);
  }

  utf8(lengthBytes: number): string {
    return decodeUtf8(this.slice(lengthBytes));
  }

  skip(length: number): void {
    this.take(length);
  }

  private uint16(at: number): number {
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number);
  }

  private int32(at: number): number {
    return (this.uint16(at) << 16) | this.uint16(at + 2);
  }

  private take(length: number): number {
    if (length > this.remaining) throw new TruncatedError(length, this.remaining);
    const at = this.cursor;
    this.cursor += length;
    return at;
  }
}
