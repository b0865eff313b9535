import type { Epoch, MediaMillis, Sequence, WallMillis } from '../basics/units.ts';
import {
  decodePacket,
  encodeUnsignedPacket,
  PACKET_HEADER_BYTES,
  PACKET_PAYLOAD_BYTES_MAX,
  type Packet,
  SIGNATURE_BYTES,
} from '../packets/packet.ts';
import { DATA_HEAD_BYTES } from '../wire/limits.ts';
import { type DataMessage, decodeWireMessage, encodeWireMessage, type WireMessage } from '../wire/wire-message.ts';
import { WIRE_TYPE } from '../wire/wire-types.ts';

/** The seeder's wall clock at the simulation's moment 0. */
export const WALL_MS = 1_700_000_000_000;
const FIRST_EPOCH = 0x51b0_1eaf as Epoch;
/** What the server still has, and what is still known to be genuine. */
const KEPT_PACKETS = 1024;
/** Less is no message with a packet. */
const SHORTEST = DATA_HEAD_BYTES + PACKET_HEADER_BYTES + SIGNATURE_BYTES;
/** A door is a keyframe: so much more than its share; all others are a little less. */
const DOOR_WEIGHT = 1.6;

type Truth = {
  readonly packet: Packet;
  /** The shared copies, and what they say, by kind of message. */
  readonly messages: (Uint8Array | undefined)[];
  readonly decoded: (WireMessage | undefined)[];
};

/**
 * The stream that everybody watches. Packets are made at their full size, once: messages that carry a genuine one are replaced
 * by one copy that all peers share, so that a thousand rings of 512 packets cost no more memory than one.
 */
export class Broadcast {
  epoch: Epoch = FIRST_EPOCH;
  newest = -1;
  newestDoor = 0;
  readonly intervalMs: number;
  private readonly bitrateKbps: number;
  private readonly doorEach: number;
  private kept = new Map<number, Truth>();
  /** By epoch: who has not heard of the new one passes on what is genuine all the same. */
  private readonly epochs = new Map<Epoch, Map<number, Truth>>([[this.epoch, this.kept]]);

  constructor(bitrateKbps: number, packetsPerSecond: number, doorIntervalMs: number) {
    this.bitrateKbps = bitrateKbps;
    this.intervalMs = 1000 / packetsPerSecond;
    this.doorEach = Math.max(1, Math.round(doorIntervalMs / this.intervalMs));
  }

  /** The source began anew: numbers start from 0 again. */
  beginEpoch(): void {
    this.epoch = (this.epoch + 1) as Epoch;
    this.newest = -1;
    this.newestDoor = 0;
    this.kept = new Map();
    this.epochs.set(this.epoch, this.kept);
  }

  produce(nowMs: number): Packet {
    const sequence = ++this.newest;
    const isDoor = sequence % this.doorEach === 0;
    if (isDoor) this.newestDoor = sequence;
    const packet = this.make(sequence, nowMs, isDoor);
    this.kept.set(sequence, { packet, messages: [], decoded: [] });
    this.kept.delete(sequence - KEPT_PACKETS);
    return packet;
  }

  packet(sequence: number): Packet | undefined {
    return this.kept.get(sequence)?.packet;
  }

  captureMs(sequence: number): number {
    return (this.packet(sequence)?.header.captureMs ?? WALL_MS) - WALL_MS;
  }

  /** Byte for byte what was broadcast: in place of a signature. */
  isGenuine({ header, bytes }: Packet): boolean {
    const truth = this.truthOf(header.epoch, header.sequence);
    return truth !== undefined && isTrue(truth, bytes);
  }

  /** The shared copy of a data message that carries a genuine packet; undefined: it is anything else. */
  canonical(message: Uint8Array): Uint8Array | undefined {
    const kind = kindOf(message[0], message[1]);
    const truth = kind === undefined ? undefined : this.truthIn(message);
    if (kind === undefined || truth === undefined) return undefined;
    const known = truth.messages[kind];
    if (known === message) return known;
    if (!isTrue(truth, message.subarray(DATA_HEAD_BYTES))) return undefined;
    truth.messages[kind] ??= message;
    return truth.messages[kind];
  }

  /** What a shared copy says; undefined: it is none. */
  decoded(message: Uint8Array): WireMessage | undefined {
    const kind = kindOf(message[0], message[1]);
    const truth = kind === undefined ? undefined : this.truthIn(message);
    if (kind === undefined || truth?.messages[kind] !== message) return undefined;
    truth.decoded[kind] ??= decodeWireMessage(message, 'data');
    return truth.decoded[kind];
  }

