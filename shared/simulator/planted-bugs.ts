import type { Epoch, Millis, PeerId, Sequence } from '../basics/units.ts';
import type { EngineConfig } from '../swarm/engine-config.ts';
import type { EngineInput, EngineOutput } from '../swarm/engine-types.ts';
import { CONTROL_BYTES_MAX, REQUEST_SEQUENCES_MAX } from '../wire/limits.ts';
import { decodeWireMessage, encodeWireMessage } from '../wire/wire-message.ts';
import { WIRE_TYPE } from '../wire/wire-types.ts';

/*
 * Mistakes that an engine, or the driver around it, might make. Each is planted in every honest peer of a run, and the run must
 * fail: that is how we know that the invariants bite.
 */

export const PLANTED_BUGS = [
  /** Signatures are not checked. */
  'trust-everybody',
  /** What is overdue is never fetched. */
  'forget-rescue',
  /** Timers are lost. */
  'forget-timers',
  /** A packet that came twice is played twice. */
  'deliver-twice',
  /** What is here is fetched all the same. */
  'fetch-what-is-here',
  /** A fetch is repeated for as long as it is under way. */
  'fetch-storm',
  /** The viewer's upload limit is not passed on. */
  'ignore-upload-limit',
  /** Whoever closes the link is banned. */
  'ban-who-leaves',
  /** A ban is over before it began. */
  'ban-for-no-time',
  /** A banned peer is still sent to. */
  'speak-to-banned',
  /** A control message without a bound. */
  'endless-control-message',
  /** Packets of another epoch are played. */
  'mix-epochs',
  /** The last byte of what is relayed is cut into. */
  'relay-garbage',
  /** Packets are asked of neighbours that never said that they hold them. */
  'trust-no-map',
  /** A neighbour is asked for all that is missing at once. */
  'request-everything',
  /** A question to be somebody's child is never given up. */
  'wait-for-ever',
  /** Packets are sent to one who asked for others. */
  'push-to-anybody',
  /** Empty packets are passed on. */
  'relay-nothing',
  /** Only the beginning of a packet is passed on. */
  'relay-cut',
  /** What is passed on says that it was asked for, and was not. */
  'relay-wrong-head',
  /** Nobody tells the engine that a link is gone. */
  'forget-closed-links',
  /** The link to a banned peer is left open. */
  'keep-banned-link',
  /** A banned peer is called again. */
  'call-banned',
  /** The viewer's wish to leave the swarm is not passed on. */
  'ignore-opt-out',
  /** The server is asked when the deadline has come. */
  'rescue-late',
  /** Another epoch is never heard of. */
  'forget-epochs',
  /** Packets are fetched out of an epoch that is over. */
  'fetch-in-old-epoch',
  /** Whatever was held once is held for ever. */
  'keep-everything',
  /** Every introduction is followed. */
  'call-everybody',
  /** Maps are sent as fast as can be. */
  'chatter',
  /** The tracker is told and asked without a pause. */
  'pester-the-tracker',
  /** One packet in fifty is lost on the way to the player. */
  'lose-packets',
  /** What waits to be sent is sent however old it is. */
  'send-what-is-over',
  /** Who loses the tracker leaves the swarm. */
  'give-up-the-swarm',
  /** Playback that fell behind never goes faster. */
  'never-catch-up',
] as const;

export type PlantedBug = (typeof PLANTED_BUGS)[number];

/** Bounds that the engine forgot. */
export function bugConfig(bug: PlantedBug | undefined): Partial<EngineConfig> {
  switch (bug) {
    case 'keep-everything':
      return { ringPackets: 65_536 };
    case 'call-everybody':
      return { linksMax: 10_000, linksLow: 10_000, connectingMax: 10_000 };
    case 'pester-the-tracker':
      return { reportIntervalMs: 100, reportIntervalMsMax: 100, askIntervalMs: 0, askIntervalMsMax: 0 };
    case 'wait-for-ever':
      return { subscribeTimeoutMs: 3_600_000, linkSilenceMs: 3_600_000 };
    case 'rescue-late':
      return { rescueMarginMs: [0, 0], rescueMarginShortMs: [0, 0] };
    default:
      return {};
  }
}

const COPIES_OF_A_MAP = 250;
const CUT_BYTES = 200;

/** One peer's mistake, between its engine and the world. */
export class Sabotage {
  private readonly bug: PlantedBug;
  private hasEpoch = false;
  private lastPacket: Uint8Array | undefined;
  private firstPacket: Uint8Array | undefined;
  private readonly bannedPeers = new Set<PeerId>();

  constructor(bug: PlantedBug) {
    this.bug = bug;
  }

  /** Before the engine handles it; undefined: it never hears of it. */
  input(input: EngineInput): EngineInput | undefined {
    const { bug } = this;
    if (bug === 'trust-everybody' && input.type === 'verified') return { ...input, isValid: true };
    if (bug === 'forget-timers' && input.type === 'wakeup') return undefined;
    if (bug === 'ignore-upload-limit' && input.type === 'upload-limit')
      return { ...input, bytesPerSecond: 125_000_000 };
    if (bug === 'ignore-opt-out' && input.type === 'swarm-enabled') return undefined;
    if (bug === 'forget-closed-links' && input.type === 'link-closed') return undefined;
    if (bug === 'give-up-the-swarm' && input.type === 'tracker-state' && !input.isConnected)
      return { type: 'swarm-enabled', isEnabled: false };
    if (bug === 'forget-epochs' && input.type === 'epoch') {
      if (this.hasEpoch) return undefined;
      this.hasEpoch = true;
    }
    return input;
  }

