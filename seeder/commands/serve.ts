import { join } from 'node:path';
import { type ChannelName, parseChannelName } from '../../shared/basics/units.ts';
import { type ChannelConfig, type Config, DEFAULT_CONFIG } from '../config.ts';
import { createLogger } from '../logging.ts';
import { findPackageRoot } from '../package-root.ts';
import { UsageError } from '../usage-error.ts';
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
  const title = typeof options.title === 'string' ? options.title.slice(0, 200) : name;
  await serveUntilStopped({ ...config, channels: [{ name, title, source, loop: options.loop === true }] });
}

async function serveUntilStopped(config: Config): Promise<void> {
  const logger = createLogger(config.logLevel);
  failLoudly(logger);
  const service = await startServing(config, logger);
  closeOnSignal(service, logger);
  for (const channel of service.channels)
    process.stdout.write(`Watch ${channel.title} at ${service.url}/watch/${channel.name}\n`);
  if (service.channels.length === 0) {
    process.stdout.write(`No channel is set up: name one in a config file. The server is at ${service.url}/\n`);
  }
}
