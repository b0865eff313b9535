import { Random } from '../basics/random.ts';
import type { Millis, Sequence } from '../basics/units.ts';
import type { PeerRole } from '../wire/tracker-messages.ts';
import { decodeWireMessage, encodeWireMessage } from '../wire/wire-message.ts';
import { Availability } from './availability.ts';
import { Bans } from './bans.ts';
import { Children } from './children.ts';
import { Commitments } from './commitments.ts';
import { DEFAULT_ENGINE_CONFIG, type EngineConfig } from './engine-config.ts';
import type { EngineContext, WireCodec } from './engine-context.ts';
import { EpochWatch } from './epoch-watch.ts';
import { FeedReport } from './feed-report.ts';
import { Intake } from './intake.ts';
import { Introductions } from './introductions.ts';
import type { Link } from './link.ts';
import { Links } from './links.ts';
import { Messages } from './messages.ts';
import { OwnLine } from './own-line.ts';
import { Pacer } from './pacer.ts';
import { PacketRing } from './packet-ring.ts';
import { Parents } from './parents.ts';
import { Recovery } from './recovery.ts';
import { Repair } from './repair.ts';
import { Reports } from './reports.ts';
import { Rescue } from './rescue.ts';
import { ServerStream } from './server-stream.ts';
import { Sessions } from './sessions.ts';
import { StartUp } from './start-up.ts';
import { Statistics } from './statistics.ts';
import { StreamClock } from './stream-clock.ts';
import { makeSubstream } from './substream.ts';
import { Timers } from './timers.ts';
import { Uplink } from './uplink.ts';
import { Verification } from './verification.ts';
import { WantedPackets } from './wanted.ts';

export type EngineOptions = {
  readonly role: PeerRole;
  /** 32 bits of chance, different for each peer: from the driver's own random source, or the simulator's. */
  readonly seed: number;
  /** What differs from `DEFAULT_ENGINE_CONFIG`. What comes from outside goes through `parseEngineConfig` first. */
  readonly config?: Partial<EngineConfig>;
  /** Where many engines share a process, what goes to many of them is written and read once. */
  readonly codec?: WireCodec;
};

/** One concern each, put together in one place. Who is made first knows nothing of who comes after. */
export type EngineParts = {
  readonly context: EngineContext;
  readonly bans: Bans;
  readonly line: OwnLine;
  readonly pacer: Pacer;
  readonly uplink: Uplink;
  readonly verification: Verification;
  readonly wanted: WantedPackets;
  readonly serverStream: ServerStream;
  readonly introductions: Introductions;
  readonly parents: Parents;
  readonly children: Children;
  readonly commitments: Commitments;
  readonly availability: Availability;
  readonly repair: Repair;
  readonly rescue: Rescue;
  readonly recovery: Recovery;
  readonly startUp: StartUp;
  readonly sessions: Sessions;
  readonly epochs: EpochWatch;
  readonly intake: Intake;
  readonly messages: Messages;
  readonly reports: Reports;
};

export function makeEngineParts(options: EngineOptions): EngineParts {
  const context = makeContext(options);
  const bans = new Bans(context.config);
  const line = new OwnLine(context);
  const pacer = new Pacer(context, line);
  const uplink = new Uplink(context, pacer, line);
  const verification = new Verification(context);
  const wanted = new WantedPackets(context, verification);
  const serverStream = new ServerStream(context, wanted);
  const feedReport = new FeedReport(context, serverStream);
  const introductions = new Introductions(context, line, bans);
  const parents = new Parents(context, line, uplink, wanted, serverStream, introductions);
  const children = new Children(context, line, pacer, uplink, parents, feedReport);
  const availability = new Availability(context, feedReport, children, uplink);
  const repair = new Repair(context, wanted, serverStream, pacer);
  const rescue = new Rescue(context, line, wanted, serverStream, verification);
  const recovery = new Recovery(context, wanted, verification, repair, rescue);
  const startUp = new StartUp(context, wanted, serverStream, rescue);
  const epochs = new EpochWatch(context);
  const sessions = new Sessions(context, line, bans, uplink, (link: Link) => {
    uplink.forget(link);
    pacer.forget(link);
    wanted.forgetLink(link);
    children.linkClosed(link);
    parents.linkClosed(link);
  });
  const receivers = { context, wanted, parents, children, repair, sessions, epochs };
  const intake = new Intake({ ...receivers, verification, serverStream, rescue, recovery, startUp });
  return {
    context,
    bans,
    line,
    pacer,
    uplink,
    verification,
    wanted,
    serverStream,
    introductions,
    parents,
    children,
    commitments: new Commitments(context, uplink),
    availability,
    repair,
    rescue,
    recovery,
    startUp,
    sessions,
    epochs,
    intake,
    messages: new Messages({
      ...receivers,
      introductions,
      availability,
      intake,
    }),
    reports: new Reports(context, feedReport, children, uplink, bans),
  };
}

function makeContext({ role, seed, config: given = {}, codec }: EngineOptions): EngineContext {
  const config = { ...DEFAULT_ENGINE_CONFIG, ...given };
  const random = new Random(seed);
  const ring = new PacketRing(config.ringPackets);
  const start = 0 as Millis;
  return {
    role,
    config,
    node: random.nextUint32(),
    random,
    timers: new Timers(),
    statistics: new Statistics(),
    links: new Links(),
    ring,
    codec: codec ?? { decode: decodeWireMessage, encode: encodeWireMessage },
    clock: new StreamClock(ring),
    substreams: Array.from({ length: config.substreams }, (_, index) => makeSubstream(index, start)),
    outputs: [],
    nowMs: start,
    epoch: undefined,
    startSequence: 0 as Sequence,
    joinedSequence: -1,
    startedMs: start,
    playSequence: 0 as Sequence,
    targetLatencyMs: config.targetLatencyMs,
    swarm: { isShort: false, viewers: 0 },
    copies: 1,
    isSwarmEnabled: true,
    isTrackerConnected: false,
    queueMs: 0,
    arePathsStale: false,
    endSequence: undefined,
  };
}
