import { errorText } from '../basics/errors.ts';
import type { Millis, PeerId } from '../basics/units.ts';
import { DEFAULT_ENGINE_CONFIG } from '../swarm/engine-config.ts';
import type { EngineInput, EngineOutput } from '../swarm/engine-types.ts';
import { CONTROL_BYTES_MAX, DATA_BYTES_MAX } from '../wire/limits.ts';
import { decodeWireMessage, type WireMessage } from '../wire/wire-message.ts';
import { WIRE_TYPE } from '../wire/wire-types.ts';
import { type Broadcast, sequenceOf } from './broadcast.ts';
import { Healing, type Recovery, type Totals } from './healing.ts';
import { LinkPromises } from './link-promises.ts';
import type { Network } from './network.ts';
import type { OriginServer } from './origin-server.ts';
import { PeerTable } from './peer-table.ts';
import { isInStep, PlaybackPromises, RESCUE_AFTER_MS } from './playback-promises.ts';
import { SCENARIOS, type SimulationOptions } from './scenarios.ts';
import type { SimulatedPeer } from './simulated-peer.ts';
import { stateSize } from './state-size.ts';

/** One broken promise. */
export type Failure = { readonly atMs: number; readonly peer: number; readonly rule: string; readonly text: string };

/** More failures say nothing more: of one rule, and in all. */
const FAILURES_OF_RULE_MAX = 6;
const FAILURES_MAX = 50;
/** What one input may bring about: a batch of maps to all links and pushes to all children, and much to spare. */
const OUTPUTS_MAX = 2000;
/** Inputs of one peer within one millisecond: a full answer of the server, handled packet by packet. */
const INPUTS_A_MOMENT_MAX = 3000;
const WAKEUPS_A_MOMENT_MAX = 20;
/** Links a viewer may hold where no setting says otherwise, what the engine allows itself more; and a seeder for 10,000. */
const VIEWER_LINKS_MAX = 32;
const LINKS_TOLERANCE = 4;
const SEEDER_LINKS_MAX = 110;
/** Connections being made at a time: those that are called, and those that call. */
const CONNECTING_MAX = 40;
/** What an engine may hold besides what it holds for each neighbour: a ring of 512 packets and tables as long as that. */
const STATE_ENTRIES_MAX = 4000;
const STATE_ENTRIES_A_LINK_MAX = 250;
/** The longest is the pacer's queue. */
const TABLE_MAX = 2048;
const STATE_LOOK_SECONDS = 6;
/** Of a large audience so many are weighed a second: all are of one make. */
const WEIGHED_A_SECOND = 25;
/** Upload is looked at over this, and may be over its limit by a burst. */
const UPLOAD_WINDOW_MS = 10_000;
const UPLOAD_TOLERANCE = 1.12;
const UPLOAD_BURST_BYTES = 256 * 1024;
/** And one more a second: what was only presumed is forgotten when it cannot be had, and may be presumed again. */
const FETCHES_OF_ONE_MAX = 4;
const FETCH_AGAIN_MS = 1000;
/** Pushed so long after its deadline a packet helps nobody: the line was somebody's. */
const STALE_MS = 1500;
/** Nobody may be banned for what its first ban did not cover. */
const BAN_MS_MIN = 1000;
/** The transport of a banned peer is closed at once, and so are all where the viewer leaves the swarm. */
const FAREWELL_MS = 1000;
/** The tracker is asked, and told, no more often. */
const TRACKER_MS_MIN = 1000;

const { substreams: SUBSTREAMS } = DEFAULT_ENGINE_CONFIG;

type Account = {
  readonly promises: LinkPromises;
  /** Undefined at a seeder. */
  readonly playback: PlaybackPromises | undefined;
  readonly bans: Map<PeerId, { readonly sinceMs: number; readonly untilMs: number }>;
  readonly fetches: Map<number, { times: number; readonly firstMs: number }>;
  /** By sub-stream: since when it asks the server for a stream of it. */
  readonly streamedSinceMs: Float64Array;
  momentMs: number;
  inputs: number;
  wakeups: number;
  windowMs: number;
  windowBytes: number;
  /** It came, or began with this epoch. */
  sinceMs: number;
  askedMs: number;
  reportedMs: number;
};

