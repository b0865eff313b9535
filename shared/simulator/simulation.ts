import { Random } from '../basics/random.ts';
import type { PeerId, Sequence } from '../basics/units.ts';
import type { EngineInput, EngineOutput } from '../swarm/engine-types.ts';
import { Broadcast, WALL_MS } from './broadcast.ts';
import { EventQueue } from './event-queue.ts';
import { planFaults } from './fault-plan.ts';
import { FAULTS, type FaultWorld } from './faults.ts';
import { type GivenWorld, SEEDER_NUMBER } from './given-world.ts';
import type { Recovery } from './healing.ts';
import { type Failure, Invariants } from './invariants.ts';
import { type Figures, Measures } from './measures.ts';
import { misbehave } from './misbehaviour.ts';
import { Network } from './network.ts';
import { OriginServer } from './origin-server.ts';
import type { PlantedBug } from './planted-bugs.ts';
import { type PlannedViewer, planAudience } from './population.ts';
import { SCENARIOS, type Scenario, type SimulationOptions } from './scenarios.ts';
import { SharedCodec } from './shared-codec.ts';
import { type PeerWorld, SimulatedPeer } from './simulated-peer.ts';
import { SimulatedPlayback } from './simulated-playback.ts';
import { type SessionWorld, SimulatedSession } from './simulated-session.ts';
import { TraceHash } from './trace-hash.ts';
import { TrackerService } from './tracker-service.ts';
import { Wobble } from './wobble.ts';

export type SimulationResult = Figures & {
  readonly failures: readonly Failure[];
  /** Undefined where the two were not compared: no fault, too short a run, or nothing to lose. */
  readonly recovery: Recovery | undefined;
  readonly traceHash: string;
  /** Events handled and inputs given to engines: what the run cost. */
  readonly events: number;
  readonly inputs: number;
};

export type SimulationExtras = {
  readonly bug?: PlantedBug;
  /** A line for each output of each engine. */
  readonly onTrace?: (line: string) => void;
  /** After each simulated second. */
  readonly onSecond?: (second: number, viewers: number) => void;
  /** Lines and delays as told, and nothing of the audience drawn. */
  readonly given?: GivenWorld;
};

const TRACKER_ONE_WAY_MS: readonly [number, number] = [12, 60];
const HTTP_ONE_WAY_MS: readonly [number, number] = [25, 60];
/** The clock of a viewer is set by half a round trip. */
const CLOCK_ERROR_MS = 12;
const SEEDER_KBPS = 1_000_000;
/** The seeder's line, believed at once (seeder/swarm-seeder.ts). */
const SEEDER_BYTES_PER_SECOND = 12_500_000;
const APART_MS = 10_000;
/** Of those who do not take part one in so many did for a moment: links are open by then, or being made. */
const CHANGES_ITS_MIND = 4;
const OPTED_IN_MS = 2000;

/**
 * A swarm in one process: the shipped engine at every viewer and at the seeder, the shipped tracker, and between them lines,
 * distances, a server and an audience that follow from a seed. Pure: the same options give the same run on any machine.
 */
export class Simulation implements PeerWorld, SessionWorld, FaultWorld {
  readonly options: SimulationOptions;
  private readonly scenario: Scenario;
  private readonly extras: SimulationExtras;
  readonly queue = new EventQueue();
  readonly broadcast: Broadcast;
  readonly codec: SharedCodec;
  readonly network: Network;
  readonly server: OriginServer;
  readonly tracker: TrackerService;
  readonly viewers = new Set<SimulatedPeer>();
  readonly wallMs = WALL_MS;
  readonly measures: Measures;
  readonly invariants: Invariants;
  private readonly trace = new TraceHash();
  private readonly random: Random;
  private seeder: SimulatedPeer | undefined;
  private pauses = 0;
  private isEpochOver = false;
  private inputs = 0;

