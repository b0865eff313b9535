import type { Epoch, PeerId, Sequence } from '../basics/units.ts';
import type { Packet } from '../packets/packet.ts';
import type { FetchReason, LinkChannel } from '../swarm/engine-types.ts';
import type { ChannelDescription } from '../wire/channel-description.ts';
import type {
  AskRequest,
  IceServer,
  Introduction,
  JoinAnswer,
  JoinRequest,
  PeerReport,
  SignalEnvelope,
  SignalMessage,
  SwarmState,
  TrackerRefusal,
} from '../wire/tracker-messages.ts';

/*
 * What the driver needs from the world. Browser and Node bring their own; each adapter is thin and holds no policy.
 */

/** Makes connections to peers. One per process or page. */
export interface PeerConnector {
  /**
   * Begins a connection. `offers`: this side makes the offer. Signals for the peer go out through `events.onSignal`,
   * its signals come in through `PeerConnection.signal`. Calls back `onOpen` once, or `onClosed` once, or both in that order.
   */
  connect(
    peer: PeerId,
    offers: boolean,
    iceServers: readonly IceServer[],
    events: PeerConnectionEvents,
  ): PeerConnection;
  /** Closes everything; a Node binding also frees its threads. */
  close(): void;
}

export interface PeerConnection {
  /** Hands over what the peer signalled; may come before or after our own description exists. */
  signal(message: SignalMessage): void;
  /** False where the channel is no longer open. Never throws, never blocks. */
  send(channel: LinkChannel, bytes: Uint8Array): boolean;
  bufferedBytes(): number;
  close(): void;
}

export type PeerConnectionEvents = {
  onSignal(message: SignalMessage): void;
  /** Both channels are open. `rttMs` is a first measurement, 0 where none is to be had. */
  onOpen(rttMs: number): void;
  /** The bytes belong to the receiver. */
  onMessage(channel: LinkChannel, bytes: Uint8Array): void;
  /** What waited to be sent has fallen under the low-water mark. */
  onDrained(): void;
  onClosed(reason: string): void;
};

/** A session with the tracker that rejoins by itself, with back-off and jitter. */
export interface TrackerClient {
  ask(request: AskRequest): void;
  signal(envelope: SignalEnvelope): void;
  report(report: PeerReport): void;
  close(): void;
}

export type TrackerClientEvents = {
  /** Joined, at first or again after a break. */
  onJoined(answer: JoinAnswer): void;
  onIntroduced(introductions: readonly Introduction[]): void;
  onSignal(envelope: SignalEnvelope): void;
  onSwarmState(state: SwarmState): void;
  onGone(peer: PeerId): void;
  onLost(): void;
  onRefused(refusal: TrackerRefusal): void;
};

export type TrackerClientFactory = (join: JoinRequest, events: TrackerClientEvents) => TrackerClient;

/** The server as a source of packets: always there, always dearer than a peer. */
export interface PacketSource {
  /** Rejects with `SwarmtubeError` where the server does not answer with a description. */
  describe(): Promise<DescribedChannel>;
  /** One packet, exactly the one asked for, not yet verified. Rejects with `SwarmtubeError`; always ends. */
  fetchPacket(reason: FetchReason, epoch: Epoch, sequence: Sequence): Promise<Packet>;
  /** An endless response; `onClosed` comes once when it ended by itself, never after `close`. */
  openStream(request: PacketStreamRequest, events: PacketStreamEvents): PacketStream;
  /** Bytes of bodies received since the source was made, whether they became packets or not. */
  readonly receivedBytes: Readonly<Record<FetchReason | 'stream', number>>;
  /** Ends everything under way; what waits for it is rejected. */
  close(): void;
}

export type DescribedChannel = {
  readonly description: ChannelDescription;
  /** What to add to our `nowMs` to get the server's wall clock, by the shortest round trip so far. */
  readonly clockOffsetMs: number;
};

export type PacketStreamRequest = {
  readonly epoch: Epoch;
  /** 'live': from the newest packet that playback can start at. */
  readonly from: Sequence | 'live';
  /** Only these; absent: all. */
  readonly substreams?: readonly number[];
};

export type PacketStreamEvents = {
  onPacket(packet: Packet): void;
  onClosed(reason: string): void;
};

export interface PacketStream {
  close(): void;
}

/** Checks a packet's signature against the broadcaster's key. */
export type PacketVerifier = (packet: Packet) => Promise<boolean>;

/** Timers that go on in a hidden tab. */
export interface WakeupTimer {
  /** Calls back once, not before `delayMs`; replaces the call asked for before. */
  schedule(delayMs: number, wakeup: () => void): void;
  cancel(): void;
  /** Cancels for good and frees what lies behind. */
  close(): void;
}