/**
 * What must hold whatever happens, looked at with every input and output of every honest peer. Each rule reads
 * nothing but what passes by, so that looking changes nothing and costs little.
 */
export class Invariants {
  readonly failures: Failure[] = [];
  private readonly broadcast: Broadcast;
  private readonly network: Network;
  private readonly server: OriginServer;
  private readonly healing: Healing;
  private readonly options: SimulationOptions;
  private readonly accounts = new PeerTable<Account>();
  private readonly failuresOf = new Map<string, number>();

  constructor(broadcast: Broadcast, network: Network, server: OriginServer, options: SimulationOptions) {
    this.options = options;
    this.broadcast = broadcast;
    this.network = network;
    this.server = server;
    this.healing = new Healing(SCENARIOS[options.scenario]);
  }

  /** Faults strike and heal: after the second moment the swarm must recover. */
  willHeal(strikesMs: number, healedMs: number, mayRest: boolean, endMs: number): void {
    this.healing.plan(strikesMs, healedMs, mayRest, endMs);
  }

  get recovery(): Recovery | undefined {
    return this.healing.recovery;
  }

  joined(peer: SimulatedPeer, nowMs: number): void {
    if (!peer.isHonest) return;
    const blame = (rule: string, text: string): void => this.fail(peer, this.network.nowMs, rule, text);
    const { playback } = peer;
    const { latencyMs } = this.options;
    this.accounts.set(peer, {
      promises: new LinkPromises(peer, blame),
      playback: playback && new PlaybackPromises(peer, playback, this.broadcast, latencyMs, blame),
      bans: new Map(),
      fetches: new Map(),
      streamedSinceMs: new Float64Array(SUBSTREAMS).fill(Number.POSITIVE_INFINITY),
      momentMs: -1,
      inputs: 0,
      wakeups: 0,
      windowMs: nowMs,
      windowBytes: 0,
      sinceMs: nowMs,
      askedMs: Number.NEGATIVE_INFINITY,
      reportedMs: Number.NEGATIVE_INFINITY,
    });
  }

  /** It goes on in another epoch. */
  began(peer: SimulatedPeer, nowMs: number): void {
    const account = this.accounts.get(peer);
    if (account === undefined) return;
    account.sinceMs = nowMs;
    account.fetches.clear();
    account.promises.restart();
  }

  gone(peer: SimulatedPeer): void {
    this.accounts.delete(peer);
  }

  /** One input comes. */
  input(peer: SimulatedPeer, input: EngineInput, nowMs: number): void {
    this.accounts.get(peer)?.promises.input(input, nowMs);
  }

  /** One input was handled. */
  handled(peer: SimulatedPeer, outputs: readonly EngineOutput[], nowMs: number): void {
    const account = this.accounts.get(peer);
    if (account === undefined) return;
    beginMoment(account, nowMs);
    if (++account.inputs > INPUTS_A_MOMENT_MAX) this.fail(peer, nowMs, 'livelock', 'inputs without end in one moment');
    if (outputs.length > OUTPUTS_MAX) this.fail(peer, nowMs, 'outputs', `${outputs.length} outputs for one input`);
  }

  woken(peer: SimulatedPeer, nowMs: number): void {
    const account = this.accounts.get(peer);
    if (account === undefined) return;
    beginMoment(account, nowMs);
    if (++account.wakeups > WAKEUPS_A_MOMENT_MAX) {
      this.fail(peer, nowMs, 'livelock', 'it is woken again and again in one moment');
    }
  }