  constructor(options: SimulationOptions, extras: SimulationExtras = {}) {
    const { bitrateKbps, packetsPerSecond, doorIntervalMs, seed } = options;
    this.options = options;
    this.extras = extras;
    this.scenario = SCENARIOS[options.scenario];
    this.random = new Random(seed ^ 0x6e6574);
    this.broadcast = new Broadcast(bitrateKbps, packetsPerSecond, doorIntervalMs);
    this.codec = new SharedCodec(this.broadcast);
    this.measures = new Measures(this.broadcast, bitrateKbps);
    this.network = new Network(this.queue, this.random.fork(), options.unreachablePairs, this.measures);
    this.server = new OriginServer(
      this.queue,
      this.random.fork(),
      this.broadcast,
      this.measures,
      extras.given?.httpAnswerMs,
    );
    this.tracker = new TrackerService(this.queue, this.random.fork(), this.network, bitrateKbps);
    this.invariants = new Invariants(this.broadcast, this.network, this.server, options);
    const { given } = extras;
    const wobble = new Wobble(this.queue, given === undefined ? this.scenario.wobble : 0);
    for (const plan of given?.viewers ?? planAudience(options))
      this.queue.at(plan.arrivesMs, () => this.arrive(plan, wobble));
    this.queue.at(0, () => this.openSeeder());
    this.queue.at(1, () => this.produce(1));
    this.queue.at(options.warmUpMs, () => this.measures.begin(this.nowMs));
    this.planFaults(wobble);
    this.queue.at(1000, () => this.everySecond(1));
  }

  get nowMs(): number {
    return this.queue.nowMs;
  }

  private get endMs(): number {
    return this.options.untilMs ?? Math.round(this.options.minutes * 60_000);
  }

  run(): SimulationResult {
    const { endMs } = this;
    this.queue.runUntil(endMs);
    return {
      ...this.measures.figures(endMs),
      failures: this.invariants.failures,
      recovery: this.invariants.recovery,
      traceHash: this.trace.text,
      events: this.queue.count,
      inputs: this.inputs,
    };
  }

  // --- What engines order --------------------------------------------------------------------------------------------------

  perform(peer: SimulatedPeer, ordered: EngineOutput): void {
    if (peer.isHonest) {
      this.carryOut(peer, ordered);
      return;
    }
    for (const { output, delayMs } of misbehave(peer.plan.behaviour, ordered, this.nowMs)) {
      if (delayMs === 0) this.carryOut(peer, output);
      else this.queue.after(delayMs, () => this.carryOut(peer, output));
    }
  }

  private carryOut(peer: SimulatedPeer, output: EngineOutput): void {
    this.invariants.output(peer, output, this.nowMs);
    if (output.type !== 'send')
      this.note(peer, output, 'peer' in output ? this.network.peerOf(output.peer) : undefined);
    switch (output.type) {
      case 'send': {
        // One copy for all who hold it: nobody writes into a message.
        const shared = output.channel === 'data' ? this.broadcast.canonical(output.bytes) : undefined;
        const wire = peer.wires.get(output.peer);
        if (wire !== undefined) this.network.send(peer, wire, output.channel, shared ?? output.bytes);
        this.note(peer, output, wire?.remote);
        break;
      }
      case 'connect':
        if (this.isApart(peer, output.peer)) this.connectInVain(peer, output.peer);
        else this.network.connect(peer, output.peer);
        break;
      case 'disconnect':
        this.network.disconnect(peer, output.peer);
        break;
      case 'verify': {
        const { ticket, packet } = output;
        const isValid = this.broadcast.isGenuine(packet);
        const answer = (): void => peer.feed({ type: 'verified', ticket, isValid });
        if (this.options.verifyMs === 0) answer();
        else this.queue.after(this.options.verifyMs, answer);
        break;
      }
      case 'deliver': {
        const { header, bytes } = output.packet;
        if (peer.isHonest && !this.broadcast.isGenuine(output.packet))
          this.measures.forgedBytesPlayed += bytes.byteLength;
        peer.noteDelivered(header.sequence);
        peer.playback?.push(output.packet, this.nowMs);
        this.measures.delivered(peer, header.sequence, bytes.byteLength, this.nowMs);
        break;
      }
      case 'fetch':
        for (const sequence of output.sequences) this.server.answer(peer, output.reason, output.epoch, sequence);
        break;
      case 'server-stream':
        this.server.keep(peer, output.substreams, output.from);
        break;
      case 'ask-tracker':
      case 'report':
        this.tracker.tell(peer, output);
        break;
      case 'epoch-unknown':
        peer.onEpochUnknown();
        break;
      case 'banned':
        break;
    }
  }

