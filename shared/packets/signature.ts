import type { ChannelName } from '../basics/units.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { decodePacket, type Packet, SIGNATURE_BYTES } from './packet.ts';

/**
 * What an Ed25519 signature of a packet covers: `swarmtube/1`, 0, the channel's name, 0, then header and payload as they
 * stand in the packet. The name is in it so that a packet of one channel is worth nothing in another that has the same
 * key; epoch, sequence and times are in the header. `unsigned`: the packet without its last 64 bytes.
 */
export function signedBytes(channel: ChannelName, unsigned: Uint8Array): Uint8Array<ArrayBuffer> {
  const prefix = signaturePrefix(channel);
  const covered = new Uint8Array(prefix.byteLength + unsigned.byteLength);
  covered.set(prefix);
  covered.set(unsigned, prefix.byteLength);
  return covered;
}

/** Header and payload of a packet, as a view. */
export function unsignedPart(packet: Packet): Uint8Array {
  return packet.bytes.subarray(0, packet.bytes.byteLength - SIGNATURE_BYTES);
}

/** The 64 bytes that end a packet, as a view. */
export function signatureOf(packet: Packet): Uint8Array {
  return packet.bytes.subarray(packet.bytes.byteLength - SIGNATURE_BYTES);
}

/** Puts the signature behind header and payload: the whole packet, in a buffer of its own. */
export function attachSignature(unsigned: Uint8Array, signature: Uint8Array): Packet {
  if (signature.byteLength !== SIGNATURE_BYTES) {
    throw new TypeError(`signature: ${SIGNATURE_BYTES} bytes wanted, ${signature.byteLength} given`);
  }
  const bytes = new Uint8Array(unsigned.byteLength + SIGNATURE_BYTES);
  bytes.set(unsigned);
  bytes.set(signature, unsigned.byteLength);
  return decodePacket(bytes);
}

function signaturePrefix(channel: ChannelName): Uint8Array {
  return encodeUtf8(`swarmtube/1\0${channel}\0`);
}