  output(peer: SimulatedPeer, output: EngineOutput, nowMs: number): void {
    const account = this.accounts.get(peer);
    if (account === undefined) return;
    account.promises.output(output, nowMs);
    switch (output.type) {
      case 'send':
        this.send(peer, account, output, nowMs);
        break;
      case 'deliver':
        this.deliver(peer, output, nowMs);
        break;
      case 'fetch':
        if (output.epoch !== peer.epoch) this.fail(peer, nowMs, 'epoch', `a fetch in epoch ${output.epoch}`);
        for (const sequence of output.sequences) this.noteFetch(peer, account, sequence, nowMs);
        break;
      case 'server-stream':
        for (let substream = 0; substream < SUBSTREAMS; substream++) {
          const sinceMs = Math.min(nowMs, account.streamedSinceMs[substream] as number);
          account.streamedSinceMs[substream] = output.substreams.includes(substream)
            ? sinceMs
            : Number.POSITIVE_INFINITY;
        }
        break;
      case 'banned':
        this.banned(peer, account, output.peer, output.untilMs, nowMs);
        break;
      case 'connect':
        if (nowMs > peer.optedOutMs) this.fail(peer, nowMs, 'opted-out', 'it calls a peer');
        if (isBanned(account, output.peer, nowMs))
          this.fail(peer, nowMs, 'banned-is-called', 'it calls a peer that it banned');
        break;
      case 'ask-tracker':
        if (nowMs - account.askedMs < TRACKER_MS_MIN) this.fail(peer, nowMs, 'tracker-storm', 'it asks and asks');
        account.askedMs = nowMs;
        break;
      case 'report':
        if (nowMs - account.reportedMs < TRACKER_MS_MIN) this.fail(peer, nowMs, 'tracker-storm', 'it reports again');
        account.reportedMs = nowMs;
        break;
      default:
    }
  }

  /** Playback was looked at: where a packet is missing, was everything done to have it? */
  played(peer: SimulatedPeer, nowMs: number): void {
    const account = this.accounts.get(peer);
    const sequence = account?.playback?.missing;
    if (account === undefined || sequence === undefined || !this.server.isSound) return;
    if (this.healing.mustPlay(account.sinceMs, nowMs))
      this.fail(peer, nowMs, 'not-healed', `packet ${sequence} is due and absent long after the last fault`);
    const fetchedMs = account.fetches.get(sequence)?.firstMs;
    const streamedMs = account.streamedSinceMs[sequence % SUBSTREAMS] as number;
    account.playback?.lookAtEfforts(sequence, { fetchedMs, streamedMs }, account.sinceMs, nowMs);
  }

  /** Playback gave up packets. */
  skipped(peer: SimulatedPeer, from: number, to: number, nowMs: number): void {
    const account = this.accounts.get(peer);
    if (account !== undefined && this.server.isSound) account.playback?.skipped(from, to, account.sinceMs, nowMs);
  }

  /** Once a second and peer: what may only grow so far, and what must come to an end. */
  sample(peer: SimulatedPeer, nowMs: number): void {
    const account = this.accounts.get(peer);
    if (account === undefined || peer.isFrozen) return;
    const viewersMost = (this.options.engine.linksMax ?? VIEWER_LINKS_MAX) + LINKS_TOLERANCE;
    const most = peer.role === 'seeder' ? SEEDER_LINKS_MAX : viewersMost;
    if (peer.wires.size > most) this.fail(peer, nowMs, 'links', `${peer.wires.size} links`);
    if (peer.attempts.size > CONNECTING_MAX) this.fail(peer, nowMs, 'links', `${peer.attempts.size} being made`);
    account.playback?.lookAtLatency(nowMs);
    if (this.server.isSound && this.healing.mustPlay(account.sinceMs, nowMs)) account.playback?.lookHealed(nowMs);
    if (nowMs - peer.thawedMs > RESCUE_AFTER_MS) account.promises.look(nowMs);
    const lookSeconds = Math.max(STATE_LOOK_SECONDS, Math.ceil(this.options.peers / WEIGHED_A_SECOND));
    if ((Math.round(nowMs / 1000) + peer.plan.number) % lookSeconds === 0) this.weigh(peer, nowMs);
    for (const [id, { sinceMs, untilMs }] of account.bans) {
      if (untilMs > nowMs && peer.wires.has(id) && nowMs - sinceMs > FAREWELL_MS)
        this.fail(peer, nowMs, 'banned-is-linked', 'the link to a banned peer is still open');
    }
    if (nowMs - peer.optedOutMs > FAREWELL_MS && peer.wires.size + peer.attempts.size > 0)
      this.fail(peer, nowMs, 'opted-out', `it holds ${peer.wires.size} links and makes ${peer.attempts.size}`);
    for (const sequence of account.fetches.keys()) {
      if (sequence > this.broadcast.newest - 600) break;
      account.fetches.delete(sequence);
    }
  }

