import type { PeerId } from '../basics/units.ts';
import { decodeBase64Url, encodeBase64Url } from '../bytes/base64url.ts';
import type { ByteReader } from '../bytes/byte-reader.ts';
import type { ByteWriter } from '../bytes/byte-writer.ts';
import { WireError } from './wire-error.ts';

/*
 * A peer that may be named or not, as EVICT, REFUSE and SUBSCRIBE carry it:
 *
 *  0  u8  1: a peer follows · 0: none
 *  1  12  its id: the bytes that the 16 base64url characters stand for
 */
const PEER_ID_BYTES = 12;

export function readOptionalPeerId(reader: ByteReader): PeerId | undefined {
  const presence = reader.u8();
  if (presence === 0) return undefined;
  if (presence !== 1) throw new WireError('wire-peer-id', `presence of a peer id is ${presence}, not 0 or 1`);
  return encodeBase64Url(reader.slice(PEER_ID_BYTES)) as PeerId;
}

export function writeOptionalPeerId(writer: ByteWriter, peer: PeerId | undefined): void {
  const bytes = peer === undefined ? undefined : decodeBase64Url(peer);
  if (bytes?.byteLength !== PEER_ID_BYTES) writer.u8(0);
  else writer.u8(1).bytes(bytes);
}
