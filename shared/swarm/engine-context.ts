import type { Random } from '../basics/random.ts';
import type { Epoch, Millis, Sequence } from '../basics/units.ts';
import type { PeerRole, SwarmState } from '../wire/tracker-messages.ts';
import { type ControlMessage, type DataMessage, encodeWireMessage, type WireMessage } from '../wire/wire-message.ts';
import type { EngineConfig } from './engine-config.ts';
import type { EngineOutput, LinkChannel } from './engine-types.ts';
import type { Link } from './link.ts';
import type { Links } from './links.ts';
import type { PacketRing } from './packet-ring.ts';
import type { Statistics } from './statistics.ts';
import type { StreamClock } from './stream-clock.ts';
import type { Substream } from './substream.ts';
import type { Timers } from './timers.ts';

/** Reads what neighbours send, and writes the packets that they are sent. */
export interface WireCodec {
  decode(bytes: Uint8Array, channel: LinkChannel): WireMessage;
  encode(message: DataMessage): Uint8Array;
}

/** What all concerns of one engine share. The engine sets `nowMs` before each input and takes `outputs` after it. */
export type EngineContext = {
  readonly role: PeerRole;
  readonly config: EngineConfig;
  /** This session's number in paths: random, since ids belong to the tracker and change when it restarts. */
  readonly node: number;
  readonly random: Random;
  readonly timers: Timers;
  readonly statistics: Statistics;
  readonly links: Links;
  readonly ring: PacketRing;
  readonly codec: WireCodec;
  readonly clock: StreamClock;
  readonly substreams: readonly Substream[];
  outputs: EngineOutput[];
  nowMs: Millis;
  epoch: Epoch | undefined;
  startSequence: Sequence;
  /** The newest packet there was when this epoch began for us; -1: nobody told. */
  joinedSequence: number;
  /** When this epoch began for us. */
  startedMs: Millis;
  /** The next packet that playback needs, and the latency it plays at. */
  playSequence: Sequence;
  targetLatencyMs: number;
  swarm: SwarmState;
  /** At a seeder: the copies it pushes for this audience. */
  copies: number;
  isSwarmEnabled: boolean;
  isTrackerConnected: boolean;
  /** How long what waits before our own line takes, as round trips show it: requests to the server wait as long. */
  queueMs: number;
  /** A feed or lease changed: children may have to be told of another path. */
  arePathsStale: boolean;
  /** The broadcast ended with this packet. */
  endSequence: number | undefined;
};

export function substreamOf(context: EngineContext, sequence: number): Substream {
  return context.substreams[sequence % context.config.substreams] as Substream;
}

/** Control messages are never paced: they are few, small, and what waits for them waits for a round trip. */
export function sendControl(context: EngineContext, link: Link, message: ControlMessage): void {
  sendControlBytes(context, link, encodeWireMessage(message));
}

export function sendControlBytes(context: EngineContext, link: Link, bytes: Uint8Array): void {
  context.outputs.push({ type: 'send', peer: link.peer, channel: 'control', bytes });
  context.statistics.controlBytesSent += bytes.byteLength;
  link.noteControlSent(bytes.byteLength);
}

/** When a packet must be on screen, on the local clock. */
export function deadlineMs(context: EngineContext, sequence: number): Millis {
  return (context.clock.localMs(context.clock.captureMs(sequence)) + context.targetLatencyMs) as Millis;
}
