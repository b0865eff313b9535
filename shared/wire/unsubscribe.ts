import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { readSubstream } from './substream-field.ts';
import { WIRE_TYPE } from './wire-types.ts';

/*
 * UNSUBSCRIBE: push me nothing more of this sub-stream. Not answered; packets already sent still come.
 *
 *  0  u8   type 6
 *  1  u8   sub-stream
 */
export type Unsubscribe = { readonly type: 'unsubscribe'; readonly substream: number };

export function decodeUnsubscribe(reader: ByteReader): Unsubscribe {
  return { type: 'unsubscribe', substream: readSubstream(reader) };
}

export function encodeUnsubscribe(unsubscribe: Unsubscribe): Uint8Array<ArrayBuffer> {
  return new ByteWriter(16).u8(WIRE_TYPE.unsubscribe).u8(unsubscribe.substream).finish();
}
