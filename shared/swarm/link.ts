import type { Millis, PeerId } from '../basics/units.ts';
import type { Have } from '../wire/have.ts';
import type { PeerRole } from '../wire/tracker-messages.ts';
import type { EngineConfig } from './engine-config.ts';
import type { HaveMap } from './have-map.ts';
import { TokenBucket } from './token-bucket.ts';

/** Believed of a link until it was measured. */
const INITIAL_RTT_MS = 100;

/** What waits for an answer waits no longer for a line that is full. */
const RTT_MS_MAX = 1500;
/** No least round trip is taken to be longer: a line that is full from the start has none to show. */
const UNHURRIED_RTT_MS = 600;
/** Ways through the network become longer now and then: the least of a link grows by so much with each ping. */
const LEAST_DRIFT_MS = 2;
/** A round trip says something of the line for so long. */
const FRESH_MS = 1000;
/** An answer that is no later yet says nothing. */
const OVERDUE_MS_MIN = 100;

/** Requests remembered per link, so that a late answer is still known to have been asked for. */
const REQUESTED_MAX = 64;

/** A have-map and a little more: for so long nothing need be heard of a living peer. */
const SILENT_MS = 1300;
/** The driver reports a buffer after each send, and when it falls under this. */
const LOW_WATER_BYTES = 16 * 1024;
const REPORT_AGE_MS = 500;

/** What this peer knows of one neighbour: measurements first, its claims beside them. Dropped with the link. */
export class Link {
  readonly peer: PeerId;
  readonly role: PeerRole;
  readonly openedMs: Millis;
  /** Its node number in paths; undefined until its HELLO has come. Nothing but HELLO is read before. */
  node: number | undefined;
  rttMs: number;
  private leastRttMs: number;
  private lastRttMs = 0;
  private answeredMs = Number.NEGATIVE_INFINITY;
  lastHeardMs: Millis;
  /** Its last HAVE of our epoch. */
  have: Have | undefined;
  map: HaveMap | undefined;
  haveReceivedMs = Number.NEGATIVE_INFINITY;
  /** Free slots and open sub-streams as far as known: from HAVE, less what was asked for since, plus hints. */
  slotsFree = 0;
  openSubstreams = 0;
  /** Per sub-stream: not asked to be a parent before. */
  readonly refusedUntilMs: Float64Array;
  /** Per sub-stream: pushes are welcome until then although it is no parent (grace after eviction, packets under way). */
  readonly welcomeUntilMs: Float64Array;
  /** Per sub-stream: when it was sent what it had missed. */
  readonly backlogSentMs: Float64Array;
  /** Repairs it may still ask of us. */
  readonly repairs: TokenBucket;
  /** Accepted, and then never pushed; in a row. */
  blackHoles = 0;
  avoidedUntilMs = Number.NEGATIVE_INFINITY;
  /** Requests without an answer yet. */
  requestsOutstanding = 0;
  /** Packets asked of it, answered or not, oldest first. */
  readonly requested = new Set<number>();
  promisesKept = 0;
  promisesBroken = 0;
  distrustedUntilMs = Number.NEGATIVE_INFINITY;
  verifying = 0;
  /** Bytes handed to the transport and not yet on the line, as the driver last said, plus what was sent since. */
  bufferedBytes = 0;
  bytesSent = 0;
  packetsSent = 0;
  private standing = 0;
  private sentSinceReport = 0;
  private reportedMs = Number.NEGATIVE_INFINITY;
  /** At the last measurement of the uplink. */
  packetsSentBefore = 0;
  private leastStanding = 0;
  pingToken: number | undefined;
  pingSentMs = Number.NEGATIVE_INFINITY;
  readonly controlMessages: TokenBucket;
  readonly unsolicited: TokenBucket;

  constructor(peer: PeerId, role: PeerRole, rttMs: number, nowMs: Millis, config: EngineConfig) {
    this.peer = peer;
    this.role = role;
    this.openedMs = nowMs;
    this.lastHeardMs = nowMs;
    this.rttMs = rttMs > 0 ? rttMs : INITIAL_RTT_MS;
    this.leastRttMs = Math.min(UNHURRIED_RTT_MS, this.rttMs);
    this.refusedUntilMs = new Float64Array(config.substreams).fill(Number.NEGATIVE_INFINITY);
    this.welcomeUntilMs = new Float64Array(config.substreams).fill(Number.NEGATIVE_INFINITY);
    this.backlogSentMs = new Float64Array(config.substreams).fill(Number.NEGATIVE_INFINITY);
    this.repairs = new TokenBucket(config.repairsBurst, nowMs);
    this.controlMessages = new TokenBucket(config.controlMessagesBurst, nowMs);
    this.unsolicited = new TokenBucket(config.unsolicitedPacketsMax, nowMs);
  }

  /** Distance: one way, ms. */
  get oneWayMs(): number {
    return this.rttMs / 2;
  }

