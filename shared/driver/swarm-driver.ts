import { unreachable } from '../basics/assert.ts';
import { errorText } from '../basics/errors.ts';
import { type Logger, SILENT_LOGGER } from '../basics/log.ts';
import type { ChannelName, Epoch, Millis, PeerId, Sequence } from '../basics/units.ts';
import type { Packet } from '../packets/packet.ts';
import { SwarmEngine } from '../swarm/engine.ts';
import { DEFAULT_ENGINE_CONFIG, type EngineConfig } from '../swarm/engine-config.ts';
import type { EngineInput, EngineOutput, EngineSnapshot, FetchReason } from '../swarm/engine-types.ts';
import {
  type Introduction,
  type JoinRequest,
  type PeerRole,
  type SwarmState,
  TRACKER_PROTOCOL_VERSION,
  type TrackerRefusal,
} from '../wire/tracker-messages.ts';
import { PeerLinks } from './peer-links.ts';
import type {
  PacketSource,
  PacketVerifier,
  PeerConnector,
  TrackerClient,
  TrackerClientEvents,
  TrackerClientFactory,
  WakeupTimer,
} from './ports.ts';
import { ServerStream } from './server-stream.ts';

export type SwarmDriverOptions = {
  readonly channel: ChannelName;
  readonly role: PeerRole;
  /** Absent, or no `connector`: no swarm, everything comes from the server. */
  readonly trackerFactory?: TrackerClientFactory;
  readonly connector?: PeerConnector;
  readonly token?: string;
  /** Absent for a seeder, which has all packets itself. The driver uses it and does not close it. */
  readonly source?: PacketSource;
  readonly verify: PacketVerifier;
  /** The driver's own: it is closed with it. */
  readonly timer: WakeupTimer;
  readonly nowMs: () => Millis;
  /** Of the engine's chance: 32 random bits, or a fixed number where a run is to be repeated. */
  readonly seed: number;
  readonly engineConfig?: Partial<EngineConfig>;
  readonly logger?: Logger;
  /** A verified packet, each once, in any order. */
  readonly onPacket: (packet: Packet, from: 'peer' | 'server') => void;
  /** The swarm plays an epoch that we do not know: describe the channel again and call `setEpoch`. */
  readonly onEpochUnknown?: (epoch: Epoch) => void;
  readonly onSwarmState?: (state: SwarmState) => void;
  readonly onTrackerState?: (isConnected: boolean) => void;
  readonly onRefused?: (refusal: TrackerRefusal) => void;
  /** In place of the real one, for tests of the driver alone. */
  readonly engine?: DrivenEngine;
};

/** The engine as it is driven. */
export type DrivenEngine = Pick<SwarmEngine, 'handle' | 'nextWakeup' | 'snapshot'>;

/**
 * The loop around the swarm engine: what happens in the world goes in, one input after the other, and what comes out is
 * done in order. It decides nothing. Whatever a call of ours sets off while an input is being handled waits in line.
 */
export class SwarmDriver {
  private readonly options: SwarmDriverOptions;
  private readonly logger: Logger;
  private readonly engine: DrivenEngine;
  private readonly links: PeerLinks | undefined;
  private readonly stream: ServerStream | undefined;
  private tracker: TrackerClient | undefined;
  private readonly inputs: EngineInput[] = [];
  private isHandling = false;
  private wakeupAtMs: Millis | undefined;
  private uploadBytesPerSecond: number | undefined;
  private isSwarmEnabled = true;
  private epoch: Epoch | undefined;
  private state: 'new' | 'started' | 'closed' = 'new';

  constructor(options: SwarmDriverOptions) {
    const { connector, source, nowMs, role, seed, engineConfig } = options;
    this.options = options;
    this.logger = options.logger ?? SILENT_LOGGER;
    this.engine = options.engine ?? new SwarmEngine({ role, seed, ...(engineConfig && { config: engineConfig }) });
    const feed = (input: EngineInput): void => this.feed(input);
    if (connector !== undefined) {
      this.links = new PeerLinks({ connector, nowMs, feed, sendSignal: (envelope) => this.tracker?.signal(envelope) });
    }
    if (source !== undefined) {
      this.stream = new ServerStream(source, engineConfig?.substreams ?? DEFAULT_ENGINE_CONFIG.substreams, feed);
    }
  }

