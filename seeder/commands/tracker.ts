import { HttpError } from '../http/http-error.ts';
import { Router } from '../http/router.ts';
import { addStatusRoutes } from '../http/status-routes.ts';
import { createLogger } from '../logging.ts';
import { createMetrics } from '../metrics.ts';
import { closeWebServer, createWebServer, listen } from '../server.ts';
import { serverUrl } from '../server-url.ts';
import { audienceOf } from './audience.ts';
import type { Environment, OptionValues } from './command-input.ts';
import { closeOnSignal, failLoudly } from './lifecycle.ts';
import { readConfig } from './settings.ts';
import { startTrackerService } from './tracker-service.ts';

/** `swarmtube tracker`: introduces the viewers of any channel; seeders need none of ours. */
export async function serveTracker(options: OptionValues, environment: Environment): Promise<void> {
  const config = await readConfig(options, environment);
  const logger = createLogger(config.logLevel);
  failLoudly(logger);
  const router = new Router(logger);
  const server = await createWebServer(config, router.handle);
  // Whoever runs a bare tracker lets anybody meet there: what is seeded is protected by its signature, not by this.
  const { tracker, ...service } = await startTrackerService(server, config, () => ({ isAllowed: true }), logger);
  const metrics = createMetrics({
    channels: () => tracker.stats().channels.map(({ channel }) => channel),
    outputs: () => undefined,
    audience: audienceOf(tracker),
    trackerSockets: () => tracker.stats().sockets,
    pushedBytes: () => 0,
  });
  addStatusRoutes(router, metrics);
  router.get('/', () => {
    throw new HttpError(404, 'tracker-only', 'this is a tracker: it introduces viewers to each other and has no pages');
  });
  const port = await listen(server, config).catch(async (thrown: unknown) => {
    await service.close();
    throw thrown;
  });
  process.stdout.write(`The tracker is at ${serverUrl(config, port)}/tracker\n`);
  closeOnSignal({ close: async () => void (await Promise.all([service.close(), closeWebServer(server)])) }, logger);
}
