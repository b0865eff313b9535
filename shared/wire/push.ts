import type { ByteReader } from '../bytes/byte-reader.ts';
import { decodePacket, type Packet } from '../packets/packet.ts';
import { DATA_HEAD_BYTES } from './limits.ts';
import { WireError } from './wire-error.ts';
import { WIRE_TYPE } from './wire-types.ts';

/*
 * PUSH: a packet of a sub-stream that the receiver subscribed to; on the data channel.
 *
 *  0  u8   type 32
 *  1  u8   flags: 1 backlog: older than the subscription, so its lag says nothing
 *  2  …    the whole packet (shared/packets/packet.ts)
 */
export type Push = { readonly type: 'push'; readonly isBacklog: boolean; readonly packet: Packet };

export function decodePush(reader: ByteReader): Push {
  const flags = reader.u8();
  if (flags > 1) throw new WireError('wire-push', `flags ${flags}`);
  return { type: 'push', isBacklog: flags === 1, packet: decodePacket(reader.rest()) };
}

export function encodePush(push: Push): Uint8Array<ArrayBuffer> {
  // By hand: this is done for every packet at every peer.
  const bytes = new Uint8Array(DATA_HEAD_BYTES + push.packet.bytes.byteLength);
  bytes[0] = WIRE_TYPE.push;
  bytes[1] = push.isBacklog ? 1 : 0;
  bytes.set(push.packet.bytes, DATA_HEAD_BYTES);
  return bytes;
}