  hears(peer: SimulatedPeer, input: EngineInput): void {
    this.invariants.input(peer, input, this.nowMs);
  }

  handled(peer: SimulatedPeer, outputs: readonly EngineOutput[]): void {
    this.inputs++;
    this.invariants.handled(peer, outputs, this.nowMs);
  }

  reportBuffers(peer: SimulatedPeer): void {
    this.network.reportBuffers(peer);
  }

  reportWaiting(peer: SimulatedPeer): boolean {
    this.invariants.woken(peer, this.nowMs);
    return this.network.reportWaiting(peer);
  }

  scheduleWakeup(_peer: SimulatedPeer, atMs: number, run: () => void): void {
    this.queue.at(Math.ceil(atMs), run);
  }

  // --- The broadcast -------------------------------------------------------------------------------------------------------

  private produce(count: number): void {
    this.queue.at(1 + count * this.broadcast.intervalMs, () => this.produce(count + 1));
    if (this.pauses > 0) return;
    const packet = this.broadcast.produce(this.nowMs);
    this.measures.produced(packet.bytes.byteLength);
    this.seeder?.feed({ type: 'packet-produced', packet });
    this.server.produced(packet);
  }

  // --- Coming and going ----------------------------------------------------------------------------------------------------

  openSeeder(): void {
    if (this.seeder !== undefined) return;
    const plan = seederPlan(this.random.nextUint32());
    const { copies } = this.options;
    const config = { initialUplinkBytesPerSecond: SEEDER_BYTES_PER_SECOND, ...(copies > 0 && { copies }) };
    const peer = new SimulatedPeer(this, 'seeder', plan, config, { trackerOneWayMs: 1, httpOneWayMs: 1 }, undefined);
    this.seeder = peer;
    this.invariants.joined(peer, this.nowMs);
    peer.setClock(WALL_MS);
    peer.beginEpoch(this.broadcast.epoch, this.broadcast.newestDoor as Sequence);
    this.tracker.join(peer);
    for (let sequence = this.broadcast.newestDoor; sequence <= this.broadcast.newest; sequence++) {
      const packet = this.broadcast.packet(sequence);
      if (packet !== undefined) peer.feed({ type: 'packet-produced', packet });
    }
  }

  private arrive(plan: PlannedViewer, wobble: Wobble): void {
    const own = new Random(plan.seed ^ 0x77);
    const { trackerOneWayMs, httpOneWayMs } = this.extras.given ?? {
      trackerOneWayMs: own.between(...TRACKER_ONE_WAY_MS),
      httpOneWayMs: own.between(...HTTP_ONE_WAY_MS),
    };
    const delays = { trackerOneWayMs, httpOneWayMs };
    const config = { targetLatencyMs: this.options.latencyMs, ...this.options.engine };
    const peer = new SimulatedPeer(this, 'viewer', plan, config, delays, this.extras.bug);
    const playback = new SimulatedPlayback(this.options.latencyMs, {
      canCatchUp: this.extras.bug !== 'never-catch-up',
      onSkipped: (from, to) => this.invariants.skipped(peer, from, to, this.nowMs),
    });
    const session = new SimulatedSession(this, peer, playback);
    peer.playback = playback;
    peer.onEpochUnknown = () => session.describe();
    this.viewers.add(peer);
    this.measures.joined(peer, this.nowMs);
    this.invariants.joined(peer, this.nowMs);
    wobble.start(peer, own);
    this.queue.at(plan.leavesMs, () => this.depart(peer));
    const clockErrorMs = own.between(-CLOCK_ERROR_MS, CLOCK_ERROR_MS);
    this.queue.after(this.server.answerMs(), () => session.start(clockErrorMs, () => this.join(peer)));
  }

  private join(peer: SimulatedPeer): void {
    peer.feed({ type: 'upload-limit', bytesPerSecond: peer.uploadBytesPerSecond });
    const { behaviour, number } = peer.plan;
    if (behaviour !== 'opted-out') this.tracker.join(peer);
    else if (number % CHANGES_ITS_MIND !== 0) this.optOut(peer);
    else {
      this.tracker.join(peer);
      this.queue.after(OPTED_IN_MS, () => this.optOut(peer));
    }
  }

