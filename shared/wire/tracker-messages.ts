import type { PeerId } from '../basics/units.ts';

/*
 * What a peer and the tracker say to each other, as JSON over one socket.io websocket (docs/PROTOCOL.md).
 * Peer to tracker: `join` (acknowledged with JoinAnswer), `ask`, `signal`, `report`, `leave`.
 * Tracker to peer: `introduce`, `signal`, `swarm`, `gone`, `refused`.
 * Whoever receives one parses it with the function of the same name (tracker-message-parsers.ts) before use; unknown keys
 * are ignored, wrong ones refused.
 */

export const TRACKER_PROTOCOL_VERSION = 1;

export type PeerRole = 'viewer' | 'seeder';

export type JoinRequest = {
  readonly protocol: number;
  readonly channel: string;
  readonly role: PeerRole;
  /** Proves the right to seed this channel (role seeder), or the right to watch where the server asks for it. */
  readonly token?: string;
  /** What the peer is willing to upload, kbit/s; 0: receives only. Absent: not yet measured. */
  readonly uplinkKbps?: number;
  /** Links that live on from an earlier session: so many fewer introductions are needed. */
  readonly links?: number;
};

export type JoinAnswer = {
  readonly peerId: PeerId;
  /** Wall clock of the server when it answered, ms since 1970. */
  readonly serverTimeMs: number;
  readonly iceServers: readonly IceServer[];
  readonly introductions: readonly Introduction[];
  readonly swarm: SwarmState;
  /** Sub-streams this peer should fan out in, and how many children in each (docs/ALGORITHM.md 6). */
  readonly commitments: readonly Commitment[];
};

export type IceServer = { readonly urls: string; readonly username?: string; readonly credential?: string };

/** One peer that this one may connect to. Both sides are told; exactly one of them has `offers`. */
export type Introduction = {
  readonly peerId: PeerId;
  readonly role: PeerRole;
  readonly offers: boolean;
};

export type Commitment = { readonly substream: number; readonly fan: number };

export type SwarmState = {
  /** Upload of the whole swarm does not suffice: nobody displaces anybody (docs/ALGORITHM.md 6). */
  readonly isShort: boolean;
  readonly viewers: number;
};

/** "I have no candidate for these sub-streams": answered with `introduce`. */
export type AskRequest = { readonly substreams: readonly number[] };

export type SignalMessage =
  | { readonly type: 'offer' | 'answer'; readonly sdp: string }
  | { readonly type: 'candidate'; readonly candidate: string; readonly mid: string };

/** Peer to tracker: `peerId` is the addressee. Tracker to peer: `peerId` is the sender. */
export type SignalEnvelope = { readonly peerId: PeerId; readonly signal: SignalMessage };

/** Sent every 2 s when changed, else every 10 s. All rates in kbit/s, all times in ms, counters since the last report. */
export type PeerReport = {
  readonly slots: number;
  readonly slotsUsed: number;
  /** Lag a child would see, per sub-stream; -1: no feed. */
  readonly lagMs: readonly number[];
  readonly links: number;
  readonly bytesFromPeers: number;
  readonly bytesFromServer: number;
  readonly bytesToPeers: number;
  readonly latencyMs: number;
  readonly stalls: number;
  readonly stallMs: number;
  /** Peers that proved faulty (a wrong signature, no message): they are not introduced to this one again. */
  readonly banned: readonly PeerId[];
};

/** Why the tracker will not serve this peer. `message` is a sentence for a person. */
export type TrackerRefusal = {
  readonly code: 'bad-request' | 'unknown-channel' | 'forbidden' | 'full' | 'rate-limited' | 'protocol-version';
  readonly message: string;
};

/** The answer to `join` is one or the other. */
export type JoinReply = { readonly answer: JoinAnswer } | { readonly refusal: TrackerRefusal };
