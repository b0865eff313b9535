import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { WIRE_TYPE } from './wire-types.ts';

/*
 * PONG: the answer to PING.
 *
 *  0  u8   type 12
 *  1  u32  token of the PING
 */
export type Pong = { readonly type: 'pong'; readonly token: number };

export function decodePong(reader: ByteReader): Pong {
  return { type: 'pong', token: reader.u32() };
}

export function encodePong(pong: Pong): Uint8Array<ArrayBuffer> {
  return new ByteWriter(16).u8(WIRE_TYPE.pong).u32(pong.token).finish();
}
