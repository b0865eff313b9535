import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { WireError } from './wire-error.ts';
import { WIRE_TYPE } from './wire-types.ts';

/*
 * BYE: the last message on a link. What follows is not read.
 *
 *  0  u8   type 13
 *  1  u8   reason: 0 leaving · 1 no room · 2 protocol version · 3 too many messages · 4 banned
 */
export const BYE_REASONS = ['leaving', 'no-room', 'protocol-version', 'flood', 'banned'] as const;
export type ByeReason = (typeof BYE_REASONS)[number];

export type Bye = { readonly type: 'bye'; readonly reason: ByeReason };

export function decodeBye(reader: ByteReader): Bye {
  const code = reader.u8();
  const reason = BYE_REASONS[code];
  if (reason === undefined) throw new WireError('wire-bye', `farewell for reason ${code}`);
  return { type: 'bye', reason };
}

export function encodeBye(bye: Bye): Uint8Array<ArrayBuffer> {
  return new ByteWriter(16).u8(WIRE_TYPE.bye).u8(BYE_REASONS.indexOf(bye.reason)).finish();
}
