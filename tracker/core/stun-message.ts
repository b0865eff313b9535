import { ByteReader, TruncatedError } from '../../shared/bytes/byte-reader.ts';
import { ByteWriter } from '../../shared/bytes/byte-writer.ts';
import type { NetworkAddress } from './network-address.ts';

/*
 * STUN binding (RFC 8489): "which address do you see me at?"
 *
 *    0                   1                   2                   3
 *   |0 0|     message type (14)     |     length of attributes      |
 *   |                 magic cookie 0x2112A442                       |
 *   |                 transaction id (96 bits)                      |
 *   |  attribute type               |  length, without padding      |
 *   |  value, padded to 4 bytes …                                   |
 */

export type StunRequest = {
  readonly transactionId: Uint8Array;
  /** The request ended with a (right) FINGERPRINT: the answer must have one too (RFC 8489 section 7.3.1). */
  readonly hasFingerprint: boolean;
  /** Attributes that a server must understand and that this one does not (section 6.3.1). */
  readonly unknownAttributes: readonly number[];
};

export const STUN_BINDING_REQUEST = 0x0001;
export const STUN_BINDING_SUCCESS = 0x0101;
export const STUN_BINDING_ERROR = 0x0111;
export const STUN_XOR_MAPPED_ADDRESS = 0x0020;

const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
/** RFC 8489 section 6.1: an MTU less the IPv6 and UDP headers. No request is nearly as long. */
const MESSAGE_BYTES_MAX = 1280;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
const FINGERPRINT = 0x8028;
const FINGERPRINT_XOR = 0x5354554e;

/**
 * Those of credentials and of ICE may stand in a request to us: we ask for no credentials and are not in ICE, so they
 * mean nothing here. CHANGE-REQUEST, RESPONSE-PORT and PADDING (RFC 5780) ask for what we do not do.
 */
const UNDERSTOOD = new Set([0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e, 0x0024, 0x0025]);
const OPTIONAL_FROM = 0x8000;
/** An answer never lists more: it must not grow with what was asked. */
const UNKNOWN_LISTED_MAX = 4;

/** A binding request, or undefined for anything else: whatever else comes to the port is not answered. */
export function decodeStunRequest(bytes: Uint8Array): StunRequest | undefined {
  const message = decodeStunMessage(bytes);
  if (message?.type !== STUN_BINDING_REQUEST) return undefined;
  const unknownAttributes = message.attributes
    .map(({ type }) => type)
    .filter((type) => type < OPTIONAL_FROM && !UNDERSTOOD.has(type))
    .slice(0, UNKNOWN_LISTED_MAX);
  const hasFingerprint = message.attributes.some(({ type }) => type === FINGERPRINT);
  return { transactionId: message.transactionId, hasFingerprint, unknownAttributes };
}

/** What a request is answered with: the address it came from, or which of its attributes were not understood (420). */
export function encodeStunAnswer(request: StunRequest, from: NetworkAddress, port: number): Uint8Array {
  if (request.unknownAttributes.length === 0) {
    const mapped = xorMappedAddress(from, port, request.transactionId);
    return encode(STUN_BINDING_SUCCESS, request, [{ type: STUN_XOR_MAPPED_ADDRESS, value: mapped }]);
  }
  const code = new ByteWriter(4).u16(0).u8(4).u8(20).finish();
  const unknown = new ByteWriter(8);
  for (const type of request.unknownAttributes) unknown.u16(type);
  return encode(STUN_BINDING_ERROR, request, [
    { type: ERROR_CODE, value: code },
    { type: UNKNOWN_ATTRIBUTES, value: unknown.finish() },
  ]);
}

export type StunAttribute = { readonly type: number; readonly value: Uint8Array };

export type StunMessage = {
  readonly type: number;
  readonly transactionId: Uint8Array;
  readonly attributes: readonly StunAttribute[];
};

/** Any STUN message, its FINGERPRINT checked where it has one; undefined for what is none. */
export function decodeStunMessage(bytes: Uint8Array): StunMessage | undefined {
  try {
    return readMessage(bytes);
  } catch (error) {
    if (error instanceof TruncatedError) return undefined;
    throw error;
  }
}

function readMessage(bytes: Uint8Array): StunMessage | undefined {
  if (bytes.byteLength > MESSAGE_BYTES_MAX) return undefined;
  const reader = new ByteReader(bytes);
  const type = reader.u16();
  const length = reader.u16();
  if (type > 0x3fff || reader.u32() !== MAGIC_COOKIE) return undefined;
  const transactionId = Uint8Array.from(reader.slice(12));
  if (length % 4 !== 0 || length !== reader.remaining) return undefined;
  const attributes: StunAttribute[] = [];
  while (reader.remaining > 0) {
    const offset = reader.offset;
    const attributeType = reader.u16();
    const attributeLength = reader.u16();
    const value = reader.slice(attributeLength);
    reader.skip((4 - (attributeLength % 4)) % 4);
    // Whatever stands behind a fingerprint was not covered by it (section 14.7: it must be the last).
    if (attributes.at(-1)?.type === FINGERPRINT) return undefined;
    if (attributeType === FINGERPRINT && !isFingerprint(value, bytes.subarray(0, offset))) return undefined;
    attributes.push({ type: attributeType, value: Uint8Array.from(value) });
  }
  return { type, transactionId, attributes };
}

function isFingerprint(value: Uint8Array, before: Uint8Array): boolean {
  return value.byteLength === 4 && new ByteReader(value).u32() === fingerprint(before);
}

function encode(type: number, request: StunRequest, attributes: readonly StunAttribute[]): Uint8Array {
  const body = new ByteWriter(64);
  for (const { type, value } of attributes) {
    body.u16(type).u16(value.byteLength).bytes(value);
    while (body.length % 4 !== 0) body.u8(0);
  }
  const fingerprintBytes = request.hasFingerprint ? 8 : 0;
  const message = new ByteWriter(HEADER_BYTES + body.length + fingerprintBytes)
    .u16(type)
    .u16(body.length + fingerprintBytes)
    .u32(MAGIC_COOKIE)
    .bytes(request.transactionId)
    .bytes(body.finish());
  if (request.hasFingerprint) {
    const value = fingerprint(message.finish());
    message.u16(FINGERPRINT).u16(4).u32(value);
  }
  return message.finish();
}

/** RFC 8489 section 14.2: hidden from NATs that rewrite whatever looks like an address. */
function xorMappedAddress(address: NetworkAddress, port: number, transactionId: Uint8Array): Uint8Array {
  const plain = new ByteWriter(16);
  for (const part of address.parts) {
    if (address.family === 4) plain.u8(part);
    else plain.u16(part);
  }
  const mask = new ByteWriter(16).u32(MAGIC_COOKIE).bytes(transactionId).finish();
  const value = new ByteWriter(20)
    .u8(0)
    .u8(address.family === 4 ? 1 : 2)
    .u16(port ^ (MAGIC_COOKIE >>> 16));
  for (const [index, byte] of plain.finish().entries()) value.u8(byte ^ (mask[index] ?? 0));
  return value.finish();
}

function fingerprint(bytes: Uint8Array): number {
  return (crc32(bytes) ^ FINGERPRINT_XOR) >>> 0;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return ~crc >>> 0;
}