  /** Once a second, of all. */
  second(nowMs: number, totals: Totals): void {
    const text = this.healing.second(nowMs, totals);
    if (text !== undefined) this.add({ atMs: nowMs, peer: -1, rule: 'offload-lost', text });
  }

  private fail(peer: SimulatedPeer, atMs: number, rule: string, text: string): void {
    this.add({ atMs, peer: peer.plan.number, rule, text });
  }

  private add(failure: Failure): void {
    const times = (this.failuresOf.get(failure.rule) ?? 0) + 1;
    this.failuresOf.set(failure.rule, times);
    if (times <= FAILURES_OF_RULE_MAX && this.failures.length < FAILURES_MAX) this.failures.push(failure);
  }

  private weigh(peer: SimulatedPeer, nowMs: number): void {
    const { entries, longest, path } = stateSize(peer.state);
    const most = STATE_ENTRIES_MAX + STATE_ENTRIES_A_LINK_MAX * peer.wires.size;
    if (longest > TABLE_MAX) this.fail(peer, nowMs, 'state', `${longest} entries in ${path}`);
    else if (entries > most) this.fail(peer, nowMs, 'state', `${entries} entries with ${peer.wires.size} links`);
  }

  private send(
    peer: SimulatedPeer,
    account: Account,
    output: Extract<EngineOutput, { type: 'send' }>,
    nowMs: number,
  ): void {
    const { bytes, channel } = output;
    const isToBanned = isBanned(account, output.peer, nowMs);
    // A last goodbye is in order.
    const isGoodbye = channel === 'control' && bytes[0] === WIRE_TYPE.bye;
    if (nowMs > peer.optedOutMs && !isGoodbye) this.fail(peer, nowMs, 'opted-out', 'it speaks to a peer');
    if (bytes.byteLength === 0) this.fail(peer, nowMs, 'size', 'an empty message');
    if (channel === 'control') {
      if (bytes.byteLength > CONTROL_BYTES_MAX) this.fail(peer, nowMs, 'size', `control of ${bytes.byteLength} bytes`);
      if (isToBanned && !isGoodbye) this.fail(peer, nowMs, 'banned-is-asked', 'it speaks to a banned peer');
      return;
    }
    if (bytes.byteLength > DATA_BYTES_MAX) this.fail(peer, nowMs, 'size', `data of ${bytes.byteLength} bytes`);
    if (isToBanned) this.fail(peer, nowMs, 'banned-is-asked', 'it sends packets to a banned peer');
    if (bytes.byteLength > 0 && this.broadcast.canonical(bytes) === undefined) this.relayed(peer, bytes, nowMs);
    this.countUpload(peer, account, bytes.byteLength, nowMs);
    // Repairs and backlog were asked for: whoever plays later may want them still.
    if (bytes[0] === WIRE_TYPE.push && bytes[1] === 0) this.lookAtAge(peer, bytes, nowMs);
  }

  private lookAtAge(peer: SimulatedPeer, bytes: Uint8Array, nowMs: number): void {
    const sequence = sequenceOf(bytes);
    const capturedMs = this.broadcast.captureMs(sequence);
    const dueMs = Math.max(this.options.latencyMs, peer.playback?.toldMs ?? 0);
    if (capturedMs <= 0 || nowMs - capturedMs < dueMs + STALE_MS || !isInStep(peer, nowMs)) return;
    this.fail(
      peer,
      nowMs,
      'pushed-too-late',
      `packet ${sequence} is pushed ${nowMs - capturedMs} ms after its capture`,
    );
  }

