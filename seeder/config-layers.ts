import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errorText } from '../shared/basics/errors.ts';
import { CONFIG_KEYS, type ConfigLayer } from './config.ts';
import { fileReason } from './file-reason.ts';
import { UsageError } from './usage-error.ts';

/** Only in a file: the rest fits on a command line. */
const FILE_ONLY = ['channels'];
/** Keys that can be given as options and in the environment, in the order of `--help`. */
export const OPTION_KEYS: readonly string[] = CONFIG_KEYS.filter((key) => !FILE_ONLY.includes(key));

const FLAG_KEYS: ReadonlySet<string> = new Set(['trustProxy']);
const LIST_KEYS: ReadonlySet<string> = new Set(['iceServer', 'allowOrigin']);
const PATH_KEYS = ['data', 'tlsCert', 'tlsKey'] as const;
const FILE_BYTES_MAX = 1024 * 1024;

/** `stunPort` as `--stun-port`. */
export function optionName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `stunPort` as `SWARMTUBE_STUN_PORT`. */
export function environmentName(key: string): string {
  return `SWARMTUBE_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

export function commandLineLayer(options: Readonly<Record<string, unknown>>): ConfigLayer {
  const values = Object.fromEntries(OPTION_KEYS.map((key) => [key, options[key]]));
  return { values, spell: optionName, known: OPTION_KEYS };
}

/**
 * Our own names only: others that begin with SWARMTUBE_ may be the platform's (Kubernetes makes some for a service of
 * that name). An empty variable is none.
 */
export function environmentLayer(environment: NodeJS.ProcessEnv): ConfigLayer {
  const values: Record<string, unknown> = {};
  for (const key of OPTION_KEYS) {
    const text = environment[environmentName(key)]?.trim();
    if (text !== undefined && text !== '') values[key] = readVariable(key, text);
  }
  return { values, spell: environmentName, known: OPTION_KEYS };
}

function readVariable(key: string, text: string): unknown {
  if (LIST_KEYS.has(key)) return text.split(/[\s,]+/);
  if (!FLAG_KEYS.has(key)) return text;
  if (/^(?:1|true|yes|on)$/i.test(text)) return true;
  return /^(?:0|false|no|off)$/i.test(text) ? false : text;
}

/** A JSON file. Paths in it are relative to the file, so that it means the same wherever the server is started. */
export async function fileLayer(path: string): Promise<ConfigLayer> {
  const values = await readObject(path);
  const folder = dirname(resolve(path));
  for (const key of PATH_KEYS) {
    const value = values[key];
    if (typeof value === 'string' && value !== '') values[key] = resolve(folder, value);
  }
  for (const channel of Object.values(asObject(values.channels) ?? {})) {
    const settings = asObject(channel);
    if (typeof settings?.source === 'string') settings.source = resolveSource(folder, settings.source);
  }
  return { values, spell: (key) => `"${key}" in ${path}`, known: CONFIG_KEYS, isNested: true };
}

async function readObject(path: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    throw new UsageError(`cannot read the config file ${path}: ${fileReason(thrown)}`);
  }
  if (text.length > FILE_BYTES_MAX) throw new UsageError(`the config file ${path} is over 1 MiB`);
  let value: unknown;
  try {
    // A byte order mark, as some editors write it, is no part of the text.
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (thrown) {
    throw new UsageError(`the config file ${path} is no JSON: ${errorText(thrown)}`);
  }
  const object = asObject(value);
  if (object === undefined) throw new UsageError(`the config file ${path} must hold one JSON object`);
  return object;
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** Addresses and `-` stay as they are. */
export function resolveSource(folder: string, source: string): string {
  return source === '-' || source === '' || /^[a-z][a-z0-9+.-]+:/i.test(source) ? source : resolve(folder, source);
}
