import { randomInt } from 'node:crypto';
import type { Logger } from '../../shared/basics/log.ts';
import type { Epoch, Millis, Sequence } from '../../shared/basics/units.ts';
import { decodeBase64Url } from '../../shared/bytes/base64url.ts';
import { createHttpPacketSource } from '../../shared/driver/http-packet-source.ts';
import { createNodeTimer } from '../../shared/driver/node/wakeup-timer.ts';
import { createPacketVerifier } from '../../shared/driver/packet-verifier.ts';
import type { PacketSource, PeerConnector } from '../../shared/driver/ports.ts';
import { createTrackerClient } from '../../shared/driver/socket-io-tracker-client.ts';
import { SwarmDriver } from '../../shared/driver/swarm-driver.ts';
import type { Packet } from '../../shared/packets/packet.ts';
import { type EngineConfig, parseEngineConfig } from '../../shared/swarm/engine-config.ts';
import type { EngineSnapshot } from '../../shared/swarm/engine-types.ts';
import type { ChannelDescription } from '../../shared/wire/channel-description.ts';

export type NodePeerOptions = {
  /** As a page has it: `http://host/live/channel`. */
  readonly channelUrl: string;
  /** Absent: a viewer without WebRTC. */
  readonly connector?: PeerConnector;
  /** Capture to screen, ms. */
  readonly targetLatencyMs?: number;
  readonly uploadBytesPerSecond?: number;
  readonly engineConfig?: Partial<EngineConfig>;
  readonly logger?: Logger;
};

export type ReceivedPacket = {
  readonly from: 'peer' | 'server';
  /** From its making to its arrival, by the server's clock. */
  readonly lagMs: number;
};

/** How often playback looks where it is. */
const PLAYBACK_INTERVAL_MS = 100;
const DEFAULT_TARGET_LATENCY_MS = 2500;
/** Nothing new for so long: the description is read again, as the player does. Without a peer nobody tells of another epoch. */
const STARVING_AFTER_MS = 3000;
/** Packets remembered: some 25 minutes. */
const RECEIVED_MAX = 32_768;

/**
 * A viewer in Node without a screen: the driver, a real connector, the server over HTTP, and a playback that only counts.
 * A packet that is not there at its deadline is missed, and playback goes on without it.
 */
export class NodePeer {
  private readonly options: NodePeerOptions;
  private readonly source: PacketSource;
  private readonly targetLatencyMs: number;
  private driver: SwarmDriver | undefined;
  private playback: NodeJS.Timeout | undefined;
  private clockOffsetMs = 0;
  private epoch: Epoch | undefined;
  private nextSequence = 0;
  private newestSequence = -1;
  /** Capture time of the newest packet, from which the deadline of one that is missing is reckoned. */
  private newestCaptureMs = 0;
  private packetDurationMs = 50;
  private captureMs = new Map<number, number>();
  private isDescribing = false;
  /** Of the last packet, or of the last look for why there is none. */
  private helpedMs = nowMs();
  private isClosed = false;
  readonly received = new Map<Sequence, ReceivedPacket>();
  /** Packets that were not there when they should have been played. */
  missed = 0;
  /** Delivered twice, which must not be. */
  repeated = 0;
  epochs: Epoch[] = [];

  constructor(options: NodePeerOptions) {
    this.options = options;
    this.targetLatencyMs = options.targetLatencyMs ?? DEFAULT_TARGET_LATENCY_MS;
    this.source = createHttpPacketSource(options.channelUrl, { nowMs });
  }

