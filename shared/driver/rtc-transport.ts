import type { LinkChannel } from '../swarm/engine-types.ts';
import type { IceServer } from '../wire/tracker-messages.ts';

/*
 * One WebRTC connection as `RtcLink` wants it: what browsers, node-datachannel and werift have in common.
 * An adapter translates calls and events and decides nothing; holding candidates, timeouts and finality are `RtcLink`'s.
 */

/**
 * The two data channels of a connection, the same on both sides. They are negotiated beforehand by id: nobody waits for
 * `ondatachannel`, which some implementations fire before the listener is there.
 */
export const DATA_CHANNELS: Readonly<Record<LinkChannel, { readonly id: number; readonly ordered: boolean }>> = {
  control: { id: 0, ordered: true },
  data: { id: 1, ordered: false },
};

/** Under this much unsent in one channel `onDrained` tells that there is room again: one packet. */
export const BUFFER_LOW_BYTES = 16 * 1024;

export type SessionDescription = { readonly type: 'offer' | 'answer'; readonly sdp: string };

/** May fail synchronously or later; either way the link is closed with the reason. Both channels exist from the start. */
export interface RtcTransport {
  /** Makes and sets the local offer; it comes out by `onDescription`. */
  offer(): Promise<void>;
  /** Sets the remote description; to an offer it makes the answer, which comes out by `onDescription`. */
  accept(description: SessionDescription): Promise<void>;
  addCandidate(candidate: string, mid: string): Promise<void>;
  /** False, or an exception, where the channel is not open. */
  send(channel: LinkChannel, bytes: Uint8Array): boolean;
  bufferedBytes(): number;
  /** As last measured by the implementation, 0 where it cannot tell. */
  rttMs(): number;
  close(): void;
}

export type RtcState = 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

export type RtcTransportEvents = {
  onDescription(description: SessionDescription): void;
  onCandidate(candidate: string, mid: string): void;
  onState(state: RtcState): void;
  onChannelOpen(channel: LinkChannel): void;
  onChannelClosed(channel: LinkChannel): void;
  /** The bytes are the receiver's own, in a buffer that nobody else uses. */
  onMessage(channel: LinkChannel, bytes: Uint8Array): void;
  onDrained(): void;
};

export type RtcTransportFactory = (iceServers: readonly IceServer[], events: RtcTransportEvents) => RtcTransport;
