import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { WIRE_TYPE } from './wire-types.ts';

/*
 * PING: measures the distance of a link. Answered at once with PONG.
 *
 *  0  u8   type 11
 *  1  u32  token, returned as it came
 */
export type Ping = { readonly type: 'ping'; readonly token: number };

export function decodePing(reader: ByteReader): Ping {
  return { type: 'ping', token: reader.u32() };
}

export function encodePing(ping: Ping): Uint8Array<ArrayBuffer> {
  return new ByteWriter(16).u8(WIRE_TYPE.ping).u32(ping.token).finish();
}
