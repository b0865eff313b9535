import { TruncatedError } from './byte-reader.ts';

/** Bits, the highest of each byte first, bounds-checked: the headers of codecs. Throws `TruncatedError` past the end. */
export class BitReader {
  private readonly bytes: Uint8Array;
  private cursor = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get remaining(): number {
    return this.bytes.byteLength * 8 - this.cursor;
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  /** Up to 32 bits, unsigned. */
  bits(count: number): number {
    if (count > this.remaining) throw new TruncatedError(Math.ceil(count / 8), Math.floor(this.remaining / 8));
    let value = 0;
    for (let left = count; left > 0; ) {
      const inByte = 8 - (this.cursor & 7);
      const taken = Math.min(inByte, left);
      const byte = this.bytes[this.cursor >> 3] as number;
      value = value * 2 ** taken + ((byte >> (inByte - taken)) & (2 ** taken - 1));
      this.cursor += taken;
      left -= taken;
    }
    return value;
  }

  skip(count: number): void {
    if (count > this.remaining) throw new TruncatedError(Math.ceil(count / 8), Math.floor(this.remaining / 8));
    this.cursor += count;
  }

  /** Unsigned Exp-Golomb (ITU-T H.264 9.1). */
  ue(): number {
    let zeros = 0;
    while (!this.flag()) {
      // Longer codes than 32 bits exist in no header; a run of zeros is damage.
      if (++zeros > 32) throw new TruncatedError(5, 4);
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** Signed Exp-Golomb. */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}
