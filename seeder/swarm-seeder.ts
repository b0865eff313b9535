import { randomInt } from 'node:crypto';
import { type Logger, SILENT_LOGGER } from '../shared/basics/log.ts';
import type { ChannelName, Millis } from '../shared/basics/units.ts';
import { createNodeTimer } from '../shared/driver/node/wakeup-timer.ts';
import type { PeerConnector, TrackerClientFactory } from '../shared/driver/ports.ts';
import { SwarmDriver } from '../shared/driver/swarm-driver.ts';
import type { Packet } from '../shared/packets/packet.ts';
import type { PacketLog } from '../shared/packets/packet-log.ts';
import type { EngineSnapshot } from '../shared/swarm/engine-types.ts';
import type { SwarmState } from '../shared/wire/tracker-messages.ts';

export type SwarmSeederOptions = {
  readonly channel: { readonly name: ChannelName; readonly log: PacketLog };
  readonly trackerFactory: TrackerClientFactory;
  /** The process has one for all its channels, and closes it. */
  readonly connector: PeerConnector;
  /** Proves the right to seed this channel. */
  readonly token?: string;
  /** Copies pushed of each packet at most. Default: as the audience needs, 1 to 6. */
  readonly copies?: number | undefined;
  /** Upload into this swarm at most, kbit/s. Default: no limit. */
  readonly uploadLimitKbps?: number | undefined;
  readonly logger?: Logger;
};

/** A server's line, believed until measured: viewers' lines are believed to be slower. 100 Mbit/s. */
const INITIAL_UPLINK_BYTES_PER_SECOND = 12_500_000;
const BYTES_PER_SECOND_A_KBPS = 125;
/** The wall clock was set, or runs differently: below this nobody notices. */
const CLOCK_TOLERANCE_MS = 20;

/** Brings what a channel's log takes up into the channel's swarm, a few copies of each packet. */
export class SwarmSeeder {
  private readonly log: PacketLog;
  private readonly driver: SwarmDriver;
  private clockOffsetMs = 0;
  private stopListening: (() => void) | undefined;
  private swarmState: SwarmState = { isShort: false, viewers: 0 };

  constructor(options: SwarmSeederOptions) {
    const { channel, copies, uploadLimitKbps, trackerFactory, connector, token, logger = SILENT_LOGGER } = options;
    this.log = channel.log;
    this.driver = new SwarmDriver({
      channel: channel.name,
      role: 'seeder',
      trackerFactory,
      connector,
      ...(token !== undefined && { token }),
      verify: async () => false, // a seeder takes packets from nobody
      timer: createNodeTimer(),
      nowMs,
      seed: randomInt(0x1_0000_0000),
      engineConfig: {
        initialUplinkBytesPerSecond: INITIAL_UPLINK_BYTES_PER_SECOND,
        ...(copies !== undefined && { copies }),
      },
      logger,
      onPacket: () => {},
      onSwarmState: (state) => {
        this.swarmState = state;
      },
      onTrackerState: (isConnected) => {
        const fields = { channel: channel.name };
        if (isConnected) logger.info(fields, 'seeding the swarm');
        else logger.warn(fields, 'the tracker is lost: viewers play on, newcomers come by the server until it is back');
      },
    });
    if (uploadLimitKbps !== undefined) this.driver.setUploadLimit(uploadLimitKbps * BYTES_PER_SECOND_A_KBPS);
  }

  /** Joins the swarm, and gives it what is on from the newest packet that playback can start at. */
  start(): void {
    if (this.stopListening !== undefined) return;
    this.stopListening = this.log.onAppend((packet) => this.produce(packet));
    this.setClock();
    this.driver.start();
    const door = this.log.newestDoor();
    if (door === undefined) return;
    for (const packet of this.log.from(door.header.sequence)) this.driver.produce(packet);
  }

  /** As the tracker last told it. */
  get swarm(): SwarmState {
    return this.swarmState;
  }

  snapshot(): EngineSnapshot {
    return this.driver.snapshot();
  }

  close(): void {
    this.stopListening?.();
    this.stopListening = undefined;
    this.driver.close();
  }

  private produce(packet: Packet): void {
    this.setClock();
    this.driver.produce(packet);
  }

  /** Packets are dated by the wall clock, which may be set at any time; the engine runs on one that cannot be. */
  private setClock(): void {
    const offsetMs = Math.round(Date.now() - nowMs());
    if (Math.abs(offsetMs - this.clockOffsetMs) < CLOCK_TOLERANCE_MS) return;
    this.clockOffsetMs = offsetMs;
    this.driver.setClockOffset(offsetMs);
  }
}

function nowMs(): Millis {
  return performance.now() as Millis;
}