  noteSent(bytes: number): void {
    this.bytesSent += bytes;
    this.sentSinceReport += bytes;
    this.bufferedBytes += bytes;
  }

  /** Control messages are few and small: drivers report no transport for their sake alone. */
  noteControlSent(bytes: number): void {
    this.sentSinceReport += bytes;
  }

  noteBuffer(bufferedBytes: number, nowMs: Millis): void {
    this.bufferedBytes = bufferedBytes;
    this.standing = Math.max(0, bufferedBytes - this.sentSinceReport);
    this.sentSinceReport = 0;
    this.reportedMs = nowMs;
    this.leastStanding = Math.min(this.leastStanding, this.standing);
  }

  /** The least that stood at any time since this was asked: a burst drains in between, a full line does not. */
  takeLeastStanding(nowMs: Millis): number {
    const least = Math.min(this.leastStanding, this.standingBytes(nowMs));
    this.leastStanding = this.standingBytes(nowMs);
    return least;
  }

  /**
   * What the line had not taken of earlier messages when the driver last told: a standing queue, not the packet just sent. The
   * driver tells no more once the rest is under its low-water mark, so a small rest is soon forgotten.
   */
  standingBytes(nowMs: Millis): number {
    // Whoever has fallen silent takes nothing any more: that says nothing of our line.
    if (nowMs - this.lastHeardMs > SILENT_MS) return 0;
    const isOld = nowMs - this.reportedMs > REPORT_AGE_MS;
    return isOld && this.standing <= LOW_WATER_BYTES ? 0 : this.standing;
  }

  /** It accepts children and never forwards: avoided for long, though not banned, since a poor line looks the same. */
  noteBlackHole(nowMs: Millis, backoffMs: number): void {
    this.blackHoles++;
    if (this.blackHoles > 1) this.avoidedUntilMs = nowMs + backoffMs * 2 ** Math.min(6, this.blackHoles - 2);
  }

  observeRtt(rttMs: number, nowMs: Millis): void {
    this.answeredMs = nowMs;
    this.rttMs = Math.round(this.rttMs + (Math.min(RTT_MS_MAX, rttMs) - this.rttMs) / 2);
    this.lastRttMs = rttMs;
    this.leastRttMs = Math.min(rttMs, this.leastRttMs + LEAST_DRIFT_MS);
  }

  /** By how much its last answer took longer than the best. */
  get lastSwellMs(): number {
    return this.lastRttMs - this.leastRttMs;
  }

  /** By how much its ping takes longer than the best did; undefined: that is not known just now. */
  swellMs(nowMs: Millis): number | undefined {
    const lastMs = nowMs - this.answeredMs > FRESH_MS ? undefined : this.lastSwellMs;
    if (this.pingToken === undefined) return lastMs;
    // Its messages come, its answer does not.
    const overdueMs = nowMs - this.pingSentMs - this.leastRttMs;
    const isOwed = overdueMs > OVERDUE_MS_MIN && nowMs - this.lastHeardMs < SILENT_MS;
    return isOwed ? Math.max(overdueMs, lastMs ?? 0) : lastMs;
  }

  noteHave(have: Have, map: HaveMap, nowMs: Millis): void {
    this.have = have;
    this.map = map;
    this.haveReceivedMs = nowMs;
    this.slotsFree = have.slotsFree;
    this.openSubstreams = have.openSubstreams;
  }

  isOpen(substream: number): boolean {
    return (this.openSubstreams & (1 << substream)) !== 0;
  }

  /** A SUBSCRIBE was sent: until the next HAVE one slot less is taken to be free, so that not all sub-streams ask at once. */
  noteAsked(substream: number): void {
    this.slotsFree = Math.max(0, this.slotsFree - 1);
    if (this.role === 'seeder') this.openSubstreams &= ~(1 << substream);
    else if (this.slotsFree === 0) this.openSubstreams = 0;
  }

  noteHint(substream: number): void {
    this.slotsFree = Math.max(1, this.slotsFree);
    this.openSubstreams |= 1 << substream;
  }

  noteRequested(sequence: number): void {
    this.requested.delete(sequence);
    this.requested.add(sequence);
    if (this.requested.size > REQUESTED_MAX) {
      for (const oldest of this.requested) {
        this.requested.delete(oldest);
        break;
      }
    }
  }

  /** A new epoch: what was known of the old one's packets says nothing. */
  forgetEpoch(): void {
    this.have = undefined;
    this.map = undefined;
    this.slotsFree = 0;
    this.openSubstreams = 0;
    this.requestsOutstanding = 0;
    this.requested.clear();
    this.refusedUntilMs.fill(Number.NEGATIVE_INFINITY);
    this.welcomeUntilMs.fill(Number.NEGATIVE_INFINITY);
    this.backlogSentMs.fill(Number.NEGATIVE_INFINITY);
  }
}
