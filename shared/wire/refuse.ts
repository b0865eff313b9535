import type { PeerId } from '../basics/units.ts';
import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { readOptionalPeerId, writeOptionalPeerId } from './peer-id-field.ts';
import { readSubstream } from './substream-field.ts';
import { WireError } from './wire-error.ts';
import { WIRE_TYPE } from './wire-types.ts';

/*
 * REFUSE: the answer to a SUBSCRIBE that is not accepted; also said to one that believes to be a child and is not.
 *
 *  0  u8   type 5
 *  1  u8   sub-stream
 *  2  u8   reason: 0 full · 1 no feed · 2 loop · 3 epoch · 4 head of enough
 *  3       a child of the sender that has a free slot, or none
 */
export const REFUSAL_REASONS = ['full', 'no-feed', 'loop', 'epoch', 'head-of-enough'] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export type Refuse = {
  readonly type: 'refuse';
  readonly substream: number;
  readonly reason: RefusalReason;
  readonly hint: PeerId | undefined;
};

export function decodeRefuse(reader: ByteReader): Refuse {
  const substream = readSubstream(reader);
  const code = reader.u8();
  const reason = REFUSAL_REASONS[code];
  if (reason === undefined) throw new WireError('wire-refuse', `refusal for reason ${code}`);
  return { type: 'refuse', substream, reason, hint: readOptionalPeerId(reader) };
}

export function encodeRefuse(refuse: Refuse): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(16)
    .u8(WIRE_TYPE.refuse)
    .u8(refuse.substream)
    .u8(REFUSAL_REASONS.indexOf(refuse.reason));
  writeOptionalPeerId(writer, refuse.hint);
  return writer.finish();
}
