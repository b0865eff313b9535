import type { ByteQueue } from '../bytes/byte-queue.ts';
import type { TagKind } from './tag.ts';

/*
 * An FLV tag (Adobe Flash Video File Format 10.1, annex E.4.1):
 *
 *  0  u8   2 bits reserved · 1 bit encrypted · 5 bits type: 8 audio, 9 video, 18 script data
 *  1  u24  length of the body
 *  4  u24  timestamp, ms, lower bits
 *  7  u8   timestamp, upper bits
 *  8  u24  stream id, 0
 * 11  …    body
 *     u32  PreviousTagSize: 11 + length of the body
 */
export const FLV_TAG_HEAD_BYTES = 11;
export const PREVIOUS_TAG_SIZE_BYTES = 4;

const TYPE_OF_KIND: Readonly<Record<TagKind, number>> = { audio: 8, video: 9, data: 18 };

export function flvTagType(kind: TagKind): number {
  return TYPE_OF_KIND[kind];
}

/** Undefined for a type that nobody defined. */
export function tagKindOfFlvType(type: number): TagKind | undefined {
  return type === 8 ? 'audio' : type === 9 ? 'video' : type === 18 ? 'data' : undefined;
}

export type FlvTagHead = {
  readonly type: number;
  readonly isEncrypted: boolean;
  readonly hasReservedBits: boolean;
  readonly bodyLength: number;
  /** Unsigned 32 bits, as they stand there. */
  readonly timestampMs: number;
  readonly streamId: number;
};

/** The caller has checked that `FLV_TAG_HEAD_BYTES` bytes are there. */
export function readFlvTagHead(bytes: ByteQueue, at: number): FlvTagHead {
  const first = bytes.u8(at);
  return {
    type: first & 0x1f,
    isEncrypted: (first & 0x20) !== 0,
    hasReservedBits: (first & 0xc0) !== 0,
    bodyLength: bytes.u24(at + 1),
    timestampMs: bytes.u8(at + 7) * 0x100_0000 + bytes.u24(at + 4),
    streamId: bytes.u24(at + 8),
  };
}

/** Whether a tag may well begin here: what chance bytes pass once in a billion. */
export function isPlausibleHead(head: FlvTagHead, bodyBytesMax: number): boolean {
  return (
    tagKindOfFlvType(head.type) !== undefined &&
    !head.hasReservedBits &&
    head.streamId === 0 &&
    head.bodyLength <= bodyBytesMax
  );
}

/** `FLV` at this place: the header of a file, or of a source that began again in the middle of a body. */
export function isFlvSignature(bytes: ByteQueue, at: number): boolean {
  return bytes.u24(at) === 0x464c56;
}
