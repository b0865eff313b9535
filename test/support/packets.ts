import type { Epoch, MediaMillis, Sequence, WallMillis } from '../../shared/basics/units.ts';
import {
  decodePacket,
  encodeUnsignedPacket,
  type Packet,
  type PacketHeader,
  SIGNATURE_BYTES,
} from '../../shared/packets/packet.ts';

/*
 * Packets without media, for tests that carry them and do not look inside: a pattern that tells one from another.
 */

export const TEST_EPOCH = 0x5eed as Epoch;

/** Twenty packets a second, a door every two seconds. */
export function testHeader(sequence: number, fields: Partial<PacketHeader> = {}): PacketHeader {
  return {
    variant: 0,
    epoch: TEST_EPOCH,
    sequence: sequence as Sequence,
    isDoor: sequence % 40 === 0,
    hasConfiguration: false,
    isDiscontinuity: false,
    isEnd: false,
    isContinuation: false,
    isUnfinished: false,
    hasAudio: false,
    hasVideo: true,
    hasData: false,
    timestampMs: (sequence * 50) as MediaMillis,
    durationMs: 50,
    captureMs: (1_700_000_000_000 + sequence * 50) as WallMillis,
    configurationLength: 0,
    part: 0,
    ...fields,
  };
}

/** What is to be signed, where a test checks signatures. */
export function unsignedTestPacket(header: PacketHeader, payloadBytes: number): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(payloadBytes);
  for (let at = 0; at < payloadBytes; at++) payload[at] = (header.sequence * 13 + at * 7) & 0xff;
  return encodeUnsignedPacket(header, payload);
}

/** A packet whose signature (64 times its number) is nobody's. */
export function testPacket(sequence: number, fields: Partial<PacketHeader> = {}, payloadBytes = 1000): Packet {
  const unsigned = unsignedTestPacket(testHeader(sequence, fields), payloadBytes);
  const bytes = new Uint8Array(unsigned.byteLength + SIGNATURE_BYTES).fill(sequence & 0xff);
  bytes.set(unsigned);
  return decodePacket(bytes);
}
