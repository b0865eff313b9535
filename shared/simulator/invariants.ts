import type { Millis, PeerId } from '../basics/units.ts';
import { decodePacket } from '../packets/packet.ts';
import type { EngineOutput } from '../swarm/engine-types.ts';
import { CONTROL_BYTES_MAX, DATA_BYTES_MAX, DATA_HEAD_BYTES } from '../wire/limits.ts';
import { WIRE_TYPE } from '../wire/wire-types.ts';
import { type Broadcast, SIMULATED_EPOCH } from './broadcast.ts';
import type { SimulatedPeer } from './simulated-peer.ts';

/** One broken promise. */
export type Failure = { readonly atMs: number; readonly peer: number; readonly rule: string; readonly text: string };

/** More failures say nothing more. */
const FAILURES_MAX = 50;
/** What one input may bring about: a batch of maps to all links and pushes to all children, and much to spare. */
const OUTPUTS_MAX = 2000;
/** Inputs of one peer within one millisecond: a full answer of the server, handled packet by packet. */
const INPUTS_A_MOMENT_MAX = 3000;
const WAKEUPS_A_MOMENT_MAX = 20;
/** Links a viewer may hold, with the tolerance of the engine; and a seeder for 10,000. */
const VIEWER_LINKS_MAX = 36;
const SEEDER_LINKS_MAX = 110;
/** Upload is looked at over this, and may be over its limit by a burst. */
const UPLOAD_WINDOW_MS = 10_000;
const UPLOAD_TOLERANCE = 1.12;
const UPLOAD_BURST_BYTES = 256 * 1024;
const FETCHES_OF_ONE_MAX = 4;
/** A viewer in its first seconds has not had the time to rescue. */
const RESCUE_AFTER_MS = 4000;
/** Nobody may be banned for what its first ban did not cover. */
const BAN_MS_MIN = 1000;

type Account = {
  readonly bannedUntil: Map<PeerId, number>;
  readonly fetches: Map<number, number>;
  momentMs: number;
  inputs: number;
  wakeups: number;
  windowMs: number;
  windowBytes: number;
  joinedMs: number;
};

/**
 * What must hold whatever happens, looked at with every input and output of every honest peer. Each rule reads
 * nothing but what passes by, so that looking changes nothing and costs little.
 */
export class Invariants {
  readonly failures: Failure[] = [];
  private readonly broadcast: Broadcast;
  private readonly nameOf: (id: PeerId) => SimulatedPeer | undefined;
  private readonly accounts = new Map<SimulatedPeer, Account>();

  constructor(broadcast: Broadcast, nameOf: (id: PeerId) => SimulatedPeer | undefined) {
    this.broadcast = broadcast;
    this.nameOf = nameOf;
  }

  joined(peer: SimulatedPeer, nowMs: number): void {
    this.accounts.set(peer, {
      bannedUntil: new Map(),
      fetches: new Map(),
      momentMs: -1,
      inputs: 0,
      wakeups: 0,
      windowMs: nowMs,
      windowBytes: 0,
      joinedMs: nowMs,
    });
  }

  gone(peer: SimulatedPeer): void {
    this.accounts.delete(peer);
  }

  /** One input was handled. */
  handled(peer: SimulatedPeer, outputs: readonly EngineOutput[], nowMs: number): void {
    const account = this.accounts.get(peer);
    if (account === undefined || !peer.isHonest) return;
    this.beginMoment(account, nowMs);
    if (++account.inputs > INPUTS_A_MOMENT_MAX) this.fail(peer, nowMs, 'livelock', 'inputs without end in one moment');
    if (outputs.length > OUTPUTS_MAX) this.fail(peer, nowMs, 'outputs', `${outputs.length} outputs for one input`);
  }

  woken(peer: SimulatedPeer, nowMs: number): void {
    const account = this.accounts.get(peer);
    if (account === undefined || !peer.isHonest) return;
    this.beginMoment(account, nowMs);
    if (++account.wakeups > WAKEUPS_A_MOMENT_MAX) {
      this.fail(peer, nowMs, 'livelock', 'it is woken again and again in one moment');
    }
  }

  output(peer: SimulatedPeer, output: EngineOutput, nowMs: number): void {
    const account = this.accounts.get(peer);
    if (account === undefined || !peer.isHonest) return;
    switch (output.type) {
      case 'send':
        this.send(peer, account, output, nowMs);
        break;
      case 'deliver':
        this.deliver(peer, output, nowMs);
        break;
      case 'fetch':
        for (const sequence of output.sequences) this.noteFetch(peer, account, sequence, nowMs);
        break;
      case 'banned':
        this.banned(peer, account, output.peer, output.untilMs, nowMs);
        break;
      case 'connect':
        if ((account.bannedUntil.get(output.peer) ?? 0) > nowMs) {
          this.fail(peer, nowMs, 'banned-is-called', 'it calls a peer that it banned');
        }
        break;
      default:
    }
  }

  /** Playback reached a packet that is not there: was everything done to have it? */
  missing(peer: SimulatedPeer, sequence: number, nowMs: number, isServerSound: boolean): void {
    const account = this.accounts.get(peer);
    if (account === undefined || !peer.isHonest || !isServerSound) return;
    if (nowMs - account.joinedMs < RESCUE_AFTER_MS || account.fetches.has(sequence)) return;
    // Being brought by the server's stream is being rescued, unless the stream brings nothing.
    if (peer.stream?.substreams.includes(sequence % 8)) return;
    this.fail(peer, nowMs, 'no-rescue', `packet ${sequence} is due, absent, and was asked of nobody`);
  }

