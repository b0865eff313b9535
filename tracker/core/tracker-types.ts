import type { ChannelName, PeerId } from '../../shared/basics/units.ts';
import type {
  AskRequest,
  IceServer,
  Introduction,
  JoinReply,
  JoinRequest,
  PeerReport,
  SignalEnvelope,
  SwarmState,
  TrackerRefusal,
} from '../../shared/wire/tracker-messages.ts';
import type { NetworkAddress } from './network-address.ts';
import type { Rate } from './rate-limit.ts';

/*
 * What goes into the tracker and what comes out. A peer is one socket and one membership: its id is made by the shell
 * out of secure randomness when the socket opens, and means nothing after it closed.
 */

export type TrackerInput =
  | { readonly type: 'connected'; readonly peer: PeerId; readonly address: NetworkAddress }
  /** Parsed, and allowed by whoever decides that; answered by `join-reply`. */
  | {
      readonly type: 'join';
      readonly peer: PeerId;
      readonly request: JoinRequest;
      /** Wall clock, for the peer to set its own by. */
      readonly serverTimeMs: number;
      readonly iceServers: readonly IceServer[];
      /** Bit rate of the channel where it is known, kbit/s: turns an uplink into slots. */
      readonly bitrateKbps?: number;
    }
  | { readonly type: 'ask'; readonly peer: PeerId; readonly request: AskRequest }
  | { readonly type: 'signal'; readonly peer: PeerId; readonly envelope: SignalEnvelope }
  | { readonly type: 'report'; readonly peer: PeerId; readonly report: PeerReport }
  /** The peer said goodbye. */
  | { readonly type: 'leave'; readonly peer: PeerId }
  | { readonly type: 'disconnected'; readonly peer: PeerId }
  /** `nextWakeup()` has come. Too early does no harm. */
  | { readonly type: 'wakeup' };

export type TrackerOutput =
  | { readonly type: 'join-reply'; readonly peer: PeerId; readonly channel: ChannelName; readonly reply: JoinReply }
  | { readonly type: 'introduce'; readonly peer: PeerId; readonly introductions: readonly Introduction[] }
  /** The envelope's `peerId` is the sender. */
  | { readonly type: 'signal'; readonly peer: PeerId; readonly envelope: SignalEnvelope }
  /** To all members of the channel. */
  | { readonly type: 'swarm'; readonly channel: ChannelName; readonly state: SwarmState }
  /** `gone` cannot be signalled to: a connection that is not open yet never will be. Says nothing of one that is. */
  | { readonly type: 'gone'; readonly peer: PeerId; readonly gone: PeerId }
  /** Say why, then close the socket. */
  | { readonly type: 'refuse'; readonly peer: PeerId; readonly refusal: TrackerRefusal };

export type TrackerLimits = {
  /** Sub-streams of a swarm: the engine's `substreams`. */
  readonly substreams: number;
  /** Peers a newcomer is introduced to. More opens more links than a browser serves well. */
  readonly introductionsAtJoin: number;
  /** Viewers of one channel; the next one is refused and plays from the server alone. */
  readonly viewersMax: number;
  /** Seeders of one channel: the broadcaster, its reserve, and edges. */
  readonly seedersMax: number;
  /** Links of a seeder beyond which it is introduced to nobody: twice 3 copies of 8 sub-streams, and 8. */
  readonly seederLinksMax: number;
  /** Links a seeder is topped up to, with the strongest: half as many again as 3 copies of 8 sub-streams need. */
  readonly seederLinksWanted: number;
  /** Up to so many viewers everybody meets the seeder, not the strong alone. */
  readonly smallSwarmViewers: number;
  /** Slots that a viewer is thought to have until it reports: one copy of the stream. */
  readonly assumedSlots: number;
  /** Copies of the stream that a seeder is thought to give until it reports. */
  readonly assumedSeederCopies: number;
  /** At least so long between two `ask` of one peer, ms; times four where the swarm is short and there is nothing to give. */
  readonly askIntervalMs: number;
  /** Peers that one peer may ask to meet: what an address harvester gets out of one session. */
  readonly introductionsPerPeer: Rate;
  /** The same for one line: an office behind one address has many viewers. */
  readonly introductionsPerAddress: Rate;
  /** A socket that has not joined is closed after this, ms. */
  readonly joinTimeoutMs: number;
};

const PER_HOUR = 1 / 3600;

export const DEFAULT_TRACKER_LIMITS: TrackerLimits = {
  substreams: 8,
  introductionsAtJoin: 8,
  viewersMax: 50_000,
  seedersMax: 8,
  seederLinksMax: 56,
  seederLinksWanted: 36,
  smallSwarmViewers: 40,
  assumedSlots: 8,
  assumedSeederCopies: 3,
  askIntervalMs: 1500,
  // Sessions of 5 min lose 15 links in 5 min, half of which come back by others' asking: 90 an hour; 4 times that.
  introductionsPerPeer: { burst: 60, perSecond: 360 * PER_HOUR },
  introductionsPerAddress: { burst: 3000, perSecond: 7200 * PER_HOUR },
  joinTimeoutMs: 10_000,
};
