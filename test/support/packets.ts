import type { Epoch, MediaMillis, Sequence, WallMillis } from '../../shared/basics/units.ts';
import {
  decodePacket,
  encodeUnsignedPacket,
  type Packet,
  type PacketHeader,
  SIGNATURE_BYTES,
} from '../../shared/packets/packet.ts';

export const TEST_EPOCH = 0x5eed as Epoch;

/** A packet of its own pattern, unsigned (64 zero bytes), for tests that carry packets and do not check them. */
export function testPacket(sequence: number, fields: Partial<PacketHeader> = {}, payloadBytes = 1000): Packet {
  const header: PacketHeader = {
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
  const payload = new Uint8Array(payloadBytes);
  for (let at = 0; at < payloadBytes; at++) payload[at] = (sequence * 13 + at * 7) & 0xff;
  const unsigned = encodeUnsignedPacket(header, payload);
  const bytes = new Uint8Array(unsigned.byteLength + SIGNATURE_BYTES);
  bytes.set(unsigned);
  return decodePacket(bytes);
}