  async start(): Promise<void> {
    const { channelUrl, connector, engineConfig, uploadBytesPerSecond, logger } = this.options;
    const { description, clockOffsetMs } = await this.source.describe();
    this.clockOffsetMs = clockOffsetMs;
    const publicKey = decodeBase64Url(description.publicKey) ?? new Uint8Array();
    this.driver = new SwarmDriver({
      channel: description.channel,
      role: 'viewer',
      trackerFactory: createTrackerClient(new URL(description.tracker, channelUrl).href),
      ...(connector !== undefined && { connector }),
      source: this.source,
      verify: await createPacketVerifier(description.channel, publicKey),
      timer: createNodeTimer(),
      nowMs,
      seed: randomInt(0x1_0000_0000),
      ...(engineConfig !== undefined && { engineConfig: parseEngineConfig(engineConfig) }),
      ...(logger !== undefined && { logger }),
      onPacket: (packet, from) => this.take(packet, from),
      onEpochUnknown: () => void this.describeAgain(),
    });
    if (this.isClosed) {
      this.driver.close();
      return;
    }
    if (uploadBytesPerSecond !== undefined) this.driver.setUploadLimit(uploadBytesPerSecond);
    this.driver.setClockOffset(clockOffsetMs);
    this.enter(description);
    this.driver.start();
    this.playback = setInterval(() => this.play(), PLAYBACK_INTERVAL_MS);
  }

  snapshot(): EngineSnapshot {
    if (this.driver === undefined) throw new Error('the peer was not started');
    return this.driver.snapshot();
  }

  /** Of all packets received, those that came from other viewers or the seeder's swarm link. */
  get shareFromPeers(): number {
    const all = [...this.received.values()];
    return all.length === 0 ? 0 : all.filter(({ from }) => from === 'peer').length / all.length;
  }

  setSwarmEnabled(isEnabled: boolean): void {
    this.driver?.setSwarmEnabled(isEnabled);
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.playback);
    this.driver?.close();
    this.source.close();
  }

  private enter({ epoch, doorSequence, newestSequence }: ChannelDescription): void {
    if (epoch === null || doorSequence === null || epoch === this.epoch) return;
    this.epoch = epoch;
    this.epochs.push(epoch);
    this.nextSequence = doorSequence;
    this.newestSequence = doorSequence - 1;
    this.newestCaptureMs = this.wallMs();
    this.captureMs = new Map();
    this.received.clear();
    this.driver?.setEpoch(epoch, doorSequence, newestSequence ?? undefined);
    this.driver?.setPlayback(this.targetLatencyMs, doorSequence);
  }

  private async describeAgain(): Promise<void> {
    if (this.isDescribing) return;
    this.isDescribing = true;
    try {
      const { description } = await this.source.describe();
      if (!this.isClosed) this.enter(description);
    } catch {
      // the server is away: the next packet of that epoch asks again
    } finally {
      this.isDescribing = false;
    }
  }

  private take({ header }: Packet, from: 'peer' | 'server'): void {
    if (header.epoch !== this.epoch) return;
    this.helpedMs = nowMs();
    if (this.received.has(header.sequence)) this.repeated++;
    this.received.set(header.sequence, { from, lagMs: Math.round(this.wallMs() - header.captureMs) });
    this.captureMs.set(header.sequence, header.captureMs);
    if (header.sequence > this.newestSequence) {
      this.newestSequence = header.sequence;
      this.newestCaptureMs = header.captureMs;
      this.packetDurationMs = Math.max(1, header.durationMs);
    }
    if (this.received.size > RECEIVED_MAX) this.received.delete(this.received.keys().next().value as Sequence);
  }

  /** Moves on over everything whose moment has come. */
  private play(): void {
    if (nowMs() - this.helpedMs >= STARVING_AFTER_MS) {
      this.helpedMs = nowMs();
      void this.describeAgain();
    }
    const playedUntilMs = this.wallMs() - this.targetLatencyMs;
    while (this.captureOf(this.nextSequence) <= playedUntilMs) {
      if (!this.captureMs.delete(this.nextSequence)) this.missed++;
      this.nextSequence++;
    }
    this.driver?.setPlayback(this.targetLatencyMs, this.nextSequence as Sequence);
  }

  private captureOf(sequence: number): number {
    const known = this.captureMs.get(sequence);
    return known ?? this.newestCaptureMs + (sequence - this.newestSequence) * this.packetDurationMs;
  }

  private wallMs(): number {
    return nowMs() + this.clockOffsetMs;
  }
}

function nowMs(): Millis {
  return performance.now() as Millis;
}
