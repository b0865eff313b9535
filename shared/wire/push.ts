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

/** Who was pushed a packet passes the message on as it came: the packet's bytes lie behind the very head that is wanted. */
export function encodePush(push: Push): Uint8Array {
  return messageAround(push) ?? copyOf(push);
}

function messageAround({ isBacklog, packet: { bytes } }: Push): Uint8Array | undefined {
  const start = bytes.byteOffset - DATA_HEAD_BYTES;
  if (start < 0) return undefined;
  const message = new Uint8Array(bytes.buffer, start, DATA_HEAD_BYTES + bytes.byteLength);
  return message[0] === WIRE_TYPE.push && message[1] === (isBacklog ? 1 : 0) ? message : undefined;
}

function copyOf(push: Push): Uint8Array {
  // By hand: this is done for every packet at every peer.
  const bytes = new Uint8Array(DATA_HEAD_BYTES + push.packet.bytes.byteLength);
  bytes[0] = WIRE_TYPE.push;
  bytes[1] = push.isBacklog ? 1 : 0;
  bytes.set(push.packet.bytes, DATA_HEAD_BYTES);
  return bytes;
}