  /** Not what was broadcast, unless that is too long ago to know. */
  private relayed(peer: SimulatedPeer, bytes: Uint8Array, nowMs: number): void {
    let message: WireMessage;
    try {
      message = decodeWireMessage(bytes, 'data');
    } catch (thrown) {
      this.fail(peer, nowMs, 'unverified-relayed', `what it sends is no message: ${errorText(thrown)}`);
      return;
    }
    if (message.type !== 'push' && message.type !== 'repair') return;
    const { sequence, epoch } = message.packet.header;
    const { broadcast } = this;
    if (epoch === broadcast.epoch && broadcast.packet(sequence) === undefined && sequence < broadcast.newest) return;
    this.fail(peer, nowMs, 'unverified-relayed', `packet ${sequence} is not what was broadcast`);
  }

  private countUpload(peer: SimulatedPeer, account: Account, bytes: number, nowMs: number): void {
    if (peer.role === 'seeder') return;
    if (nowMs - account.windowMs >= UPLOAD_WINDOW_MS) {
      account.windowMs = nowMs;
      account.windowBytes = 0;
    }
    account.windowBytes += bytes;
    const allowed = peer.uploadBytesPerSecond * (UPLOAD_WINDOW_MS / 1000) * UPLOAD_TOLERANCE;
    if (account.windowBytes > (peer.uploadBytesPerSecond === 0 ? 0 : allowed + UPLOAD_BURST_BYTES)) {
      this.fail(peer, nowMs, 'upload-cap', `${account.windowBytes} bytes within ${UPLOAD_WINDOW_MS / 1000} s`);
      account.windowBytes = 0;
    }
  }

  private deliver(peer: SimulatedPeer, output: Extract<EngineOutput, { type: 'deliver' }>, nowMs: number): void {
    const { header } = output.packet;
    if (header.epoch !== peer.epoch) this.fail(peer, nowMs, 'epoch', `a packet of epoch ${header.epoch}`);
    if (peer.has(header.sequence)) this.fail(peer, nowMs, 'twice', `packet ${header.sequence} is delivered again`);
    if (!this.broadcast.isGenuine(output.packet)) this.fail(peer, nowMs, 'forged-played', `packet ${header.sequence}`);
  }

  private noteFetch(peer: SimulatedPeer, account: Account, sequence: number, nowMs: number): void {
    if (peer.has(sequence)) this.fail(peer, nowMs, 'fetch-of-held', `packet ${sequence} is here and is fetched`);
    const fetched = account.fetches.get(sequence) ?? { times: 0, firstMs: nowMs };
    fetched.times++;
    account.fetches.set(sequence, fetched);
    if (fetched.times > FETCHES_OF_ONE_MAX + (nowMs - fetched.firstMs) / FETCH_AGAIN_MS)
      this.fail(peer, nowMs, 'fetch-storm', `packet ${sequence} is fetched ${fetched.times} times`);
  }

  private banned(peer: SimulatedPeer, account: Account, id: PeerId, untilMs: Millis, nowMs: number): void {
    const sinceMs = isBanned(account, id, nowMs) ? (account.bans.get(id)?.sinceMs ?? nowMs) : nowMs;
    account.bans.set(id, { sinceMs, untilMs });
    const target = this.network.peerOf(id);
    if (target?.isHonest) this.fail(peer, nowMs, 'honest-banned', `peer ${target.plan.number} did nothing wrong`);
    if (untilMs - nowMs < BAN_MS_MIN) this.fail(peer, nowMs, 'ban-too-short', `a ban of ${untilMs - nowMs} ms`);
  }
}

function isBanned({ bans }: Account, id: PeerId, nowMs: number): boolean {
  return (bans.get(id)?.untilMs ?? 0) > nowMs;
}

function beginMoment(account: Account, nowMs: number): void {
  if (account.momentMs === nowMs) return;
  account.momentMs = nowMs;
  account.inputs = 0;
  account.wakeups = 0;
}