  /** As the driver does it: the engine is told, and the tracker hears of this viewer no more. */
  private optOut(peer: SimulatedPeer): void {
    if (!peer.isAlive) return;
    peer.optedOutMs = this.nowMs;
    peer.feed({ type: 'swarm-enabled', isEnabled: false });
    this.tracker.leave(peer, true);
  }

  private depart(peer: SimulatedPeer): void {
    if (peer.isAlive) this.remove(peer, peer.plan.isGraceful);
  }

  private remove(peer: SimulatedPeer, isGraceful: boolean): void {
    this.tracker.leave(peer, isGraceful);
    if (isGraceful) this.network.leave(peer);
    else this.network.vanish(peer);
    peer.isAlive = false;
    this.viewers.delete(peer);
    this.measures.gone(peer, this.nowMs);
    this.invariants.gone(peer);
  }

  private isApart(peer: SimulatedPeer, name: PeerId): boolean {
    const { given } = this.extras;
    const remote = given && this.network.peerOf(name);
    return remote !== undefined && given?.isApart(peer.plan.number, remote.plan.number) === true;
  }

  private connectInVain(peer: SimulatedPeer, name: PeerId): void {
    this.queue.after(APART_MS, () => peer.feed({ type: 'link-closed', peer: name, reason: 'connect-timeout' }));
  }

  // --- Faults and looks ----------------------------------------------------------------------------------------------------

  private planFaults(wobble: Wobble): void {
    const faults = planFaults(this.options);
    for (const [at, { name, strikesMs, healsMs }] of faults.entries()) {
      const random = new Random((this.options.seed ^ 0x666c74) + at);
      this.queue.at(strikesMs, () => {
        const heal = FAULTS[name].strike(this, random, healsMs);
        this.queue.at(healsMs, heal);
      });
    }
    if (faults.length === 0) return;
    const healedMs = Math.max(...faults.map(({ healsMs }) => healsMs));
    const strikesMs = Math.min(...faults.map((fault) => fault.strikesMs));
    const mayRest = faults.some(({ name }) => name === 'uplink-collapse');
    this.invariants.willHeal(strikesMs, healedMs, mayRest, this.endMs);
    this.queue.at(healedMs, () => {
      this.server.becomeEager();
      wobble.end();
    });
  }

  pauseSource(): void {
    this.pauses++;
  }

  resumeSource(isNewEpoch: boolean): void {
    this.pauses--;
    this.isEpochOver ||= isNewEpoch;
    if (this.pauses > 0 || !this.isEpochOver) return;
    this.isEpochOver = false;
    this.broadcast.beginEpoch();
    this.server.closeStreams();
  }

  crashSeeder(): void {
    const { seeder } = this;
    if (seeder === undefined) return;
    this.tracker.leave(seeder, false);
    this.network.vanish(seeder);
    seeder.isAlive = false;
    this.seeder = undefined;
  }

  vanish(peer: SimulatedPeer): void {
    if (peer.isAlive) this.remove(peer, false);
  }

  private everySecond(second: number): void {
    this.measures.sample(this.viewers);
    for (const peer of this.viewers) this.invariants.sample(peer, this.nowMs);
    if (this.seeder !== undefined) this.invariants.sample(this.seeder, this.nowMs);
    this.invariants.second(this.nowMs, this.measures.totals);
    this.extras.onSecond?.(second, this.viewers.size);
    this.queue.after(1000, () => this.everySecond(second + 1));
  }

  private note(peer: SimulatedPeer, output: EngineOutput, about: SimulatedPeer | undefined): void {
    const target = about?.plan.number ?? -1;
    const size = output.type === 'send' ? output.bytes.byteLength : 0;
    this.trace.add(this.nowMs, peer.plan.number, output.type, target, size);
    this.extras.onTrace?.(`${this.nowMs} ${peer.plan.number} ${output.type} ${target} ${size}`);
  }
}

function seederPlan(seed: number): PlannedViewer {
  return {
    number: SEEDER_NUMBER,
    arrivesMs: 0,
    leavesMs: Number.POSITIVE_INFINITY,
    isGraceful: true,
    behaviour: 'honest',
    line: 'fibre',
    uplinkKbps: SEEDER_KBPS,
    allowedKbps: SEEDER_KBPS,
    downlinkKbps: SEEDER_KBPS,
    isUploader: true,
    x: 0.5,
    y: 0.5,
    seed,
  };
}
