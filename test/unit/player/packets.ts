import type { Epoch, MediaMillis, Sequence, WallMillis } from '../../../shared/basics/units.ts';
import {
  encodeUnsignedPacket,
  type Packet,
  type PacketHeader,
  SIGNATURE_BYTES,
} from '../../../shared/packets/packet.ts';

export const EPOCH = 7 as Epoch;

/** A packet with an empty payload: what a window sees of it. Its signature is nobody's. */
export function packet(sequence: number, fields: Partial<PacketHeader> = {}): Packet {
  const header: PacketHeader = {
    variant: 0,
    epoch: EPOCH,
    sequence: sequence as Sequence,
    isDoor: false,
    hasConfiguration: false,
    isDiscontinuity: false,
    isEnd: false,
    isContinuation: false,
    isUnfinished: false,
    hasAudio: true,
    hasVideo: true,
    hasData: false,
    timestampMs: (sequence * 60) as MediaMillis,
    durationMs: 60,
    captureMs: (1_000_000 + sequence * 60) as WallMillis,
    configurationLength: 0,
    part: 0,
    ...fields,
  };
  const payload = new Uint8Array(0);
  const unsigned = encodeUnsignedPacket(header, payload);
  const bytes = new Uint8Array(unsigned.length + SIGNATURE_BYTES);
  bytes.set(unsigned);
  return { header, payload, bytes };
}