  /** Once a second: what may only grow so far. */
  sample(peer: SimulatedPeer, nowMs: number): void {
    const most = peer.role === 'seeder' ? SEEDER_LINKS_MAX : VIEWER_LINKS_MAX;
    if (peer.isHonest && peer.wires.size > most) this.fail(peer, nowMs, 'links', `${peer.wires.size} links`);
    const account = this.accounts.get(peer);
    if (account === undefined) return;
    for (const sequence of account.fetches.keys()) {
      if (sequence > this.broadcast.newest - 600) break;
      account.fetches.delete(sequence);
    }
  }

  fail(peer: SimulatedPeer, atMs: number, rule: string, text: string): void {
    if (this.failures.length >= FAILURES_MAX) return;
    this.failures.push({ atMs, peer: peer.plan.number, rule, text });
  }

  private beginMoment(account: Account, nowMs: number): void {
    if (account.momentMs === nowMs) return;
    account.momentMs = nowMs;
    account.inputs = 0;
    account.wakeups = 0;
  }

  private send(
    peer: SimulatedPeer,
    account: Account,
    output: Extract<EngineOutput, { type: 'send' }>,
    nowMs: number,
  ): void {
    const { bytes, channel } = output;
    const bannedUntilMs = account.bannedUntil.get(output.peer) ?? 0;
    if (channel === 'control') {
      if (bytes.byteLength > CONTROL_BYTES_MAX) this.fail(peer, nowMs, 'size', `control of ${bytes.byteLength} bytes`);
      // A last goodbye is in order.
      if (bannedUntilMs > nowMs && bytes[0] !== WIRE_TYPE.bye)
        this.fail(peer, nowMs, 'banned-is-asked', 'it speaks to a banned peer');
      return;
    }
    if (bytes.byteLength > DATA_BYTES_MAX) this.fail(peer, nowMs, 'size', `data of ${bytes.byteLength} bytes`);
    if (bannedUntilMs > nowMs) this.fail(peer, nowMs, 'banned-is-asked', 'it sends packets to a banned peer');
    if (this.broadcast.canonical(bytes) === undefined) {
      const packet = decodePacket(bytes.subarray(DATA_HEAD_BYTES));
      if (this.broadcast.packet(packet.header.sequence) !== undefined) {
        this.fail(peer, nowMs, 'unverified-relayed', `packet ${packet.header.sequence} is not what was broadcast`);
      }
    }
    this.countUpload(peer, account, bytes.byteLength, nowMs);
  }

  private countUpload(peer: SimulatedPeer, account: Account, bytes: number, nowMs: number): void {
    if (peer.role === 'seeder') return;
    if (nowMs - account.windowMs >= UPLOAD_WINDOW_MS) {
      account.windowMs = nowMs;
      account.windowBytes = 0;
    }
    account.windowBytes += bytes;
    const allowed = peer.uploadBytesPerSecond * (UPLOAD_WINDOW_MS / 1000) * UPLOAD_TOLERANCE;
    if (account.windowBytes > (peer.uploadBytesPerSecond === 0 ? 0 : allowed + UPLOAD_BURST_BYTES)) {
      this.fail(peer, nowMs, 'upload-cap', `${account.windowBytes} bytes within ${UPLOAD_WINDOW_MS / 1000} s`);
      account.windowBytes = 0;
    }
  }

  private deliver(peer: SimulatedPeer, output: Extract<EngineOutput, { type: 'deliver' }>, nowMs: number): void {
    const { header } = output.packet;
    if (header.epoch !== SIMULATED_EPOCH) this.fail(peer, nowMs, 'epoch', `a packet of epoch ${header.epoch}`);
    if (peer.has(header.sequence)) this.fail(peer, nowMs, 'twice', `packet ${header.sequence} is delivered again`);
    if (!this.broadcast.isGenuine(output.packet)) this.fail(peer, nowMs, 'forged-played', `packet ${header.sequence}`);
  }

  private noteFetch(peer: SimulatedPeer, account: Account, sequence: number, nowMs: number): void {
    if (peer.has(sequence)) this.fail(peer, nowMs, 'fetch-of-held', `packet ${sequence} is here and is fetched`);
    const times = (account.fetches.get(sequence) ?? 0) + 1;
    account.fetches.set(sequence, times);
    if (times > FETCHES_OF_ONE_MAX)
      this.fail(peer, nowMs, 'fetch-storm', `packet ${sequence} is fetched ${times} times`);
  }

  private banned(peer: SimulatedPeer, account: Account, id: PeerId, untilMs: Millis, nowMs: number): void {
    account.bannedUntil.set(id, untilMs);
    const target = this.nameOf(id);
    if (target?.isHonest) this.fail(peer, nowMs, 'honest-banned', `peer ${target.plan.number} did nothing wrong`);
    if (untilMs - nowMs < BAN_MS_MIN) this.fail(peer, nowMs, 'ban-too-short', `a ban of ${untilMs - nowMs} ms`);
  }
}
