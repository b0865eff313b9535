import type { Server } from 'node:http';
import { isIPv6 } from 'node:net';
import type { Logger } from '../../shared/basics/log.ts';
import { openNodeConnector } from '../../shared/driver/node/open-connector.ts';
import { createTrackerClient } from '../../shared/driver/socket-io-tracker-client.ts';
import { TRACKER_PATH } from '../../tracker/socket-server.ts';
import type { Channel } from '../channel.ts';
import type { Config } from '../config.ts';
import { SwarmSeeder } from '../swarm-seeder.ts';
import { type LoopbackGate, openLoopbackGate } from './loopback-gate.ts';

export type SeedingOptions = {
  readonly config: Config;
  readonly server: Server;
  readonly port: number;
  readonly channels: readonly Channel[];
  readonly token: string;
  readonly logger: Logger;
};

export type SeedingService = {
  /** Media that was pushed into this channel's swarm since the start. */
  pushedBytes(channel: string): number;
  close(): void;
};

/** Brings all channels of this process into their swarms, over the tracker of this process. */
export async function startSeeding({
  config,
  server,
  port,
  channels,
  token,
  logger,
}: SeedingOptions): Promise<SeedingService> {
  const connector = await openNodeConnector({ logger });
  const gate = config.tlsCert === undefined ? undefined : await openLoopbackGate(server);
  const trackerFactory = createTrackerClient(`${trackerOrigin(config.host, port, gate)}${TRACKER_PATH}`);
  const { copies, uploadLimit: uploadLimitKbps } = config;
  const seeders = new Map<string, SwarmSeeder>();
  for (const channel of channels) {
    const seeder = new SwarmSeeder({ channel, trackerFactory, connector, token, copies, uploadLimitKbps, logger });
    seeders.set(channel.name, seeder);
    seeder.start();
  }
  return {
    pushedBytes: (channel) => seeders.get(channel)?.snapshot().bytesToPeers ?? 0,
    close: () => {
      for (const seeder of seeders.values()) seeder.close();
      connector.close();
      gate?.close();
    },
  };
}

function trackerOrigin(host: string, port: number, gate: LoopbackGate | undefined): string {
  if (gate !== undefined) return gate.url;
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}
