import { SwarmtubeError } from '../basics/errors.ts';
import { SUBSTREAMS_MAX } from '../wire/limits.ts';

/** Every number the swarm engine decides by. docs/ALGORITHM.md 2 repeats them, and a test compares. */
export type EngineConfig = {
  /** Sub-streams the stream is split into (sequence modulo this). The same in the whole swarm; fewer for very slow streams. */
  readonly substreams: number;
  /** Copies a seeder pushes of each packet; 0: by audience (1 for a handful, up to 4; copies.ts). More: less lag, more cost. */
  readonly copies: number;
  /** Capture to screen until playback says otherwise, ms. More: fewer rescues, more delay. */
  readonly targetLatencyMs: number;
  /** Share of the measured uplink that is promised to children. More: more supply, less room for what goes wrong. */
  readonly uplinkShare: number;
  /** Uplink believed before anything was measured, bytes/s. More: strong peers are found sooner, weak ones shed more. */
  readonly initialUplinkBytesPerSecond: number;
  /** Least uplink that is ever believed, bytes/s: below it measuring would starve itself. */
  readonly uplinkBytesPerSecondMin: number;
  /** A line that carries less is full with what receiving from peers takes: it rests, bytes/s. */
  readonly thinUplinkBytesPerSecond: number;
  /** All round trips take so much longer than they did: our line is full, ms. */
  readonly fullQueueMs: number;
  /** A line that cannot bear the swarm keeps out of it for so long, ms; doubled each time up to the maximum. */
  readonly restMs: number;
  readonly restMsMax: number;
  /** Upload allowed until `upload-limit` says otherwise, bytes/s. */
  readonly uploadLimitBytesPerSecond: number;
  /** Children times sub-streams at most, whatever the uplink: bounds the work per packet. */
  readonly slotsMax: number;
  /** Links a viewer holds at most; 2 more are tolerated while one is being replaced. */
  readonly linksMax: number;
  /** Below so many links the tracker is asked for more even when everything is fed. */
  readonly linksLow: number;
  /** Connections being made at a time. */
  readonly connectingMax: number;
  /** A connection not open by then is given up, ms. */
  readonly connectTimeoutMs: number;
  /** A peer that could not be connected to is not tried again for so long, ms; doubled each time up to the maximum. */
  readonly connectBackoffMs: number;
  readonly connectBackoffMsMax: number;
  /** Children a peer means to have in each sub-stream it is committed to. */
  readonly fan: number;
  /** Audience up to which a seeder lets one peer be head of any number of sub-streams. */
  readonly smallAudience: number;
  /** Sub-streams one peer may be head of at a seeder in a larger audience. */
  readonly headsPerPeerMax: number;
  /** Between two have-maps, ms, each ±10 %; half of it while the swarm is short of upload. Less: fresher maps, more control traffic. */
  readonly haveIntervalMs: number;
  /** A have-map sent early, because something changed, comes no sooner than this after the one before, ms. */
  readonly haveIntervalMsMin: number;
  /** A packet is overdue this long after it would come at the usual lag, ms; twice the lag's deviation is added, up to `overdueDeviationMsMax`. */
  readonly overdueMs: number;
  readonly overdueDeviationMsMax: number;
  /** Added to twice the one-way delay while a SUBSCRIBE or REQUEST is unanswered, ms. */
  readonly subscribeTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** A peer that refused is not asked again in that sub-stream for so long, ms. */
  readonly refusalBackoffMs: readonly [low: number, high: number];
  /** A parent that failed is not asked again for so long, ms. */
  readonly failedParentBackoffMs: readonly [low: number, high: number];
  /** One that accepted and never pushed, twice, is avoided for so long, ms; doubled each time. */
  readonly blackHoleBackoffMs: number;
  /** How long an evicted child is still fed, ms. */
  readonly graceMs: number;
  /** A parent this much overdue is left even if no other is found, ms. */
  readonly deadParentMs: number;
  /** A link silent for so long is dead, ms: three have-maps. */
  readonly linkSilenceMs: number;
  /** Between two questions to the tracker, ms; more each time the answer did not help. */
  readonly askIntervalMs: number;
  readonly askIntervalMsMax: number;
  /** Between two attempts to find a better parent, ms: for a peer with children, and for one without. */
  readonly upgradeIntervalInteriorMs: readonly [low: number, high: number];
  readonly upgradeIntervalLeafMs: readonly [low: number, high: number];
  /** A better parent must be better by this, ms: for a peer with children, without, and for one that lags by over half the deadline. */
  readonly upgradeGainInteriorMs: number;
  readonly upgradeGainLeafMs: number;
  readonly upgradeGainLateMs: number;
  /** Added to the score of a peer without a free slot, and taken from a seeder's. */
  readonly displacingPenaltyMs: number;
  readonly seederBonusMs: number;
  /** Chance added to each score, so that not everybody runs to the same parent, ms. */
  readonly scoreJitterMs: number;
  /** Hole at the front: waited for this much longer before it is asked for, since a new parent usually brings it, ms. */
  readonly frontRepairDelayMs: number;
  /** No repair so soon after the start, ms. */
  readonly firstRepairMs: number;
  /** Requests outstanding on one link. */
  readonly requestsPerLinkMax: number;
  /** Packets fetched for the first picture; more only where the keyframe goes on. */
  readonly startPackets: number;
  /** With more than this behind live, the server stream brings the start: parents push no more backlog than that. */
  readonly startBacklogMax: number;
  /** Rescue comes so long before the deadline, ms, drawn once a packet: at a deadline of 2.5 s or more, and at 2 s; scaled in between and below. */
  readonly rescueMarginMs: readonly [low: number, high: number];
  readonly rescueMarginShortMs: readonly [low: number, high: number];
  /** The same for what existed when we joined, whatever the deadline: parents are being found meanwhile, and may bring it yet; ms. */
  readonly startMarginMs: readonly [low: number, high: number];
  /** Packets that are due for rescue this much later are fetched along, ms: one request instead of several. */
  readonly rescueBatchMs: number;
  /** Packets in one fetch. */
  readonly rescueBatchMax: number;
  /** A fetch not answered by then has failed, ms. */
  readonly fetchTimeoutMs: number;
  /** Failed fetches of one packet until it is given up. */
  readonly fetchAttemptsMax: number;
  /** A sub-stream nobody feeds for so long is leased from the server, ms: the player's `patience`. */
  readonly patienceMs: number;
  /** Rescues in a row in one sub-stream, with nobody feeding it, that make it leased. */
  readonly rescuesBeforeLease: number;
  /** While the swarm is short of upload: leased after so long without a parent, ms. */
  readonly shortLeaseMs: number;
  /**
   * So many sub-streams are pulled packet by packet while upload is short, out of what lines have beside their whole slots, before the
   * server streams the others. More: less from the server, and more asked of what is left.
   */
  readonly pulledSubstreamsMax: number;
  /** A leased sub-stream looks for a parent this often, ms. */
  readonly leaseSearchMs: readonly [low: number, high: number];
  /** A sub-stream leased for so long may feed others: sooner, everyone would run to whoever has just come. */
  readonly leaseFeedsAfterMs: number;
  /** The server stream is narrowed no more often than this, ms: each time is a new request. */
  readonly serverStreamNarrowMs: number;
  /** A server stream that brings nothing for so long while the swarm moves on is opened again, ms; doubled up to the maximum. */
  readonly serverStreamStallMs: number;
  readonly serverStreamBackoffMsMax: number;
  /** Packets kept for neighbours, and the width of the window of acceptable sequences. Bounds the memory of the engine. */
  readonly ringPackets: number;
  /** Packets ahead of the newest verified one that are accepted at once; time that passes adds to it. */
  readonly windowAheadPackets: number;
  /** Signatures being checked at a time, for one link and in all. Over it packets are dropped. */
  readonly verifyingPerLinkMax: number;
  readonly verifyingMax: number;
  /** Bytes that may wait in the transport of one link: more would delay control messages (SCTP shares one window). */
  readonly linkBufferBytesMax: number;
  /** What may leave at once when the line was idle, ms of the uplink and at least bytes. */
  readonly burstMs: number;
  readonly burstBytesMin: number;
  /** A push is dropped, and a repair refused, when so much waits to be sent, ms. */
  readonly pushBacklogMsMax: number;
  readonly repairBacklogMsMax: number;
  /** A slot is withdrawn when so much waits, ms, in `shedTicks` looks in a row, `shedTickMs` apart, and then no more often than
   *  `shedIntervalMs`. While the swarm is short of upload a queue costs less than a slot. */
  readonly shedBacklogMs: number;
  readonly shedBacklogShortMs: number;
  readonly shedTicks: number;
  readonly shedTickMs: number;
  readonly shedIntervalMs: number;
  /** A withdrawn slot comes back after so long, ms, the next ones after so long each, while less than `slotRecoveryBacklogMs` waits. */
  readonly slotRecoveryFirstMs: number;
  readonly slotRecoveryNextMs: number;
  /** The same while the swarm is short of upload. */
  readonly slotRecoveryFirstShortMs: number;
  readonly slotRecoveryNextShortMs: number;
  readonly slotRecoveryBacklogMs: number;
  /** Between two measurements of the uplink, ms. */
  readonly uplinkIntervalMs: number;
  /** Backlog packets sent to a new child at once, and those sent when the line is idle. */
  readonly backlogPushes: number;
  readonly backlogRepairs: number;
  /** Repairs a second that one neighbour is given, and how many at once: it has others to ask, and our upload is for all. */
  readonly repairsPerSecond: number;
  readonly repairsBurst: number;
  /** Control messages a second that one link may send, and how many at once: over it the link is cut. */
  readonly controlMessagesPerSecond: number;
  readonly controlMessagesBurst: number;
  /** Packets nobody asked for that one link may send at once; one a second is forgiven. Over it the link is cut. */
  readonly unsolicitedPacketsMax: number;
  /** A link that was cut for flooding is not opened again for so long, ms. */
  readonly floodBackoffMs: number;
  /** First ban of a peer that proved faulty, ms; doubled each time. */
  readonly banMs: number;
  readonly banMsMax: number;
  /** Between two pings, ms; each link has its turn. Less: a full line is found sooner. */
  readonly pingIntervalMs: number;
  /** The same after a packet to a peer, as long as our line has not shown what it bears, ms. */
  readonly trialPingMs: number;
  /** Between two reports to the tracker, ms: when something changed, and otherwise. */
  readonly reportIntervalMs: number;
  readonly reportIntervalMsMax: number;
};

