import type { PeerId } from '../basics/units.ts';
import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { readOptionalPeerId, writeOptionalPeerId } from './peer-id-field.ts';
import { readSubstream } from './substream-field.ts';
import { WireError } from './wire-error.ts';
import { WIRE_TYPE } from './wire-types.ts';

/*
 * EVICT: the receiver is no longer the sender's child. With grace it is fed for one more second while it finds another
 * parent, and does not unsubscribe.
 *
 *  0  u8   type 7
 *  1  u8   sub-stream
 *  2  u8   flags: 1 grace
 *  3       where to go: a peer that just got a free slot, or none
 */
export type Evict = {
  readonly type: 'evict';
  readonly substream: number;
  readonly hasGrace: boolean;
  readonly goTo: PeerId | undefined;
};

export function decodeEvict(reader: ByteReader): Evict {
  const substream = readSubstream(reader);
  const flags = reader.u8();
  if (flags > 1) throw new WireError('wire-evict', `flags ${flags}`);
  return { type: 'evict', substream, hasGrace: flags === 1, goTo: readOptionalPeerId(reader) };
}

export function encodeEvict(evict: Evict): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(16)
    .u8(WIRE_TYPE.evict)
    .u8(evict.substream)
    .u8(evict.hasGrace ? 1 : 0);
  writeOptionalPeerId(writer, evict.goTo);
  return writer.finish();
}
