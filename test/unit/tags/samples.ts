import type { MediaMillis } from '../../../shared/basics/units.ts';
import { encodeFlvHeader, encodeFlvTag } from '../../../shared/tags/flv-tag-writer.ts';
import type { Tag, TagKind } from '../../../shared/tags/tag.ts';
import { fc } from '../../support/properties.ts';

/** Bytes from hexadecimal text; spaces are for the reader. */
export function hex(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function tagOf(kind: TagKind, timestampMs: number, body: Uint8Array | string): Tag {
  return { kind, timestampMs: timestampMs as MediaMillis, body: typeof body === 'string' ? hex(body) : body };
}

/** An H.264 frame of legacy FLV. */
export function videoFrame(timestampMs: number, options: { isKeyframe?: boolean; data?: string } = {}): Tag {
  return tagOf(
    'video',
    timestampMs,
    `${options.isKeyframe ? '17' : '27'} 01 000000 ${options.data ?? '00000002 0900'}`,
  );
}

/** An AAC frame of legacy FLV. */
export function audioFrame(timestampMs: number, data = '2100'): Tag {
  return tagOf('audio', timestampMs, `af 01 ${data}`);
}

/** 640x360, Constrained Baseline, as x264 writes it. */
export const AVCC = hex(
  '01 42c01e ff e1 0018 67 42c01e d9 00a0 2ff9 6100 0003 0001 0000 0300 3c8f 162e 48 01 0004 68 cb83 cb20',
);
export const VIDEO_CONFIGURATION = tagOf('video', 0, `17 00 000000 ${toHex(AVCC)}`);
/** AAC-LC, 44.1 kHz, stereo. */
export const AUDIO_CONFIGURATION = tagOf('audio', 0, 'af 00 1210');

export function concat(...pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

export function flvOf(tags: readonly Tag[]): Uint8Array {
  return concat(encodeFlvHeader({ hasAudio: true, hasVideo: true }), ...tags.map(encodeFlvTag));
}

/** Any tags whatever. */
export const anyTags: fc.Arbitrary<Tag[]> = fc.array(
  fc.record(
    {
      kind: fc.constantFrom('audio', 'video', 'data'),
      timestampMs: fc.integer({ min: 0, max: 0xffff_ffff }).map((value) => value as MediaMillis),
      body: fc.uint8Array({ maxLength: 300 }),
    },
    { noNullPrototype: true },
  ),
  { maxLength: 20 },
);

/** The bytes in pieces, cut at any places. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.byteLength + 1)))].sort((left, right) => left - right);
  return [...cuts, bytes.byteLength].map((end, index) => bytes.subarray(cuts[index - 1] ?? 0, end));
}
