import type { MediaMillis } from '../basics/units.ts';
import { ByteReader } from '../bytes/byte-reader.ts';
import { FLV_TAG_HEAD_BYTES, PREVIOUS_TAG_SIZE_BYTES, tagKindOfFlvType } from '../tags/flv-tag-head.ts';
import type { Tag } from '../tags/tag.ts';

/** Where the tags of a payload stopped making sense, and why. */
export type PayloadFault = { readonly offset: number; readonly text: string };

/**
 * The FLV tags of a payload or of a reassembled unit, with times unwrapped around that of the packet's header: tags hold
 * the low 32 bits. What comes before a fault is still given. Bodies refer to `bytes`. A signed payload is read to the
 * letter, without the patience of `FlvTagReader` for feeds.
 */
export function readPayloadTags(bytes: Uint8Array, nearMs: MediaMillis): { tags: Tag[]; fault?: PayloadFault } {
  const tags: Tag[] = [];
  const reader = new ByteReader(bytes);
  while (reader.remaining > 0) {
    const { offset } = reader;
    if (reader.remaining < FLV_TAG_HEAD_BYTES) return { tags, fault: { offset, text: 'a tag head is cut' } };
    const type = reader.u8();
    const bodyLength = reader.u24();
    const lowBits = reader.u24() + reader.u8() * 0x100_0000;
    reader.skip(3); // stream id
    const kind = tagKindOfFlvType(type);
    if (kind === undefined) return { tags, fault: { offset, text: `a tag of type ${type}` } };
    if (reader.remaining < bodyLength + PREVIOUS_TAG_SIZE_BYTES)
      return { tags, fault: { offset, text: 'a tag is cut' } };
    tags.push({ kind, timestampMs: unwrap(lowBits, nearMs), body: reader.slice(bodyLength) });
    reader.skip(PREVIOUS_TAG_SIZE_BYTES);
  }
  return { tags };
}

/** The time nearest to `nearMs` that has these low 32 bits. */
function unwrap(lowBits: number, nearMs: MediaMillis): MediaMillis {
  const difference = (lowBits - (nearMs % 0x1_0000_0000)) | 0;
  return Math.max(0, nearMs + difference) as MediaMillis;
}
