import { decodePacket, PACKET_HEADER_BYTES, type Packet, packetLength } from './packet.ts';

/**
 * Packets out of a byte stream that was cut anywhere: the endless response of `/live/CHANNEL/packets`, a recording.
 * Each packet gets a buffer of its own, so that keeping one does not keep what the network gave. At most one packet is
 * held back. Throws `PacketError` where the stream is not packets: there is no mark to find the next one by, so the
 * reader is then done with.
 */
export class PacketReader {
  private readonly head = new Uint8Array(PACKET_HEADER_BYTES);
  private body: Uint8Array<ArrayBuffer> | undefined;
  private filled = 0;

  push(bytes: Uint8Array): Packet[] {
    const packets: Packet[] = [];
    let at = 0;
    while (at < bytes.byteLength) {
      const target = this.body ?? this.head;
      const taken = Math.min(target.byteLength - this.filled, bytes.byteLength - at);
      target.set(bytes.subarray(at, at + taken), this.filled);
      this.filled += taken;
      at += taken;
      if (this.filled < target.byteLength) break;
      if (this.body === undefined) {
        this.body = this.beginPacket();
      } else {
        packets.push(decodePacket(this.body));
        this.body = undefined;
        this.filled = 0;
      }
    }
    return packets;
  }

  /** Bytes of a packet that is not yet whole: not 0 at the end of a stream means that it was cut. */
  get bytesBuffered(): number {
    return this.filled;
  }

  private beginPacket(): Uint8Array<ArrayBuffer> {
    const body = new Uint8Array(packetLength(this.head) as number);
    body.set(this.head);
    return body;
  }
}