  /** Joins the swarm, where there is one to join. */
  start(): void {
    if (this.state !== 'new') return;
    this.state = 'started';
    if (this.links === undefined) this.feed({ type: 'swarm-enabled', isEnabled: false });
    this.joinSwarm();
    this.feed({ type: 'wakeup' });
  }

  /** A seeder's next packet. */
  produce(packet: Packet): void {
    this.feed({ type: 'packet-produced', packet });
  }

  setEpoch(epoch: Epoch, startSequence: Sequence, newestSequence: Sequence | undefined): void {
    this.epoch = epoch;
    this.feed({ type: 'epoch', epoch, startSequence, newestSequence });
  }

  /** From our `nowMs` to the seeder's wall clock. */
  setClockOffset(offsetMs: number): void {
    this.feed({ type: 'clock', offsetMs });
  }

  setPlayback(targetLatencyMs: number, nextSequence: Sequence): void {
    this.feed({ type: 'playback', targetLatencyMs, nextSequence });
  }

  setUploadLimit(bytesPerSecond: number): void {
    this.uploadBytesPerSecond = bytesPerSecond;
    this.feed({ type: 'upload-limit', bytesPerSecond });
  }

  setSwarmEnabled(isEnabled: boolean): void {
    if (this.links === undefined || isEnabled === this.isSwarmEnabled) return;
    this.isSwarmEnabled = isEnabled;
    this.feed({ type: 'swarm-enabled', isEnabled });
    if (isEnabled) this.joinSwarm();
    else this.leaveSwarm();
  }

  snapshot(): EngineSnapshot {
    return this.engine.snapshot();
  }

  /** Leaves the swarm and ends all links. Nothing calls back afterwards. */
  close(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.leaveSwarm();
    this.stream?.close();
    this.options.timer.close();
    this.inputs.length = 0;
  }

  private feed(input: EngineInput): void {
    if (this.state === 'closed') return;
    this.inputs.push(input);
    if (this.isHandling) return;
    this.isHandling = true;
    try {
      this.handleInputs();
    } finally {
      this.isHandling = false;
    }
    this.scheduleWakeup();
  }

  private handleInputs(): void {
    for (let input = this.inputs.shift(); input !== undefined; input = this.inputs.shift()) {
      for (const output of this.engine.handle(input, this.options.nowMs())) this.perform(output);
      if (this.inputs.length === 0) this.links?.reportBuffers();
    }
  }

  /** Sooner than scheduled: asks anew. Later: lets the early wakeup come, which costs less than moving it for each packet. */
  private scheduleWakeup(): void {
    const atMs = this.engine.nextWakeup();
    if (this.state === 'closed' || atMs === undefined) return;
    if (this.wakeupAtMs !== undefined && this.wakeupAtMs <= atMs) return;
    this.wakeupAtMs = atMs;
    this.options.timer.schedule(Math.max(0, atMs - this.options.nowMs()), () => {
      this.wakeupAtMs = undefined;
      // Any input wakes the engine.
      if (this.links?.reportWaiting() !== true) this.feed({ type: 'wakeup' });
    });
  }

  private perform(output: EngineOutput): void {
    if (this.state === 'closed') return;
    switch (output.type) {
      case 'send':
        this.links?.send(output.peer, output.channel, output.bytes);
        break;
      case 'connect':
        this.connect(output.peer, output.offers);
        break;
      case 'disconnect':
        this.logger.debug({ peer: output.peer, reason: output.reason }, 'link ended');
        this.links?.disconnect(output.peer);
        break;
      case 'verify':
        this.verify(output.ticket, output.packet);
        break;
      case 'deliver':
        this.options.onPacket(output.packet, output.from);
        break;
      case 'fetch':
        for (const sequence of output.sequences) this.fetch(output.reason, output.epoch, sequence);
        break;
      case 'server-stream':
        this.keepStream(output.substreams, output.from);
        break;
      case 'ask-tracker':
        this.tracker?.ask({ substreams: output.substreams });
        break;
      case 'report':
        this.tracker?.report(output.report);
        break;
      case 'banned':
        this.logger.warn({ peer: output.peer, reason: output.reason }, 'a peer broke the rules and is left alone');
        break;
      case 'epoch-unknown':
        this.options.onEpochUnknown?.(output.epoch);
        break;
      default:
        unreachable(output);
    }
  }

