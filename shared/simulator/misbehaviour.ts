import { SIGNATURE_BYTES } from '../packets/packet.ts';
import type { EngineOutput } from '../swarm/engine-types.ts';
import { HAVE_MAP_BYTES } from '../wire/have.ts';
import { DATA_BYTES_MAX, DATA_HEAD_BYTES, REQUEST_SEQUENCES_MAX } from '../wire/limits.ts';
import { decodeWireMessage, encodeWireMessage } from '../wire/wire-message.ts';
import { WIRE_TYPE } from '../wire/wire-types.ts';
import type { Behaviour } from './population.ts';

/** What is done in place of an order, and how much later. */
export type Deed = { readonly output: EngineOutput; readonly delayMs: number };

type Send = Extract<EngineOutput, { type: 'send' }>;
type Report = Extract<EngineOutput, { type: 'report' }>;

const LATE_MS = 6000;
const FAR_AHEAD = 2000;
const NEAR_AHEAD = 100;
const FLOOD_REQUESTS = 60;
/** What who boasts says of its line. */
const BOASTED_BYTES_PER_SECOND = 12_500_000;
const BOASTED_SLOTS = 64;
const BOASTED_LAG_MS = 1;
/** Of the packets that a slow one should send, it sends so few. */
const SLOW_EACH = 10;

/** What a peer of this kind tells the tracker of its uplink when it joins. */
export function claimedUplink(behaviour: Behaviour, bytesPerSecond: number): number {
  return behaviour === 'sybil' ? BOASTED_BYTES_PER_SECOND : bytesPerSecond;
}

/** What a peer of this kind makes of its engine's orders. */
export function misbehave(behaviour: Behaviour, output: EngineOutput, nowMs: number): readonly Deed[] {
  if (output.type === 'report' && behaviour === 'sybil') return [{ output: boastToTracker(output), delayMs: 0 }];
  if (output.type !== 'send') return [{ output, delayMs: 0 }];
  return output.channel === 'data' ? spoilPacket(behaviour, output, nowMs) : spoilControl(behaviour, output);
}

function spoilPacket(behaviour: Behaviour, output: Send, nowMs: number): readonly Deed[] {
  const { bytes } = output;
  const send = (changed: Partial<Send>, delayMs = 0): Deed[] => [{ output: { ...output, ...changed }, delayMs }];
  switch (behaviour) {
    case 'honest':
    case 'opted-out':
    case 'request-flood':
      return send({});
    case 'black-hole':
    case 'sybil':
    case 'lying-map':
      return [];
    case 'polluter':
      return send({ bytes: forge(bytes) });
    case 'equivocator':
      return send(isToFool(output.peer) ? { bytes: forge(bytes) } : {});
    case 'corrupter':
      return send({ bytes: flip(bytes, DATA_HEAD_BYTES + ((nowMs * 7919) % (bytes.byteLength - DATA_HEAD_BYTES))) });
    case 'latecomer':
      return send({}, LATE_MS);
    case 'slowpoke':
      return sequenceIn(bytes) % SLOW_EACH === 0 ? send({}) : [];
    case 'prophet':
      return send({ bytes: renumber(bytes, sequenceIn(bytes) % 3 === 0 ? NEAR_AHEAD : FAR_AHEAD) });
    case 'anachronist':
      return send({ bytes: flip(bytes, DATA_HEAD_BYTES + 7) });
    case 'oversizer':
      return send({ bytes: lengthen(bytes) });
    case 'empty-sender':
      return send({ bytes: new Uint8Array(0) });
    case 'wrong-channel':
      return send({ channel: 'control' });
  }
}

function spoilControl(behaviour: Behaviour, output: Send): readonly Deed[] {
  const honest: Deed = { output, delayMs: 0 };
  if (output.bytes[0] !== WIRE_TYPE.have) return [honest];
  if (behaviour === 'lying-map' || behaviour === 'sybil')
    return [{ output: { ...output, bytes: boast(output.bytes) }, delayMs: 0 }];
  if (behaviour !== 'request-flood') return [honest];
  const request: Deed = { output: { ...output, bytes: requestAll(output.bytes) }, delayMs: 0 };
  return [honest, ...new Array<Deed>(FLOOD_REQUESTS).fill(request)];
}

/** Another picture under the same number, and a signature that cannot fit it. */
function forge(message: Uint8Array): Uint8Array {
  const last = message.byteLength - SIGNATURE_BYTES;
  return flip(flip(message, last), last - 1);
}

function flip(message: Uint8Array, at: number): Uint8Array {
  const changed = message.slice();
  changed[at] = (changed[at] as number) ^ 0xff;
  return changed;
}

function lengthen(message: Uint8Array): Uint8Array {
  const long = new Uint8Array(DATA_BYTES_MAX + 1);
  long.set(message);
  return long;
}

/** Half of the world is told the truth. */
function isToFool(peer: string): boolean {
  return (peer.charCodeAt(peer.length - 1) & 1) === 1;
}

function sequenceIn(message: Uint8Array): number {
  return new DataView(message.buffer, message.byteOffset).getUint32(DATA_HEAD_BYTES + 8);
}

function renumber(message: Uint8Array, ahead: number): Uint8Array {
  const changed = message.slice();
  new DataView(changed.buffer).setUint32(DATA_HEAD_BYTES + 8, sequenceIn(message) + ahead);
  return changed;
}

/** Holds everything, at no delay, with room for everybody. */
function boast(bytes: Uint8Array): Uint8Array {
  const have = decodeWireMessage(bytes, 'control');
  if (have.type !== 'have') return bytes;
  return encodeWireMessage({
    ...have,
    map: new Uint8Array(HAVE_MAP_BYTES).fill(0xff),
    openSubstreams: 0xff,
    slotsFree: BOASTED_SLOTS,
    uplinkBytesPerSecond: BOASTED_BYTES_PER_SECOND,
    substreams: have.substreams.map(() => ({ lagMs: BOASTED_LAG_MS, weakestStrength: 0, children: 0 })),
  });
}

function boastToTracker({ report }: Report): Report {
  const lagMs = report.lagMs.map(() => BOASTED_LAG_MS);
  return { type: 'report', report: { ...report, slots: BOASTED_SLOTS, slotsUsed: 0, lagMs } };
}

function requestAll(bytes: Uint8Array): Uint8Array {
  const have = decodeWireMessage(bytes, 'control');
  if (have.type !== 'have') return bytes;
  const sequences = Array.from({ length: REQUEST_SEQUENCES_MAX }, (_, at) => (have.base + at) as typeof have.base);
  return encodeWireMessage({ type: 'request', epoch: have.epoch, sequences });
}
