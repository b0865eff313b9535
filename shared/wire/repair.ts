import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { decodePacket, type Packet } from '../packets/packet.ts';
import { DATA_HEAD_BYTES } from './limits.ts';
import { WireError } from './wire-error.ts';
import { WIRE_TYPE } from './wire-types.ts';

/*
 * REPAIR: a packet that the receiver asked for with REQUEST; on the data channel.
 *
 *  0  u8   type 33
 *  1  u8   flags: none yet, 0
 *  2  …    the whole packet (shared/packets/packet.ts)
 */
export type Repair = { readonly type: 'repair'; readonly packet: Packet };

export function decodeRepair(reader: ByteReader): Repair {
  const flags = reader.u8();
  if (flags !== 0) throw new WireError('wire-repair', `flags ${flags}`);
  return { type: 'repair', packet: decodePacket(reader.rest()) };
}

export function encodeRepair(repair: Repair): Uint8Array<ArrayBuffer> {
  return new ByteWriter(DATA_HEAD_BYTES + repair.packet.bytes.byteLength)
    .u8(WIRE_TYPE.repair)
    .u8(0)
    .bytes(repair.packet.bytes)
    .finish();
}
