import type { Epoch, MediaMillis, Sequence, WallMillis } from '../../shared/basics/units.ts';
import { decodePacket, encodeUnsignedPacket, type Packet, SIGNATURE_BYTES } from '../../shared/packets/packet.ts';

/** A packet with a made-up signature. */
export function makePacket(
  epoch: Epoch,
  sequence: number,
  captureMs: number,
  isDoor: boolean,
  payloadBytes: number,
): Packet {
  const payload = new Uint8Array(payloadBytes).fill(sequence & 255);
  const unsigned = encodeUnsignedPacket(
    {
      variant: 0,
      epoch,
      sequence: sequence as Sequence,
      isDoor,
      hasConfiguration: isDoor,
      isDiscontinuity: false,
      isEnd: false,
      isContinuation: false,
      isUnfinished: false,
      hasAudio: true,
      hasVideo: true,
      hasData: false,
      timestampMs: (sequence * 50) as MediaMillis,
      durationMs: 50,
      captureMs: captureMs as WallMillis,
      configurationLength: 0,
      part: 0,
    },
    payload,
  );
  const bytes = new Uint8Array(unsigned.byteLength + SIGNATURE_BYTES);
  bytes.set(unsigned);
  bytes.fill((sequence * 7 + epoch) & 255, unsigned.byteLength);
  return decodePacket(bytes);
}