  /** The shared copy that says this; undefined: its packet is not genuine. */
  encoded(message: DataMessage): Uint8Array | undefined {
    const { header, bytes } = message.packet;
    const truth = this.truthOf(header.epoch, header.sequence);
    const flags = message.type === 'push' && message.isBacklog ? 1 : 0;
    const kind = kindOf(WIRE_TYPE[message.type], flags);
    if (kind === undefined || truth === undefined || !isTrue(truth, bytes)) return undefined;
    truth.messages[kind] ??= encodeWireMessage(message);
    return truth.messages[kind];
  }

  /** As the head of the packet in a message says. */
  private truthIn(message: Uint8Array): Truth | undefined {
    if (message.byteLength < SHORTEST) return undefined;
    return this.truthOf(readU32(message, DATA_HEAD_BYTES + 4) as Epoch, sequenceOf(message));
  }

  /** Of whatever epoch. */
  private truthOf(epoch: Epoch, sequence: number): Truth | undefined {
    return (epoch === this.epoch ? this.kept : this.epochs.get(epoch))?.get(sequence);
  }

  private make(sequence: number, nowMs: number, isDoor: boolean): Packet {
    const meanBytes = (this.bitrateKbps * this.intervalMs) / 8;
    const share = isDoor ? DOOR_WEIGHT : (this.doorEach - DOOR_WEIGHT) / Math.max(1, this.doorEach - 1);
    const wanted = Math.round(meanBytes * share) - PACKET_HEADER_BYTES - SIGNATURE_BYTES;
    const payload = new Uint8Array(Math.max(16, Math.min(PACKET_PAYLOAD_BYTES_MAX, wanted))).fill(sequence & 255);
    const unsigned = encodeUnsignedPacket(
      {
        variant: 0,
        epoch: this.epoch,
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
        timestampMs: Math.round(sequence * this.intervalMs) as MediaMillis,
        durationMs: Math.round(this.intervalMs),
        captureMs: (WALL_MS + nowMs) as WallMillis,
        configurationLength: 0,
        part: 0,
      },
      payload,
    );
    // Behind the head of a PUSH, as whoever received it so has it: passed on without a copy.
    const message = new Uint8Array(DATA_HEAD_BYTES + unsigned.byteLength + SIGNATURE_BYTES);
    message[0] = WIRE_TYPE.push;
    message.set(unsigned, DATA_HEAD_BYTES);
    message.fill((sequence * 7 + 1) & 255, DATA_HEAD_BYTES + unsigned.byteLength);
    return decodePacket(message.subarray(DATA_HEAD_BYTES));
  }
}

/** Push, backlog, repair: each has a head of its own; undefined: this is none of them. */
function kindOf(type: number | undefined, flags: number | undefined): number | undefined {
  if (type === WIRE_TYPE.push && (flags === 0 || flags === 1)) return flags;
  return type === WIRE_TYPE.repair && flags === 0 ? 2 : undefined;
}

/** Of the packet in a PUSH or REPAIR: at byte 8 of the packet. */
export function sequenceOf(message: Uint8Array): number {
  return readU32(message, DATA_HEAD_BYTES + 8);
}

function readU32(message: Uint8Array, at: number): number {
  const [a, b, c, d] = [message[at], message[at + 1], message[at + 2], message[at + 3]] as [
    number,
    number,
    number,
    number,
  ];
  return a * 0x1000000 + ((b << 16) | (c << 8) | d);
}

/** Every byte counts, but what lies in a shared copy was looked at when it became one. */
function isTrue({ packet, messages }: Truth, bytes: Uint8Array): boolean {
  if (isSameView(packet.bytes, 0, bytes)) return true;
  for (const message of messages) if (message !== undefined && isSameView(message, DATA_HEAD_BYTES, bytes)) return true;
  if (bytes.byteLength !== packet.bytes.byteLength) return false;
  for (let at = 0; at < bytes.byteLength; at++) if (bytes[at] !== packet.bytes[at]) return false;
  return true;
}

/** The other is the rest of this one, from there on. */
function isSameView(one: Uint8Array, from: number, other: Uint8Array): boolean {
  if (one.byteLength - from !== other.byteLength || one.byteOffset + from !== other.byteOffset) return false;
  return one.buffer === other.buffer;
}
