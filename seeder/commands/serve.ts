import { join } from 'node:path';
import { type ChannelName, parseChannelName } from '../../shared/basics/units.ts';
import type { Channel } from '../channel.ts';
import { type ChannelConfig, type Config, DEFAULT_CONFIG } from '../config.ts';
import { createLogger } from '../logging.ts';
import { findPackageRoot } from '../package-root.ts';
import { EXIT_FAILED, UsageError } from '../usage-error.ts';
import type { Environment, OptionValues } from './command-input.ts';
import { closeOnSignal, failLoudly } from './lifecycle.ts';
import { startServing } from './serving.ts';
import { readConfig } from './settings.ts';

/** No command: the built-in demo broadcast. */
export async function serveDemo(options: OptionValues, environment: Environment): Promise<void> {
  const config = await readConfig(options, environment, { ...DEFAULT_CONFIG, logLevel: 'warn' });
  const demo: ChannelConfig = {
    name: 'demo' as ChannelName,
    title: 'Demo',
    source: join(findPackageRoot(), 'seeder', 'demo', 'demo.flv'),
    loop: true,
  };
  await serveUntilStopped({ ...config, channels: [demo] });
}

/** `swarmtube serve`: the channels of the config file. */
export async function serve(options: OptionValues, environment: Environment): Promise<void> {
  await serveUntilStopped(await readConfig(options, environment));
}

/** `swarmtube seed SOURCE --channel NAME`. */
export async function seed(source: string, options: OptionValues, environment: Environment): Promise<void> {
  if (options.channel === undefined) {
    throw new UsageError('--channel NAME is missing: it is the name in the addresses, as in --channel main');
  }
  const config = await readConfig(options, environment);
  const name = parseChannelName(options.channel);
  if (name === undefined) {
    throw new UsageError(`--channel ${String(options.channel)} is no channel name: 1 to 64 letters, digits, _ and -`);
  }
  const title = (typeof options.title === 'string' && options.title.trim().slice(0, 200)) || name;
  const settings = { name, title, source, loop: options.loop === true };
  const { channels, close } = await serveUntilStopped({ ...config, channels: [settings] });
  for (const channel of channels) {
    // The log has said why. A broadcast that is over is served on, for those who come late.
    channel.onStateChange(() => {
      if (channel.cameToNothing) close(EXIT_FAILED);
    });
  }
}

type Served = {
  readonly channels: readonly Channel[];
  /** Ends the process with this code. */
  readonly close: (code: number) => void;
};

async function serveUntilStopped(config: Config): Promise<Served> {
  const logger = createLogger(config.logLevel);
  failLoudly(logger);
  const service = await startServing(config, logger);
  const close = closeOnSignal(service, logger);
  for (const channel of service.channels)
    process.stdout.write(`Watch ${channel.title} at ${service.url}/watch/${channel.name}\n`);
  if (service.channels.length === 0) {
    process.stdout.write(`No channel is set up: name one in a config file. The server is at ${service.url}/\n`);
  }
  return { channels: service.channels, close };
}
