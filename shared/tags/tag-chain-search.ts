import type { ByteQueue } from '../bytes/byte-queue.ts';
import {
  FLV_TAG_HEAD_BYTES,
  isFlvSignature,
  isPlausibleHead,
  PREVIOUS_TAG_SIZE_BYTES,
  readFlvTagHead,
} from './flv-tag-head.ts';

/** Tags in a row, each with the right PreviousTagSize, that prove a place to go on from: about 100 bits of agreement. */
const STRICT_LINKS = 2;
/** The same for feeds whose PreviousTagSize is never right: heads in a row that are plausible by themselves. */
const LOOSE_LINKS = 4;
/** Places that look like a head but whose chain has not arrived yet. Chance makes one in a billion bytes; hostility more. */
const CANDIDATES_MAX = 64;
/** A place that is not proved after this many further bytes is given up, so that a claimed length cannot hold up a live feed. */
const LOOK_AHEAD_BYTES_MAX = 1024 * 1024;
/** A header that a search may stop at: `FLV`, version 1, flags, DataOffset 9, PreviousTagSize 0. */
const FLV_HEADER_BYTES = 13;

/**
 * Looks for the next place in damaged bytes where tags follow one another again, or where a new FLV header stands.
 * Remembers where it has looked: each byte is looked at once, however small the pieces.
 */
export class TagChainSearch {
  private readonly bodyBytesMax: number;
  private scanned: number;
  private candidates: number[] = [];

  /** `from`: place in the stream (`ByteQueue.offset` based) of the first byte that may be the answer. */
  constructor(from: number, bodyBytesMax: number) {
    this.scanned = from;
    this.bodyBytesMax = bodyBytesMax;
  }

  /** Bytes before this place in the stream will not be asked for again. */
  get oldestNeeded(): number {
    return this.candidates[0] ?? this.scanned;
  }

  /** The place in the stream to go on from, or undefined until more bytes tell. `isEnd`: no more will come. */
  find(bytes: ByteQueue, isEnd: boolean): number | undefined {
    const end = bytes.offset + bytes.length;
    const undecided: number[] = [];
    for (const candidate of this.candidates) {
      const verdict = this.judge(bytes, candidate - bytes.offset, isEnd);
      if (verdict === 'yes') return candidate;
      if (verdict === 'undecided' && end - candidate <= LOOK_AHEAD_BYTES_MAX) undecided.push(candidate);
    }
    this.candidates = undecided;
    const lastScannable = end - (isEnd ? FLV_TAG_HEAD_BYTES : FLV_HEADER_BYTES);
    for (; this.scanned <= lastScannable; this.scanned++) {
      const at = this.scanned - bytes.offset;
      if (!mayBegin(bytes, at)) continue;
      const verdict = this.judge(bytes, at, isEnd);
      if (verdict === 'yes') return this.scanned;
      if (verdict === 'undecided' && end - this.scanned <= LOOK_AHEAD_BYTES_MAX) this.candidates.push(this.scanned);
    }
    while (this.candidates.length > CANDIDATES_MAX) this.candidates.shift();
    return undefined;
  }

  private judge(bytes: ByteQueue, start: number, isEnd: boolean): 'yes' | 'no' | 'undecided' {
    let at = start;
    let strictLinks = 0;
    for (let links = 0; links < LOOSE_LINKS && strictLinks < STRICT_LINKS; links++) {
      if (isFlvHeader(bytes, at)) return 'yes';
      if (at + FLV_TAG_HEAD_BYTES > bytes.length) {
        return !isEnd ? 'undecided' : strictLinks > 0 && at === bytes.length ? 'yes' : 'no';
      }
      const head = readFlvTagHead(bytes, at);
      if (!isPlausibleHead(head, this.bodyBytesMax)) return 'no';
      const bodyEnd = at + FLV_TAG_HEAD_BYTES + head.bodyLength;
      if (bodyEnd + PREVIOUS_TAG_SIZE_BYTES > bytes.length) return isEnd ? 'no' : 'undecided';
      if (bytes.u32(bodyEnd) === FLV_TAG_HEAD_BYTES + head.bodyLength) strictLinks++;
      at = bodyEnd + PREVIOUS_TAG_SIZE_BYTES;
    }
    return 'yes';
  }
}

/** The cheap question asked of every byte. */
function mayBegin(bytes: ByteQueue, at: number): boolean {
  const first = bytes.u8(at);
  if (first === 0x46) return isFlvHeader(bytes, at);
  return ((first & 0x1f) === 18 || (first & 0x1e) === 8) && bytes.u24(at + 8) === 0;
}

/** A header as every writer writes it, with the PreviousTagSize 0 behind it. */
export function isFlvHeader(bytes: ByteQueue, at: number): boolean {
  return (
    at + FLV_HEADER_BYTES <= bytes.length &&
    isFlvSignature(bytes, at) &&
    bytes.u8(at + 3) === 1 &&
    (bytes.u8(at + 4) & 0xfa) === 0 &&
    bytes.u32(at + 5) === 9 &&
    bytes.u32(at + 9) === 0
  );
}
