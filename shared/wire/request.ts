import type { Epoch, Sequence } from '../basics/units.ts';
import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { REQUEST_SEQUENCES_MAX } from './limits.ts';
import { WireError } from './wire-error.ts';
import { WIRE_TYPE } from './wire-types.ts';

/*
 * REQUEST: send me these packets, which your map shows. Each is answered with REPAIR or MISSING.
 *
 *  0  u8   type 9
 *  1  u8   how many, 1 to 16
 *  2  u32  epoch
 *  6  u32  each sequence
 */
export type Request = { readonly type: 'request'; readonly epoch: Epoch; readonly sequences: readonly Sequence[] };

export function decodeRequest(reader: ByteReader): Request {
  const count = reader.u8();
  if (count < 1 || count > REQUEST_SEQUENCES_MAX) throw new WireError('wire-request', `${count} packets requested`);
  const epoch = reader.u32();
  if (epoch === 0) throw new WireError('wire-request', 'packets of no epoch');
  const sequences: Sequence[] = [];
  for (let index = 0; index < count; index++) sequences.push(reader.u32() as Sequence);
  return { type: 'request', epoch: epoch as Epoch, sequences };
}

export function encodeRequest(request: Request): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(6 + 4 * request.sequences.length)
    .u8(WIRE_TYPE.request)
    .u8(request.sequences.length)
    .u32(request.epoch);
  for (const sequence of request.sequences) writer.u32(sequence);
  return writer.finish();
}