export const DEFAULT_ENGINE_CONFIG: EngineConfig = {
  substreams: 8,
  copies: 0,
  targetLatencyMs: 2500,
  uplinkShare: 0.9,
  initialUplinkBytesPerSecond: 375_000,
  uplinkBytesPerSecondMin: 4000,
  thinUplinkBytesPerSecond: 12_500,
  fullQueueMs: 300,
  restMs: 30_000,
  restMsMax: 960_000,
  uploadLimitBytesPerSecond: 125_000_000,
  slotsMax: 120,
  linksMax: 32,
  linksLow: 6,
  connectingMax: 12,
  connectTimeoutMs: 15_000,
  connectBackoffMs: 4000,
  connectBackoffMsMax: 120_000,
  fan: 5,
  smallAudience: 40,
  headsPerPeerMax: 2,
  haveIntervalMs: 1000,
  haveIntervalMsMin: 150,
  overdueMs: 200,
  overdueDeviationMsMax: 200,
  subscribeTimeoutMs: 300,
  requestTimeoutMs: 250,
  refusalBackoffMs: [800, 1600],
  failedParentBackoffMs: [2000, 3000],
  blackHoleBackoffMs: 60_000,
  graceMs: 1000,
  deadParentMs: 1500,
  linkSilenceMs: 3000,
  askIntervalMs: 1500,
  askIntervalMsMax: 15_000,
  upgradeIntervalInteriorMs: [600, 1800],
  upgradeIntervalLeafMs: [2000, 5000],
  upgradeGainInteriorMs: 150,
  upgradeGainLeafMs: 300,
  upgradeGainLateMs: 40,
  displacingPenaltyMs: 30,
  seederBonusMs: 100,
  scoreJitterMs: 40,
  frontRepairDelayMs: 200,
  firstRepairMs: 600,
  requestsPerLinkMax: 6,
  startPackets: 4,
  startBacklogMax: 64,
  rescueMarginMs: [400, 650],
  rescueMarginShortMs: [400, 550],
  startMarginMs: [300, 400],
  rescueBatchMs: 60,
  rescueBatchMax: 32,
  fetchTimeoutMs: 4000,
  fetchAttemptsMax: 3,
  patienceMs: 3000,
  rescuesBeforeLease: 2,
  shortLeaseMs: 500,
  pulledSubstreamsMax: 3,
  leaseSearchMs: [1500, 3500],
  leaseFeedsAfterMs: 3000,
  serverStreamNarrowMs: 500,
  serverStreamStallMs: 1500,
  serverStreamBackoffMsMax: 10_000,
  ringPackets: 512,
  windowAheadPackets: 256,
  verifyingPerLinkMax: 64,
  verifyingMax: 512,
  linkBufferBytesMax: 64 * 1024,
  burstMs: 60,
  burstBytesMin: 32 * 1024,
  pushBacklogMsMax: 500,
  repairBacklogMsMax: 300,
  shedBacklogMs: 300,
  shedBacklogShortMs: 400,
  shedTicks: 4,
  shedTickMs: 50,
  shedIntervalMs: 300,
  slotRecoveryFirstMs: 3000,
  slotRecoveryNextMs: 1000,
  slotRecoveryFirstShortMs: 1000,
  slotRecoveryNextShortMs: 500,
  slotRecoveryBacklogMs: 60,
  uplinkIntervalMs: 500,
  backlogPushes: 2,
  backlogRepairs: 6,
  repairsPerSecond: 12,
  repairsBurst: 24,
  controlMessagesPerSecond: 120,
  controlMessagesBurst: 480,
  unsolicitedPacketsMax: 32,
  floodBackoffMs: 60_000,
  banMs: 60_000,
  banMsMax: 3_600_000,
  pingIntervalMs: 250,
  trialPingMs: 100,
  reportIntervalMs: 2000,
  reportIntervalMsMax: 10_000,
};