  private connect(peer: PeerId, offers: boolean): void {
    if (this.links !== undefined && this.tracker !== undefined) this.links.connect(peer, offers);
    else this.feed({ type: 'link-closed', peer, reason: 'swarm-off' });
  }

  private verify(ticket: number, packet: Packet): void {
    this.options.verify(packet).then(
      (isValid) => this.feed({ type: 'verified', ticket, isValid }),
      // No verdict: the ticket expires and the packet is not passed on, but its sender is not to blame.
      (thrown) => this.logger.warn({ reason: errorText(thrown) }, 'a packet could not be checked'),
    );
  }

  private fetch(reason: FetchReason, epoch: Epoch, sequence: Sequence): void {
    const { source } = this.options;
    if (source === undefined) {
      this.feed({ type: 'fetch-failed', epoch, sequence });
      return;
    }
    source.fetchPacket(reason, epoch, sequence).then(
      (packet) => this.feed({ type: 'packet-from-server', packet, via: reason }),
      (thrown) => {
        this.logger.debug({ sequence, reason: errorText(thrown) }, 'a packet could not be fetched from the server');
        this.feed({ type: 'fetch-failed', epoch, sequence });
      },
    );
  }

  private keepStream(substreams: readonly number[], from: Sequence): void {
    if (this.stream !== undefined && this.epoch !== undefined) this.stream.keep(this.epoch, substreams, from);
    else if (substreams.length > 0) this.feed({ type: 'server-stream-closed', reason: 'no-server' });
  }

  private joinSwarm(): void {
    const { trackerFactory, channel, role, token } = this.options;
    if (this.state !== 'started' || !this.isSwarmEnabled) return;
    if (this.links === undefined || trackerFactory === undefined || this.tracker !== undefined) return;
    const join: JoinRequest = {
      protocol: TRACKER_PROTOCOL_VERSION,
      channel,
      role,
      ...(token !== undefined && { token }),
      ...(this.uploadBytesPerSecond !== undefined && { uplinkKbps: Math.round(this.uploadBytesPerSecond / 125) }),
    };
    this.tracker = trackerFactory(join, this.trackerEvents(this.links));
  }

  private leaveSwarm(): void {
    this.tracker?.close();
    this.tracker = undefined;
    this.links?.closeAll();
  }

  private trackerEvents(links: PeerLinks): TrackerClientEvents {
    const { onSwarmState, onTrackerState, onRefused } = this.options;
    const introduce = (introductions: readonly Introduction[]): void => {
      links.introduce(introductions);
      const peers = introductions.map(({ peerId, role, offers }) => ({ peer: peerId, role, offers }));
      this.feed({ type: 'introduced', peers });
    };
    const setSwarmState = (state: SwarmState): void => {
      this.feed({ type: 'swarm-state', state });
      onSwarmState?.(state);
    };
    return {
      onJoined: ({ iceServers, swarm, commitments, introductions }) => {
        links.iceServers = iceServers;
        this.feed({ type: 'tracker-state', isConnected: true });
        setSwarmState(swarm);
        this.feed({ type: 'commitments', commitments });
        introduce(introductions);
        onTrackerState?.(true);
      },
      onIntroduced: introduce,
      onSignal: (envelope) => links.takeSignal(envelope),
      onSwarmState: setSwarmState,
      onGone: (peer) => links.gone(peer),
      onLost: () => {
        this.feed({ type: 'tracker-state', isConnected: false });
        onTrackerState?.(false);
      },
      onRefused: (refusal) => {
        this.logger.warn({ code: refusal.code }, refusal.message);
        this.feed({ type: 'tracker-state', isConnected: false });
        onRefused?.(refusal);
      },
    };
  }
}
