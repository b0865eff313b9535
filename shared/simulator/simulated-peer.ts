import type { Epoch, Millis, PeerId, Sequence } from '../basics/units.ts';
import { SwarmEngine } from '../swarm/engine.ts';
import type { EngineConfig } from '../swarm/engine-config.ts';
import type { EngineInput, EngineOutput } from '../swarm/engine-types.ts';
import type { PeerRole } from '../wire/tracker-messages.ts';
import { LineQueue, WIRE_SHARE } from './lines.ts';
import { bugConfig, type PlantedBug, Sabotage } from './planted-bugs.ts';
import type { PlannedViewer } from './population.ts';
import type { SharedCodec } from './shared-codec.ts';
import type { SimulatedPlayback } from './simulated-playback.ts';
import type { TransportBuffer } from './transport-buffer.ts';

/** One direction of a connection, as its sender sees it. */
export type Wire = {
  /** What the owner calls the other side: ids are the tracker's, and change when it restarts. */
  readonly name: PeerId;
  readonly remote: SimulatedPeer;
  /** The other direction; set when both are made. */
  back: Wire | undefined;
  isOpen: boolean;
  /** What the transport holds. */
  readonly buffer: TransportBuffer;
  /** Of this pair of lines: distance, what is drawn on top, and the share that comes late. */
  readonly oneWayMs: number;
  readonly jitterMs: number;
  readonly loss: number;
  /** Sent to one who is dead and has not been noticed to be: never leaves. */
  stuckBytes: number;
  isDrainAwaited: boolean;
  lastControlMs: number;
};

export type Attempt = { readonly name: PeerId };

/** What a peer's engine orders is carried out by the world around it. */
export interface PeerWorld {
  readonly codec: SharedCodec;
  readonly nowMs: number;
  perform(peer: SimulatedPeer, output: EngineOutput): void;
  /** Before an input is handled. */
  hears(peer: SimulatedPeer, input: EngineInput): void;
  handled(peer: SimulatedPeer, outputs: readonly EngineOutput[]): void;
  reportBuffers(peer: SimulatedPeer): void;
  scheduleWakeup(peer: SimulatedPeer, atMs: number, run: () => void): void;
  reportWaiting(peer: SimulatedPeer): boolean;
}

/** Packets of which a peer remembers whether it has them: 53 s. */
const REMEMBERED = 1024;

/** What a frozen tab is sent meanwhile: some 100 messages a second for half a minute. */
const HELD_INPUTS_MAX = 3000;
/** Woken so often within one millisecond: more than the invariants allow. */
const SPIN_WAKEUPS = 30;

/** The shipped engine with a line, and a loop around it that is the driver's. */
export class SimulatedPeer {
  readonly role: PeerRole;
  readonly plan: PlannedViewer;
  readonly uplink: LineQueue;
  readonly downlink: LineQueue;
  readonly wires = new Map<PeerId, Wire>();
  readonly attempts = new Map<number, Attempt>();
  /** Sent to since the engine was last told how much waits there. */
  readonly unreported = new Set<Wire>();
  /** Told to hold something, the last time. */
  readonly waiting = new Set<Wire>();
  readonly uploadBytesPerSecond: number;
  readonly trackerOneWayMs: number;
  readonly httpOneWayMs: number;
  id: PeerId | undefined;
  isAlive = true;
  stream: { readonly substreams: readonly number[]; readonly generation: number } | undefined;
  streamGeneration = 0;
  /** First packet of its playback; undefined: it has not heard of the epoch yet. */
  startSequence: number | undefined;
  /** A seeder plays nothing. */
  playback: SimulatedPlayback | undefined;
  /** Its engine heard of an epoch that it does not play. */
  onEpochUnknown: () => void = () => {};
  /** What its engine was told to play. */
  epoch: Epoch | undefined;
  thawedMs = Number.NEGATIVE_INFINITY;
  /** It left the swarm for good, by its owner's wish. */
  optedOutMs = Number.POSITIVE_INFINITY;
  /** Its line carries an eighth; and when it began or ceased to. */
  isSqueezed = false;
  squeezedMs = Number.NEGATIVE_INFINITY;
  /** So wrong is it about the time. */
  clockErrorMs = 0;
  clockSetMs = Number.NEGATIVE_INFINITY;
  private readonly sabotage: Sabotage | undefined;
  private readonly engine: SwarmEngine;
  private readonly world: PeerWorld;
  private readonly delivered = new Float64Array(REMEMBERED).fill(-1);
  private readonly inputs: EngineInput[] = [];
  private readonly heldInputs: EngineInput[] = [];
  private isHandling = false;
  private isAsleep = false;
  private wakeupAtMs: number | undefined;
  private wokenMs = -1;
  private wakeups = 0;

