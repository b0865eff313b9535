import type { Epoch, Millis, PeerId, Sequence } from '../basics/units.ts';
import type { Packet } from '../packets/packet.ts';
import type { Commitment, PeerReport, PeerRole, SwarmState } from '../wire/tracker-messages.ts';

/*
 * What goes into the swarm engine and what comes out. The engine holds every decision; whoever drives it (browser, Node
 * seeder, Node peer, simulator) only carries these values to and from sockets, timers, HTTP and WebCrypto.
 */

/** Reliable and ordered for `control`, reliable and unordered for `data`: two data channels of one connection. */
export type LinkChannel = 'control' | 'data';

/** Why the server was asked: the label under which its bytes are counted. */
export type FetchReason = 'start' | 'rescue';

/** What of all that was sent to a peer still waits in the transport. */
export type LinkBuffer = { readonly peer: PeerId; readonly bufferedBytes: number };

export type EngineInput =
  /** Both data channels to an introduced peer are open. */
  | { readonly type: 'link-opened'; readonly peer: PeerId; readonly role: PeerRole; readonly rttMs: number }
  /** The connection is gone, or could not be made. */
  | { readonly type: 'link-closed'; readonly peer: PeerId; readonly reason: string }
  /** One wire message as it arrived; the engine decodes it. */
  | { readonly type: 'message'; readonly peer: PeerId; readonly channel: LinkChannel; readonly bytes: Uint8Array }
  /** How much still waits in the transports of some peers: of those sent data to, when the outputs of an input have been carried out;
   *  of one that has drained; and in place of a `wakeup` of all where anything waited. */
  | { readonly type: 'link-buffers'; readonly links: readonly LinkBuffer[] }
  /** The seeder's own next packet. It is trusted: we signed it. */
  | { readonly type: 'packet-produced'; readonly packet: Packet }
  /** A packet came from the server: answer to `fetch`, or out of the server stream. Not yet verified. */
  | { readonly type: 'packet-from-server'; readonly packet: Packet; readonly via: FetchReason | 'stream' }
  /** A `fetch` ended without this packet. */
  | { readonly type: 'fetch-failed'; readonly epoch: Epoch; readonly sequence: Sequence }
  /** The server stream ended or broke; it is reopened by the next `server-stream` output. */
  | { readonly type: 'server-stream-closed'; readonly reason: string }
  /** Answer to `verify`. */
  | { readonly type: 'verified'; readonly ticket: number; readonly isValid: boolean }
  /** From the tracker: peers that may be connected to. */
  | { readonly type: 'introduced'; readonly peers: readonly { peer: PeerId; role: PeerRole; offers: boolean }[] }
  | { readonly type: 'swarm-state'; readonly state: SwarmState }
  | { readonly type: 'commitments'; readonly commitments: readonly Commitment[] }
  /** The tracker was reached (again) or lost. Links live on without it. */
  | { readonly type: 'tracker-state'; readonly isConnected: boolean }
  /** The channel's epoch and where to start in it: from the channel description, at join and after a new epoch. */
  | {
      readonly type: 'epoch';
      readonly epoch: Epoch;
      readonly startSequence: Sequence;
      /** The newest packet there is, where the server told: then only the keyframe is fetched, and the swarm brings the rest. */
      readonly newestSequence?: Sequence | undefined;
    }
  /** Offset from this peer's `nowMs` to the seeder's wall clock. */
  | { readonly type: 'clock'; readonly offsetMs: number }
  /** From the player: the deadline (capture to screen, ms) it now plays at, and the next packet that it needs. */
  | { readonly type: 'playback'; readonly targetLatencyMs: number; readonly nextSequence: Sequence }
  /** Upload allowed and wanted, bytes/s; 0: receive only. */
  | { readonly type: 'upload-limit'; readonly bytesPerSecond: number }
  /** Turns the swarm off (no links at all: everything from the server stream) or on. */
  | { readonly type: 'swarm-enabled'; readonly isEnabled: boolean }
  /** `nextWakeup()` has come. Too early does no harm. */
  | { readonly type: 'wakeup' };

export type EngineOutput =
  /** Hand these bytes to the transport now: the pacer has already decided. */
  | { readonly type: 'send'; readonly peer: PeerId; readonly channel: LinkChannel; readonly bytes: Uint8Array }
  | { readonly type: 'connect'; readonly peer: PeerId; readonly offers: boolean }
  | { readonly type: 'disconnect'; readonly peer: PeerId; readonly reason: string }
  /** Check this packet's signature and answer with `verified`. */
  | { readonly type: 'verify'; readonly ticket: number; readonly packet: Packet }
  /** A verified packet, each sequence once, in any order: for the player's window or the log. */
  | { readonly type: 'deliver'; readonly packet: Packet; readonly from: 'peer' | 'server' }
  /** GET these packets one by one or as ranges; each is answered by `packet-from-server` or `fetch-failed`. */
  | {
      readonly type: 'fetch';
      readonly reason: FetchReason;
      readonly epoch: Epoch;
      readonly sequences: readonly Sequence[];
    }
  /** Keep one endless server response open for exactly these sub-streams, from this packet on; none: close it. */
  | { readonly type: 'server-stream'; readonly substreams: readonly number[]; readonly from: Sequence }
  | { readonly type: 'ask-tracker'; readonly substreams: readonly number[] }
  | { readonly type: 'report'; readonly report: PeerReport }
  /** A peer proved faulty: it is disconnected, and neither called nor answered until `untilMs`. */
  | { readonly type: 'banned'; readonly peer: PeerId; readonly reason: string; readonly untilMs: Millis }
  /** The swarm plays another epoch than we do: the driver reads the channel description again. */
  | { readonly type: 'epoch-unknown'; readonly epoch: Epoch };

/** Plain counters for `player.stats`, metrics, charts and the simulator. Totals since the engine was made. */
export type EngineSnapshot = {
  readonly epoch: Epoch | undefined;
  readonly newestSequence: Sequence | undefined;
  readonly links: number;
  readonly parents: readonly (PeerId | undefined)[];
  readonly children: number;
  readonly slots: number;
  readonly serverSubstreams: readonly number[];
  readonly bytesFromPeers: number;
  readonly bytesFromServer: number;
  readonly bytesToPeers: number;
  readonly controlBytesSent: number;
  readonly packetsFromPeers: number;
  readonly packetsFromServer: number;
  readonly packetsRejected: number;
  readonly packetsDuplicate: number;
  readonly rescues: number;
  readonly uplinkBytesPerSecond: number;
};