/** What does not follow from "a number from 0 on". */
const LEAST: Readonly<Record<string, number>> = {
  substreams: 1,
  targetLatencyMs: 200,
  uplinkBytesPerSecondMin: 1000,
  haveIntervalMs: 50,
  ringPackets: 128,
  verifyingMax: 1,
  verifyingPerLinkMax: 1,
  linkBufferBytesMax: 16 * 1024,
  shedTickMs: 10,
  uplinkIntervalMs: 50,
  pingIntervalMs: 50,
  trialPingMs: 20,
  restMs: 1000,
  reportIntervalMs: 100,
  rescueBatchMax: 1,
};

/** Completes what is given from the defaults. A key that does not exist, or a value that makes no sense, is refused by name. */
export function parseEngineConfig(given: Readonly<Record<string, unknown>>): EngineConfig {
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULT_ENGINE_CONFIG, key)) throw refusal(`there is no engine setting "${key}"`);
    const usual = DEFAULT_ENGINE_CONFIG[key as keyof EngineConfig];
    if (typeof usual === 'number') checkNumber(key, value);
    else checkRange(key, value);
  }
  const config = { ...DEFAULT_ENGINE_CONFIG, ...given } as EngineConfig;
  if (!Number.isInteger(config.substreams) || config.substreams > SUBSTREAMS_MAX) {
    throw refusal(`substreams is a whole number up to ${SUBSTREAMS_MAX}, not ${config.substreams}`);
  }
  if (config.uplinkShare > 1) throw refusal(`uplinkShare is a share up to 1, not ${config.uplinkShare}`);
  return config;
}

function checkNumber(key: string, value: unknown): void {
  const least = LEAST[key] ?? 0;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least) {
    throw refusal(`${key} is a number from ${least} on, not ${String(value)}`);
  }
}

function checkRange(key: string, value: unknown): void {
  const isRange =
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((edge) => typeof edge === 'number' && Number.isFinite(edge) && edge >= 0) &&
    value[0] <= value[1];
  if (!isRange) throw refusal(`${key} is a range [low, high], not ${JSON.stringify(value)}`);
}

function refusal(sentence: string): SwarmtubeError {
  return new SwarmtubeError('engine-config', `Engine configuration: ${sentence}.`);
}
