import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ChannelFacts } from '../../seeder/channel.ts';
import { addLiveRoutes } from '../../seeder/http/live-routes.ts';
import { Router } from '../../seeder/http/router.ts';
import { ChannelOutputs } from '../../seeder/outputs/channel-outputs.ts';
import { createSigningKey } from '../../seeder/signing-key.ts';
import { SILENT_LOGGER } from '../../shared/basics/log.ts';
import type { ChannelName, Epoch, MediaMillis, WallMillis } from '../../shared/basics/units.ts';
import { PacketLog } from '../../shared/packets/packet-log.ts';
import { attachSignature, signedBytes } from '../../shared/packets/signature.ts';
import { attachTracker, TRACKER_PATH, type TrackerServer } from '../../tracker/socket-server.ts';
import { testHeader, unsignedTestPacket } from './packets.ts';

export type SyntheticBroadcastOptions = {
  readonly packetsPerSecond?: number;
  readonly payloadBytes?: number;
};

/**
 * A channel without media: signed packets of a pattern, made by the clock, in a real log behind the real HTTP routes and
 * the real tracker on a port of its own. What the swarm carries need not be video.
 */
export class SyntheticBroadcast {
  readonly name = 'synthetic' as ChannelName;
  readonly title = 'Synthetic';
  readonly log = new PacketLog();
  readonly outputs: ChannelOutputs;
  private readonly key = createSigningKey();
  private readonly server: Server;
  private tracker: TrackerServer | undefined;
  private timer: NodeJS.Timeout | undefined;
  private epoch = 0x1234_5678 as Epoch;
  private next = 0;
  private readonly packetsPerSecond: number;
  private readonly payloadBytes: number;
  streamBytesTotal = 0;

  constructor({ packetsPerSecond = 20, payloadBytes = 3000 }: SyntheticBroadcastOptions = {}) {
    this.packetsPerSecond = packetsPerSecond;
    this.payloadBytes = payloadBytes;
    this.outputs = new ChannelOutputs(this);
    const router = new Router(SILENT_LOGGER);
    addLiveRoutes(router, {
      channel: (name) => (name === this.name ? this.outputs : undefined),
      viewers: () => this.viewers,
    });
    this.server = createServer(router.handle);
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.openTracker();
    this.make();
    this.timer = setInterval(() => this.make(), 1000 / this.packetsPerSecond);
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get channelUrl(): string {
    return `${this.origin}/live/${this.name}`;
  }

  get trackerUrl(): string {
    return `${this.origin}${TRACKER_PATH}`;
  }

  describe(): ChannelFacts {
    const door = this.log.newestDoor()?.header;
    return {
      channel: this.name,
      title: this.title,
      live: true,
      epoch: this.log.epoch ?? null,
      firstSequence: this.log.firstSequence ?? null,
      newestSequence: this.log.newestSequence ?? null,
      doorSequence: door?.sequence ?? null,
      doorCaptureMs: door?.captureMs ?? null,
      publicKey: this.key.publicKeyText,
      tracks: [],
      bitrate: this.packetsPerSecond * this.payloadBytes * 8,
    };
  }

  /** The tracker comes back with an empty memory. */
  async restartTracker(): Promise<void> {
    await this.tracker?.close();
    this.server.removeAllListeners('upgrade'); // the closed tracker still listens, and would answer first
    this.openTracker();
  }

  /** Viewers that the tracker knows. */
  get viewers(): number {
    return this.tracker?.viewers(this.name) ?? 0;
  }

  /** The seeder lost its place: what follows is numbered anew. */
  beginNewEpoch(): void {
    this.epoch = (this.epoch + 1) as Epoch;
    this.next = 0;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.outputs.close();
    await this.tracker?.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private openTracker(): void {
    this.tracker = attachTracker(this.server, { authorise: () => ({ isAllowed: true }) });
  }

  private make(): void {
    const sequence = this.next++;
    const durationMs = Math.round(1000 / this.packetsPerSecond);
    const header = testHeader(sequence, {
      epoch: this.epoch,
      isDoor: sequence % (2 * this.packetsPerSecond) === 0,
      timestampMs: (sequence * durationMs) as MediaMillis,
      durationMs,
      captureMs: Date.now() as WallMillis,
    });
    const unsigned = unsignedTestPacket(header, this.payloadBytes);
    const packet = attachSignature(unsigned, this.key.sign(signedBytes(this.name, unsigned)));
    this.streamBytesTotal += packet.bytes.byteLength;
    this.log.append(packet);
  }
}