  constructor(
    world: PeerWorld,
    role: PeerRole,
    plan: PlannedViewer,
    config: Partial<EngineConfig>,
    delays: { readonly trackerOneWayMs: number; readonly httpOneWayMs: number },
    bug: PlantedBug | undefined,
  ) {
    this.world = world;
    this.role = role;
    this.plan = plan;
    const isSabotaged = bug !== undefined && this.isHonest && role === 'viewer';
    this.sabotage = isSabotaged ? new Sabotage(bug) : undefined;
    this.uplink = new LineQueue(plan.uplinkKbps * WIRE_SHARE);
    this.downlink = new LineQueue(plan.downlinkKbps * WIRE_SHARE);
    this.uploadBytesPerSecond = plan.isUploader ? Math.round(plan.allowedKbps * 125) : 0;
    this.trackerOneWayMs = delays.trackerOneWayMs;
    this.httpOneWayMs = delays.httpOneWayMs;
    this.engine = new SwarmEngine({
      role,
      seed: plan.seed,
      config: { ...config, ...(isSabotaged && bugConfig(bug)) },
      // Closures: what all share is no state of this peer's (state-size.ts).
      codec: {
        decode: (bytes, channel) => world.codec.decode(bytes, channel),
        encode: (message) => world.codec.encode(message),
      },
    });
  }

  get isHonest(): boolean {
    return this.plan.behaviour === 'honest' || this.plan.behaviour === 'opted-out';
  }

  feed(input: EngineInput): void {
    if (!this.isAlive) return;
    if (this.isAsleep) {
      if (this.heldInputs.length < HELD_INPUTS_MAX) this.heldInputs.push(input);
      return;
    }
    this.inputs.push(input);
    if (this.isHandling) return;
    this.isHandling = true;
    this.handleInputs();
    this.isHandling = false;
    this.scheduleWakeup();
  }

  get isFrozen(): boolean {
    return this.isAsleep;
  }

  /** The tab does nothing any more: what comes waits. */
  freeze(): void {
    this.isAsleep = true;
  }

  /** All that waited comes at once. */
  thaw(): void {
    this.isAsleep = false;
    this.thawedMs = this.world.nowMs;
    for (const input of this.heldInputs.splice(0)) this.feed(input);
    this.feed({ type: 'wakeup' });
  }

  /** It plays this epoch from here on. Where it is another, nothing that came before counts; an engine in the same goes on. */
  beginEpoch(epoch: Epoch, startSequence: Sequence, newestSequence?: Sequence): void {
    if (epoch !== this.epoch) this.delivered.fill(-1);
    this.epoch = epoch;
    this.startSequence = startSequence;
    this.playback?.beginEpoch(epoch, startSequence, this.world.nowMs);
    this.feed({ type: 'epoch', epoch, startSequence, newestSequence });
  }

  setClock(offsetMs: number): void {
    this.playback?.setWallOffset(offsetMs);
    this.feed({ type: 'clock', offsetMs });
  }

  /** What playback waits for. */
  get firstMissing(): number {
    return this.playback?.nextSequence ?? 0;
  }

  /** For whoever weighs what it holds. */
  get state(): object {
    return this.engine;
  }

  snapshot(): ReturnType<SwarmEngine['snapshot']> {
    return this.engine.snapshot();
  }

  has(sequence: number): boolean {
    return this.delivered[sequence % REMEMBERED] === sequence;
  }

  noteDelivered(sequence: number): void {
    this.delivered[sequence % REMEMBERED] = sequence;
  }

  private handleInputs(): void {
    const { inputs, world, sabotage } = this;
    for (let at = 0; at < inputs.length; at++) {
      const nowMs = world.nowMs as Millis;
      const given = inputs[at] as EngineInput;
      world.hears(this, given);
      const input = sabotage === undefined ? given : sabotage.input(given);
      if (input === undefined) continue;
      const ordered = this.engine.handle(input, nowMs);
      const outputs = sabotage === undefined ? ordered : sabotage.outputs(ordered);
      world.handled(this, outputs);
      for (const output of outputs) if (this.isAlive) world.perform(this, output);
      if (sabotage !== undefined) for (const output of sabotage.after(input, nowMs)) world.perform(this, output);
      if (at === inputs.length - 1 && this.isAlive) world.reportBuffers(this);
    }
    inputs.length = 0;
  }

  private scheduleWakeup(): void {
    const wantedMs = this.engine.nextWakeup();
    if (wantedMs === undefined || (this.wakeupAtMs !== undefined && this.wakeupAtMs <= wantedMs)) return;
    const { nowMs } = this.world;
    // An engine that wants to be woken without end would stop the clock of the whole simulation: told of, and put off.
    const isSpinning = this.wokenMs === nowMs && this.wakeups > SPIN_WAKEUPS;
    const atMs = Math.max(wantedMs, isSpinning ? nowMs + 1 : nowMs);
    this.wakeupAtMs = atMs;
    this.world.scheduleWakeup(this, atMs, this.wake);
  }

  /** One for all wake-ups: of those that are queued only the one that is still awaited counts. */
  private readonly wake = (): void => {
    const { nowMs } = this.world;
    if (this.wakeupAtMs !== nowMs || !this.isAlive) return;
    this.wakeupAtMs = undefined;
    // Put off in the meantime: a driver's one timer would have been set anew.
    if ((this.engine.nextWakeup() ?? Number.POSITIVE_INFINITY) > nowMs) {
      this.scheduleWakeup();
      return;
    }
    this.wakeups = this.wokenMs === nowMs ? this.wakeups + 1 : 1;
    this.wokenMs = nowMs;
    if (!this.world.reportWaiting(this)) this.feed({ type: 'wakeup' });
  };
}
