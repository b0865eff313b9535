import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { SwarmtubeError } from '../../shared/basics/errors.ts';
import type { Logger } from '../../shared/basics/log.ts';
import { authoriseByChannel } from '../../tracker/authorise.ts';
import { isOriginAllowed } from '../../tracker/page-origin.ts';
import { Channel } from '../channel.ts';
import type { ChannelConfig, Config } from '../config.ts';
import { openFeed } from '../feeds/open-feed.ts';
import { addLiveRoutes } from '../http/live-routes.ts';
import { addPageRoutes } from '../http/page-routes.ts';
import { Router } from '../http/router.ts';
import { StaticFiles } from '../http/static-files.ts';
import { addStatusRoutes } from '../http/status-routes.ts';
import { defaultPoolBytes, LogPool } from '../log-pool.ts';
import { createMetrics } from '../metrics.ts';
import { ChannelOutputs } from '../outputs/channel-outputs.ts';
import { findPackageRoot } from '../package-root.ts';
import { closeWebServer, createWebServer, listen } from '../server.ts';
import { serverUrl } from '../server-url.ts';
import { loadOrCreateSigningKey, type SigningKey } from '../signing-key.ts';
import { UsageError } from '../usage-error.ts';
import { audienceOf } from './audience.ts';
import type { Service } from './lifecycle.ts';
import { type SeedingService, startSeeding } from './seeding.ts';
import { startTrackerService } from './tracker-service.ts';

export type ServingService = Service & {
  /** What a person on this machine opens, without a slash at the end. */
  readonly url: string;
  readonly channels: readonly Channel[];
};

const BYTES_A_MIB = 1024 * 1024;

/** Tracker, seeder and web pages in one process: everything that `serve`, `seed` and the demo have in common. */
export async function startServing(config: Config, logger: Logger): Promise<ServingService> {
  const signingKey = await loadOrCreateSigningKey(config.data);
  const channels = config.channels.map((settings) => openChannel(settings, signingKey, logger));
  const pool = new LogPool(config.memory === undefined ? defaultPoolBytes() : config.memory * BYTES_A_MIB);
  for (const channel of channels) pool.add(channel.log);
  const outputs = new Map(channels.map((channel) => [channel.name as string, new ChannelOutputs(channel)]));
  const router = new Router(logger);
  const server = await createWebServer(config, router.handle);
  // Only seeders of this process know it, until there are others.
  const seederToken = randomBytes(24).toString('base64url');
  const authorise = authoriseByChannel({
    isKnown: (name) => outputs.has(name),
    seederToken: () => seederToken,
    bitrateKbps: (name) => knownBitrateKbps(outputs.get(name)),
  });
  const { tracker, ...trackerService } = await startTrackerService(server, config, authorise, logger);
  const directory = {
    channels: () => [...outputs.values()],
    channel: (name: string) => outputs.get(name),
    viewers: (name: string) => tracker.viewers(name),
    admits: (request: IncomingMessage) => isOriginAllowed(request, config.allowOrigin, config.trustProxy),
  };
  addLiveRoutes(router, directory);
  addPageRoutes(router, new StaticFiles(join(findPackageRoot(), 'dist')), directory);
  let seeding: SeedingService | undefined;
  const metrics = createMetrics({
    channels: () => [...outputs.keys()],
    outputs: (name) => outputs.get(name),
    audience: audienceOf(tracker),
    trackerSockets: () => tracker.stats().sockets,
    pushedBytes: (name) => seeding?.pushedBytes(name) ?? 0,
  });
  addStatusRoutes(router, metrics);
  const port = await listen(server, config).catch(async (thrown: unknown) => {
    await trackerService.close();
    throw thrown;
  });
  seeding = await startSeeding({ config, server, port, channels, token: seederToken, logger });
  for (const channel of channels) channel.start();
  return {
    url: serverUrl(config, port),
    channels,
    close: async () => {
      await Promise.all(channels.map((channel) => channel.stop()));
      for (const output of outputs.values()) output.close();
      seeding.close();
      await trackerService.close();
      await closeWebServer(server);
    },
  };
}

/** A source that can never be read is the operator's mistake; one that fails now may come back. */
function openChannel(settings: ChannelConfig, signingKey: SigningKey, logger: Logger): Channel {
  const { name, title, source, loop } = settings;
  try {
    const feed = openFeed(source, { loop, channel: name });
    return new Channel({ name, title, feed, signingKey, logger });
  } catch (thrown) {
    throw thrown instanceof SwarmtubeError ? new UsageError(`channel ${name}: ${thrown.message}`) : thrown;
  }
}

function knownBitrateKbps(outputs: ChannelOutputs | undefined): number | undefined {
  const bitrate = outputs?.channel.describe().bitrate ?? 0;
  return bitrate > 0 ? bitrate / 1000 : undefined;
}
