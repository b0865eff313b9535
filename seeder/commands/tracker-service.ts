import type { Server } from 'node:http';
import { errorText, SwarmtubeError } from '../../shared/basics/errors.ts';
import type { Logger } from '../../shared/basics/log.ts';
import type { Authorise } from '../../tracker/authorise.ts';
import { attachTracker, type TrackerServer } from '../../tracker/socket-server.ts';
import { type StunServer, startStunServer } from '../../tracker/stun-server.ts';
import type { Config } from '../config.ts';

export type TrackerService = {
  readonly tracker: TrackerServer;
  readonly stunPort: number | undefined;
  close(): Promise<void>;
};

/** The tracker on this HTTP server, and STUN beside it. */
export async function startTrackerService(
  server: Server,
  config: Config,
  authorise: Authorise,
  logger: Logger,
): Promise<TrackerService> {
  const stun = await startStun(config, logger);
  const tracker = attachTracker(server, {
    authorise,
    ice: {
      iceServers: config.iceServer,
      ...(stun === undefined ? {} : { stunPort: stun.port }),
      ...(config.turnSecret === undefined ? {} : { turnSecret: config.turnSecret }),
    },
    allowedOrigins: config.allowOrigin,
    trustProxy: config.trustProxy,
    logger,
  });
  return {
    tracker,
    stunPort: stun?.port,
    close: async () => {
      await Promise.all([tracker.close(), stun?.close()]);
    },
  };
}

/** A port that is taken is no reason not to broadcast: viewers are told which one it is. */
async function startStun({ host, stunPort }: Config, logger: Logger): Promise<StunServer | undefined> {
  if (stunPort === 'off') return undefined;
  try {
    return await startStunServer({ host, port: stunPort, logger });
  } catch (thrown) {
    if (!(thrown instanceof SwarmtubeError) || stunPort === 0) throw thrown;
    const stun = await startStunServer({ host, port: 0, logger });
    logger.warn({ wanted: stunPort, port: stun.port, why: errorText(thrown) }, 'STUN listens on another UDP port');
    return stun;
  }
}
