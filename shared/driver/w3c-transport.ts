import type { LinkChannel } from '../swarm/engine-types.ts';
import {
  BUFFER_LOW_BYTES,
  DATA_CHANNELS,
  type RtcState,
  type RtcTransport,
  type RtcTransportEvents,
  type SessionDescription,
} from './rtc-transport.ts';

/*
 * The parts of the W3C interface that are used here, written down so that this file needs neither DOM types nor werift's.
 */
export interface W3cPeerConnection {
  readonly connectionState: string;
  readonly localDescription: { readonly type: string; readonly sdp: string } | null;
  createDataChannel(label: string, options: { negotiated: boolean; id: number; ordered: boolean }): W3cDataChannel;
  createOffer(): Promise<unknown>;
  createAnswer(): Promise<unknown>;
  setLocalDescription(description: never): Promise<unknown>;
  setRemoteDescription(description: SessionDescription): Promise<unknown>;
  addIceCandidate(candidate: { candidate: string; sdpMid: string }): Promise<unknown>;
  getStats(): Promise<{ forEach(visit: (entry: never) => void): void }>;
  addEventListener(type: string, listener: (event: never) => void): void;
  close(): unknown;
}

export interface W3cDataChannel {
  readonly readyState: string;
  readonly bufferedAmount: number;
  bufferedAmountLowThreshold: number;
  send(bytes: never): void;
  addEventListener(type: string, listener: (event: never) => void): void;
}

type CandidateEvent = { readonly candidate?: { readonly candidate: string; readonly sdpMid?: string | null } | null };
type StatsEntry = { readonly type?: string; readonly currentRoundTripTime?: number };

/** `RtcTransport` over anything shaped like `RTCPeerConnection`. `toMessage`: what its `send` takes, if not a Uint8Array. */
export class W3cTransport implements RtcTransport {
  private readonly connection: W3cPeerConnection;
  private readonly events: RtcTransportEvents;
  private readonly toMessage: (bytes: Uint8Array) => unknown;
  private readonly channels: Readonly<Record<LinkChannel, W3cDataChannel>>;
  private roundTripMs = 0;

  constructor(
    connection: W3cPeerConnection,
    events: RtcTransportEvents,
    toMessage: (bytes: Uint8Array) => unknown = (bytes) => bytes,
  ) {
    this.connection = connection;
    this.events = events;
    this.toMessage = toMessage;
    connection.addEventListener('icecandidate', ({ candidate }: CandidateEvent) => {
      if (candidate?.candidate) events.onCandidate(candidate.candidate, candidate.sdpMid ?? '0');
    });
    connection.addEventListener('connectionstatechange', () => {
      if (connection.connectionState === 'connected') this.measureRoundTrip();
      events.onState(connection.connectionState as RtcState);
    });
    this.channels = { control: this.openChannel('control'), data: this.openChannel('data') };
  }

  async offer(): Promise<void> {
    await this.setLocal(await this.connection.createOffer());
  }

  async accept(description: SessionDescription): Promise<void> {
    await this.connection.setRemoteDescription(description);
    if (description.type === 'offer') await this.setLocal(await this.connection.createAnswer());
  }

  async addCandidate(candidate: string, mid: string): Promise<void> {
    await this.connection.addIceCandidate({ candidate, sdpMid: mid });
  }

  send(channel: LinkChannel, bytes: Uint8Array): boolean {
    const dataChannel = this.channels[channel];
    if (dataChannel.readyState !== 'open') return false;
    dataChannel.send(this.toMessage(bytes) as never);
    return true;
  }

  bufferedBytes(): number {
    return this.channels.control.bufferedAmount + this.channels.data.bufferedAmount;
  }

  rttMs(): number {
    return this.roundTripMs;
  }

  close(): void {
    void this.connection.close();
  }

  private async setLocal(description: unknown): Promise<void> {
    await this.connection.setLocalDescription(description as never);
    const local = this.connection.localDescription;
    if (local !== null) this.events.onDescription({ type: local.type as 'offer' | 'answer', sdp: local.sdp });
  }

  private openChannel(name: LinkChannel): W3cDataChannel {
    const { id, ordered } = DATA_CHANNELS[name];
    const channel = this.connection.createDataChannel(name, { negotiated: true, id, ordered });
    (channel as { binaryType?: string }).binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = BUFFER_LOW_BYTES;
    channel.addEventListener('open', () => this.events.onChannelOpen(name));
    channel.addEventListener('close', () => this.events.onChannelClosed(name));
    channel.addEventListener('bufferedamountlow', () => this.events.onDrained());
    channel.addEventListener('message', ({ data }: { readonly data: unknown }) => {
      const bytes = ownedBytes(data);
      if (bytes !== undefined) this.events.onMessage(name, bytes);
    });
    return channel;
  }

  /** The pair that ICE just checked knows its round trip before the data channels are open. */
  private async measureRoundTrip(): Promise<void> {
    try {
      const stats = await this.connection.getStats();
      stats.forEach((entry: StatsEntry) => {
        if (entry.type === 'candidate-pair' && entry.currentRoundTripTime !== undefined) {
          this.roundTripMs = Math.round(entry.currentRoundTripTime * 1000);
        }
      });
    } catch {
      // closed meanwhile: nobody will ask
    }
  }
}

/** Text is not part of our protocol and is left unread. An ArrayBuffer is ours alone; a Buffer may lie in a shared pool. */
function ownedBytes(data: unknown): Uint8Array | undefined {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return data instanceof Uint8Array ? new Uint8Array(data) : undefined;
}