  /** In place of what the engine ordered. */
  outputs(outputs: readonly EngineOutput[]): readonly EngineOutput[] {
    return outputs.flatMap((output) => this.output(output));
  }

  /** After an input was handled. */
  after(input: EngineInput, nowMs: Millis): readonly EngineOutput[] {
    if (this.bug !== 'ban-who-leaves' || input.type !== 'link-closed') return [];
    return [{ type: 'banned', peer: input.peer, reason: 'planted', untilMs: (nowMs + 60_000) as Millis }];
  }

  private output(output: EngineOutput): readonly EngineOutput[] {
    switch (output.type) {
      case 'send':
        return output.channel === 'data' ? this.packet(output) : this.control(output);
      case 'fetch':
        return this.fetched(output);
      case 'banned':
        return this.banned(output);
      case 'deliver':
        return this.deliver(output);
      case 'disconnect':
        return this.bug === 'keep-banned-link' && this.bannedPeers.has(output.peer) ? [] : [output];
      default:
        return [output];
    }
  }

  private packet(output: Send): readonly EngineOutput[] {
    this.lastPacket = output.bytes;
    if (output.bytes[0] === WIRE_TYPE.push && output.bytes[1] === 0) this.firstPacket ??= output.bytes;
    if (this.bug === 'send-what-is-over' && this.firstPacket !== undefined)
      return [output, { ...output, bytes: this.firstPacket }];
    if (this.bug === 'relay-garbage') return [{ ...output, bytes: damaged(output.bytes) }];
    if (this.bug === 'relay-cut') return [{ ...output, bytes: output.bytes.subarray(0, CUT_BYTES) }];
    if (this.bug === 'relay-wrong-head')
      return [{ ...output, bytes: Uint8Array.of(WIRE_TYPE.repair, 1, ...output.bytes.subarray(2)) }];
    return [this.bug === 'relay-nothing' ? { ...output, bytes: new Uint8Array(0) } : output];
  }

  private control(output: Send): readonly EngineOutput[] {
    const { bytes } = output;
    switch (this.bug) {
      case 'endless-control-message':
        return [{ ...output, bytes: lengthened(bytes) }];
      case 'trust-no-map':
        return [bytes[0] === WIRE_TYPE.request ? { ...output, bytes: asking(bytes, 200, 1) } : output];
      case 'request-everything':
        return [
          bytes[0] === WIRE_TYPE.request ? { ...output, bytes: asking(bytes, 0, REQUEST_SEQUENCES_MAX) } : output,
        ];
      case 'chatter':
        return bytes[0] === WIRE_TYPE.have ? Array<EngineOutput>(COPIES_OF_A_MAP).fill(output) : [output];
      case 'keep-banned-link':
        return this.bannedPeers.has(output.peer) ? [] : [output];
      case 'push-to-anybody': {
        if (bytes[0] !== WIRE_TYPE.ping || this.lastPacket === undefined) return [output];
        return [output, { ...output, channel: 'data', bytes: this.lastPacket }];
      }
      default:
        return [output];
    }
  }

  private fetched(output: Extract<EngineOutput, { type: 'fetch' }>): readonly EngineOutput[] {
    switch (this.bug) {
      case 'forget-rescue':
        return [];
      case 'fetch-storm':
        return Array<EngineOutput>(8).fill(output);
      case 'fetch-in-old-epoch':
        return [{ ...output, epoch: (output.epoch - 1) as Epoch }];
      default:
        return [output];
    }
  }

  private banned(output: Extract<EngineOutput, { type: 'banned' }>): readonly EngineOutput[] {
    this.bannedPeers.add(output.peer);
    if (this.bug === 'ban-for-no-time') return [{ ...output, untilMs: 0 as Millis }];
    if (this.bug === 'call-banned') return [output, { type: 'connect', peer: output.peer, offers: true }];
    if (this.bug !== 'speak-to-banned') return [output];
    return [output, { type: 'send', peer: output.peer, channel: 'control', bytes: Uint8Array.of(11, 0, 0, 0, 0) }];
  }

  private deliver(output: Extract<EngineOutput, { type: 'deliver' }>): readonly EngineOutput[] {
    const { epoch, sequence } = output.packet.header;
    switch (this.bug) {
      case 'lose-packets':
        return sequence % 50 === 0 ? [] : [output];
      case 'deliver-twice':
        return [output, output];
      case 'fetch-what-is-here':
        return [output, { type: 'fetch', reason: 'rescue', epoch, sequences: [sequence] }];
      case 'mix-epochs':
        return [{ ...output, packet: ofAnotherEpoch(output.packet) }];
      default:
        return [output];
    }
  }
}

type Send = Extract<EngineOutput, { type: 'send' }>;

/** For so many packets, from one so far behind the one that was meant. */
function asking(bytes: Uint8Array, behind: number, count: number): Uint8Array {
  const request = decodeWireMessage(bytes, 'control');
  if (request.type !== 'request') return bytes;
  const first = (request.sequences[0] as number) + behind;
  const sequences = Array.from({ length: count }, (_, at) => (first + at) as Sequence);
  return encodeWireMessage({ ...request, sequences });
}

function lengthened(bytes: Uint8Array): Uint8Array {
  const long = new Uint8Array(CONTROL_BYTES_MAX + 1);
  long.set(bytes);
  return long;
}

function damaged(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[copy.byteLength - 1] = (copy.at(-1) as number) ^ 1;
  return copy;
}

type Delivered = Extract<EngineOutput, { type: 'deliver' }>['packet'];

function ofAnotherEpoch(packet: Delivered): Delivered {
  return { ...packet, header: { ...packet.header, epoch: (packet.header.epoch ^ 1) as typeof packet.header.epoch } };
}
