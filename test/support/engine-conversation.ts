// One engine, spoken to by hand: its neighbours are Alice, Bob and Carol, and time passes only where a test lets it.
import type { Epoch, Millis, PeerId, Sequence, WallMillis } from '../../shared/basics/units.ts';
import type { Packet } from '../../shared/packets/packet.ts';
import { SwarmEngine } from '../../shared/swarm/engine.ts';
import { type EngineConfig, parseEngineConfig } from '../../shared/swarm/engine-config.ts';
import type { EngineInput, EngineOutput } from '../../shared/swarm/engine-types.ts';
import type { PeerRole } from '../../shared/wire/tracker-messages.ts';
import { decodeWireMessage, encodeWireMessage, type WireMessage } from '../../shared/wire/wire-message.ts';
import { testPacket } from './packets.ts';

export const EPOCH = 0x55 as Epoch;
const WALL = 1_700_000_000_000;
export const PACKET_MS = 50;
export const ALICE = 'AAAAAAAAAAAAAAA0' as PeerId;
export const BOB = 'AAAAAAAAAAAAAAA1' as PeerId;
export const CAROL = 'AAAAAAAAAAAAAAA2' as PeerId;

/** Packet n is captured n * 50 ms after the conversation's zero. */
export const packet = (sequence: number, epoch = EPOCH): Packet =>
  testPacket(sequence, { epoch, captureMs: (WALL + sequence * PACKET_MS) as WallMillis }, 500);

export function forged(sequence: number): Packet {
  const { bytes } = packet(sequence);
  const copy = bytes.slice();
  copy[40] = (copy[40] as number) ^ 1;
  return { ...packet(sequence), bytes: copy };
}

export class Conversation {
  readonly engine: SwarmEngine;
  nowMs = 1000;
  outputs: EngineOutput[] = [];

  constructor(role: PeerRole = 'viewer', config: Partial<EngineConfig> = {}) {
    // Pings get no answer here, from which the engine would conclude that its line is full.
    this.engine = new SwarmEngine({ role, seed: 1, config: parseEngineConfig({ pingIntervalMs: 60_000, ...config }) });
    this.input({ type: 'clock', offsetMs: WALL });
    this.input({ type: 'tracker-state', isConnected: true });
    if (role === 'viewer') this.input({ type: 'epoch', epoch: EPOCH, startSequence: 0 as Sequence });
  }

  input(input: EngineInput): EngineOutput[] {
    const outputs = this.engine.handle(input, this.nowMs as Millis);
    this.outputs.push(...outputs);
    return outputs;
  }

  say(peer: PeerId, message: WireMessage): EngineOutput[] {
    const channel = message.type === 'push' || message.type === 'repair' ? 'data' : 'control';
    return this.input({ type: 'message', peer, channel, bytes: encodeWireMessage(message) });
  }

  /** A neighbour that holds the first `held` packets and would feed everything. */
  meet(peer: PeerId, { held = 0, lagMs = 50, role = 'viewer' as PeerRole, open = true, rttMs = 40 } = {}): void {
    this.input({ type: 'link-opened', peer, role, rttMs });
    this.say(peer, {
      type: 'hello',
      protocolVersion: 1,
      substreams: 8,
      slots: 16,
      node: 1000 + peer.charCodeAt(15),
      epoch: EPOCH,
      playSequence: 0 as Sequence,
    });
    this.have(peer, held, lagMs, open);
  }

  /** `lagMs` of 'none': nothing feeds it. */
  have(peer: PeerId, held: number, lagMs: number | 'none' = 50, open = true): EngineOutput[] {
    const map = new Uint8Array(16);
    for (let at = 0; at < held; at++) map[at >> 3] = (map[at >> 3] as number) | (0x80 >> (at & 7));
    return this.say(peer, {
      type: 'have',
      epoch: EPOCH,
      base: 0 as Sequence,
      map,
      openSubstreams: open ? 0xff : 0,
      slotsFree: open ? 16 : 0,
      uplinkBytesPerSecond: 1_000_000,
      substreams: Array.from({ length: 8 }, () => ({
        lagMs: lagMs === 'none' ? undefined : lagMs,
        weakestStrength: 255,
        children: 0,
      })),
    });
  }

  /** Lets time pass, with every wake-up the engine asks for. */
  wait(ms: number): EngineOutput[] {
    const untilMs = this.nowMs + ms;
    const outputs: EngineOutput[] = [];
    for (let turn = 0; turn < 10_000; turn++) {
      const wakeupMs = this.engine.nextWakeup();
      if (wakeupMs === undefined || wakeupMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, wakeupMs);
      outputs.push(...this.input({ type: 'wakeup' }));
    }
    this.nowMs = untilMs;
    return outputs;
  }

  fromServer(sequence: number): EngineOutput[] {
    return this.verify(this.input({ type: 'packet-from-server', packet: packet(sequence), via: 'stream' }), true);
  }

  verify(outputs: readonly EngineOutput[], isValid: boolean): EngineOutput[] {
    return outputs.flatMap((output) =>
      output.type === 'verify' ? this.input({ type: 'verified', ticket: output.ticket, isValid }) : [],
    );
  }

  /** The sub-streams in which a peer was asked to be parent, of all that was said. */
  subscriptions(peer: PeerId, outputs: readonly EngineOutput[] = this.outputs): number[] {
    return said(outputs, peer).flatMap((message) => (message.type === 'subscribe' ? [message.substream] : []));
  }

  accept(peer: PeerId, substream: number): EngineOutput[] {
    return this.say(peer, { type: 'accept', substream, epoch: EPOCH, path: [1, 2] });
  }
}

export function said(outputs: readonly EngineOutput[], peer: PeerId): WireMessage[] {
  return outputs.flatMap((output) =>
    output.type === 'send' && output.peer === peer ? [decodeWireMessage(output.bytes, output.channel)] : [],
  );
}

export const ofType = <Type extends EngineOutput['type']>(outputs: readonly EngineOutput[], type: Type) =>
  outputs.filter((output): output is Extract<EngineOutput, { type: Type }> => output.type === type);

/** A viewer whose eight sub-streams are all fed by Alice, up to packet `upTo`. */
export function fedByAlice(upTo = 40, config: Partial<EngineConfig> = {}): Conversation {
  const talk = new Conversation('viewer', config);
  for (let sequence = 0; sequence < 16; sequence++) talk.fromServer(sequence);
  talk.nowMs = 1000 + 16 * PACKET_MS;
  talk.meet(ALICE, { held: 16 });
  for (let substream = 0; substream < 8; substream++) talk.accept(ALICE, substream);
  for (let sequence = 16; sequence < upTo; sequence++) {
    talk.nowMs = Math.max(talk.nowMs, sequence * PACKET_MS + 60);
    talk.verify(talk.say(ALICE, { type: 'push', isBacklog: false, packet: packet(sequence) }), true);
  }
  return talk;
}
