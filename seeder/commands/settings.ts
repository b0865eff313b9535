import { type Config, DEFAULT_CONFIG, resolveConfig } from '../config.ts';
import { commandLineLayer, environmentLayer, fileLayer } from '../config-layers.ts';
import type { Environment, OptionValues } from './command-input.ts';

/** Command line before environment before config file before defaults. Throws `UsageError`. */
export async function readConfig(
  options: OptionValues,
  environment: Environment,
  defaults: Config = DEFAULT_CONFIG,
): Promise<Config> {
  const layers = [commandLineLayer(options), environmentLayer(environment)];
  if (typeof options.config === 'string') layers.push(await fileLayer(options.config));
  return resolveConfig(layers, defaults);
}
