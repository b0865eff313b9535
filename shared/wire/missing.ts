import type { Epoch, Sequence } from '../basics/units.ts';
import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { WireError } from './wire-error.ts';
import { WIRE_TYPE } from './wire-types.ts';

/*
 * MISSING: a requested packet is not held any more, or the sender has no upload to spare for it.
 *
 *  0  u8   type 10
 *  1  u32  epoch
 *  5  u32  sequence
 */
export type Missing = { readonly type: 'missing'; readonly epoch: Epoch; readonly sequence: Sequence };

export function decodeMissing(reader: ByteReader): Missing {
  const epoch = reader.u32();
  if (epoch === 0) throw new WireError('wire-missing', 'a packet of no epoch');
  return { type: 'missing', epoch: epoch as Epoch, sequence: reader.u32() as Sequence };
}

export function encodeMissing(missing: Missing): Uint8Array<ArrayBuffer> {
  return new ByteWriter(16).u8(WIRE_TYPE.missing).u32(missing.epoch).u32(missing.sequence).finish();
}
