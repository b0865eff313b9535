import type { Epoch } from '../basics/units.ts';
import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { readPath, writePath } from './path-field.ts';
import { readSubstream } from './substream-field.ts';
import { WireError } from './wire-error.ts';
import { WIRE_TYPE } from './wire-types.ts';

/*
 * ACCEPT: the sender is now the receiver's parent. Packets may overtake it: they travel on another channel.
 *
 *  0  u8   type 4
 *  1  u8   sub-stream
 *  2  u32  epoch
 *  6       path: the peers between the source and the receiver
 */
export type Accept = {
  readonly type: 'accept';
  readonly substream: number;
  readonly epoch: Epoch;
  readonly path: readonly number[];
};

export function decodeAccept(reader: ByteReader): Accept {
  const substream = readSubstream(reader);
  const epoch = reader.u32();
  if (epoch === 0) throw new WireError('wire-accept', 'acceptance in no epoch');
  return { type: 'accept', substream, epoch: epoch as Epoch, path: readPath(reader) };
}

export function encodeAccept(accept: Accept): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(7 + 4 * accept.path.length).u8(WIRE_TYPE.accept).u8(accept.substream).u32(accept.epoch);
  writePath(writer, accept.path);
  return writer.finish();
}
