import { unreachable } from '../basics/assert.ts';
import { ByteReader } from '../bytes/byte-reader.ts';
import { type Accept, decodeAccept, encodeAccept } from './accept.ts';
import { type Bye, decodeBye, encodeBye } from './bye.ts';
import { decodeEvict, type Evict, encodeEvict } from './evict.ts';
import { decodeHave, encodeHave, type Have } from './have.ts';
import { decodeHello, encodeHello, type Hello } from './hello.ts';
import { CONTROL_BYTES_MAX, DATA_BYTES_MAX } from './limits.ts';
import { decodeMissing, encodeMissing, type Missing } from './missing.ts';
import { decodePath, encodePath, type Path } from './path.ts';
import { decodePing, encodePing, type Ping } from './ping.ts';
import { decodePong, encodePong, type Pong } from './pong.ts';
import { decodePush, encodePush, type Push } from './push.ts';
import { decodeRefuse, encodeRefuse, type Refuse } from './refuse.ts';
import { decodeRepair, encodeRepair, type Repair } from './repair.ts';
import { decodeRequest, encodeRequest, type Request } from './request.ts';
import { decodeSubscribe, encodeSubscribe, type Subscribe } from './subscribe.ts';
import { decodeUnsubscribe, encodeUnsubscribe, type Unsubscribe } from './unsubscribe.ts';
import { WireError } from './wire-error.ts';
import { DATA_TYPE_MIN, WIRE_TYPE } from './wire-types.ts';

/** What travels on the control channel: reliable, in order, small. */
export type ControlMessage =
  | Hello
  | Have
  | Subscribe
  | Accept
  | Refuse
  | Unsubscribe
  | Evict
  | Path
  | Request
  | Missing
  | Ping
  | Pong
  | Bye;

/** What travels on the data channel: reliable, in any order, one packet each. */
export type DataMessage = Push | Repair;

/** Everything one peer says to another (docs/PROTOCOL.md). */
export type WireMessage = ControlMessage | DataMessage;

/**
 * Reads exactly one message that arrived on the given channel. A packet in it refers to `bytes`. Throws `WireError`,
 * `PacketError` or `TruncatedError`, all of them `SwarmtubeError`: the sender broke the protocol.
 */
export function decodeWireMessage(bytes: Uint8Array, channel: 'control' | 'data'): WireMessage {
  const limit = channel === 'control' ? CONTROL_BYTES_MAX : DATA_BYTES_MAX;
  if (bytes.byteLength > limit) throw new WireError('wire-too-long', `${bytes.byteLength} bytes on ${channel}`);
  const reader = new ByteReader(bytes);
  const type = reader.u8();
  if (type >= DATA_TYPE_MIN !== (channel === 'data')) throw new WireError('wire-channel', `type ${type} on ${channel}`);
  const message = decodeBody(type, reader);
  if (reader.remaining !== 0)
    throw new WireError('wire-trailing', `${reader.remaining} bytes behind a ${message.type}`);
  return message;
}

function decodeBody(type: number, reader: ByteReader): WireMessage {
  switch (type) {
    case WIRE_TYPE.push:
      return decodePush(reader);
    case WIRE_TYPE.repair:
      return decodeRepair(reader);
    case WIRE_TYPE.hello:
      return decodeHello(reader);
    case WIRE_TYPE.have:
      return decodeHave(reader);
    case WIRE_TYPE.subscribe:
      return decodeSubscribe(reader);
    case WIRE_TYPE.accept:
      return decodeAccept(reader);
    case WIRE_TYPE.refuse:
      return decodeRefuse(reader);
    case WIRE_TYPE.unsubscribe:
      return decodeUnsubscribe(reader);
    case WIRE_TYPE.evict:
      return decodeEvict(reader);
    case WIRE_TYPE.path:
      return decodePath(reader);
    case WIRE_TYPE.request:
      return decodeRequest(reader);
    case WIRE_TYPE.missing:
      return decodeMissing(reader);
    case WIRE_TYPE.ping:
      return decodePing(reader);
    case WIRE_TYPE.pong:
      return decodePong(reader);
    case WIRE_TYPE.bye:
      return decodeBye(reader);
    default:
      throw new WireError('wire-type', `message type ${type} does not exist`);
  }
}

export function encodeWireMessage(message: WireMessage): Uint8Array {
  switch (message.type) {
    case 'push':
      return encodePush(message);
    case 'repair':
      return encodeRepair(message);
    case 'hello':
      return encodeHello(message);
    case 'have':
      return encodeHave(message);
    case 'subscribe':
      return encodeSubscribe(message);
    case 'accept':
      return encodeAccept(message);
    case 'refuse':
      return encodeRefuse(message);
    case 'unsubscribe':
      return encodeUnsubscribe(message);
    case 'evict':
      return encodeEvict(message);
    case 'path':
      return encodePath(message);
    case 'request':
      return encodeRequest(message);
    case 'missing':
      return encodeMissing(message);
    case 'ping':
      return encodePing(message);
    case 'pong':
      return encodePong(message);
    case 'bye':
      return encodeBye(message);
    default:
      return unreachable(message);
  }
}
