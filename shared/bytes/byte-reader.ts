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
  private readonly view: DataView;
  private cursor = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.cursor;
  }

  get remaining(): number {
    return this.bytes.byteLength - this.cursor;
  }

  u8(): number {
    return this.view.getUint8(this.take(1));
  }

  u16(): number {
    return this.view.getUint16(this.take(2));
  }

  u24(): number {
    const at = this.take(3);
    return (this.view.getUint8(at) << 16) | this.view.getUint16(at + 1);
  }

  /** Signed 24 bits: composition offsets of FLV. */
  i24(): number {
    return (this.u24() << 8) >> 8;
  }

  u32(): number {
    return this.view.getUint32(this.take(4));
  }

  i16(): number {
    return this.view.getInt16(this.take(2));
  }

  i32(): number {
    return this.view.getInt32(this.take(4));
  }

  /** 48 bits, as a number: no shift operator reaches that far. */
  u48(): number {
    const at = this.take(6);
    return this.view.getUint16(at) * 0x1_0000_0000 + this.view.getUint32(at + 2);
  }

  f64(): number {
    return this.view.getFloat64(this.take(8));
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

  private take(length: number): number {
    if (length > this.remaining) throw new TruncatedError(length, this.remaining);
    const at = this.cursor;
    this.cursor += length;
    return at;
  }
}
