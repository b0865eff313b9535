import type { WireCodec } from '../swarm/engine-context.ts';
import type { LinkChannel } from '../swarm/engine-types.ts';
import { type DataMessage, decodeWireMessage, encodeWireMessage, type WireMessage } from '../wire/wire-message.ts';
import { WIRE_TYPE } from '../wire/wire-types.ts';
import type { Broadcast } from './broadcast.ts';

/** A map is on its way for less: two generations of so many are kept. */
const MAPS_KEPT = 4096;

/**
 * Reads and writes once what many receive: packets, of which there are a few copies, and have-maps, which go to all neighbours. Nobody
 * writes into a message, so a thousand rings of 512 packets hold the same ones.
 */
export class SharedCodec implements WireCodec {
  private readonly broadcast: Broadcast;
  private maps = new Map<Uint8Array, WireMessage>();
  private mapsBefore = new Map<Uint8Array, WireMessage>();

  constructor(broadcast: Broadcast) {
    this.broadcast = broadcast;
  }

  decode(bytes: Uint8Array, channel: LinkChannel): WireMessage {
    if (channel === 'data') return this.broadcast.decoded(bytes) ?? decodeWireMessage(bytes, channel);
    return bytes[0] === WIRE_TYPE.have ? this.map(bytes) : decodeWireMessage(bytes, channel);
  }

  encode(message: DataMessage): Uint8Array {
    return this.broadcast.encoded(message) ?? encodeWireMessage(message);
  }

  private map(bytes: Uint8Array): WireMessage {
    const known = this.maps.get(bytes) ?? this.mapsBefore.get(bytes);
    if (known !== undefined) return known;
    const message = decodeWireMessage(bytes, 'control');
    if (this.maps.size >= MAPS_KEPT) {
      this.mapsBefore = this.maps;
      this.maps = new Map();
    }
    this.maps.set(bytes, message);
    return message;
  }
}
