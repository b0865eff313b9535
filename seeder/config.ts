import { z } from 'zod';
import { type ChannelName, parseChannelName } from '../shared/basics/units.ts';
import type { IceServer } from '../shared/wire/tracker-messages.ts';
import { parseIceServer } from './ice-server.ts';
import { nearest } from './nearest.ts';
import { UsageError } from './usage-error.ts';

/** Everything an operator can set. The same keys stand in the config file, on the command line and in the environment. */
export type Config = {
  /** Address to listen on. `0.0.0.0` or `::` opens the server to the network. Default 127.0.0.1: this machine only. */
  readonly host: string;
  /** TCP port of pages, packets and tracker; 0: any free one. Default 8080. */
  readonly port: number;
  /** Folder for what must outlive the process: the signing keys. Default ./data. */
  readonly data: string;
  /** PEM files that make it HTTPS; both or neither. Default: plain HTTP. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  /** Believe X-Forwarded-For and X-Forwarded-Host: only behind a proxy of one's own that sets them. Default false. */
  readonly trustProxy: boolean;
  /** UDP port of the built-in STUN responder; 0: any free one; `off`: none. Default 3478. */
  readonly stunPort: number | 'off';
  /** More STUN and TURN servers for the viewers, in front of the built-in one. Default none. */
  readonly iceServer: readonly IceServer[];
  /** Shared with coturn (`use-auth-secret`): TURN servers without a user of their own get short-lived ones. Default none. */
  readonly turnSecret: string | undefined;
  /** The pages that may play from here and join the swarms, as origins; our own always may. Default none named: any page. */
  readonly allowOrigin: readonly string[];
  /** The least important log line that is still written. Default info, warn for the demo. */
  readonly logLevel: LogLevel;
  /** The most copies of each stream that the seeder pushes into its swarm; more is safer and dearer. Default: as the audience needs, 1 to 6. */
  readonly copies: number | undefined;
  /** The most the seeder pushes into each swarm, kbit/s. Default: no limit. */
  readonly uploadLimit: number | undefined;
  /** The most that the packets of all channels together may take, MiB; more is a longer instant replay. Default: 1024, or a quarter of the machine's. */
  readonly memory: number | undefined;
  /** What is broadcast, by channel name. */
  readonly channels: readonly ChannelConfig[];
};

export type ChannelConfig = {
  readonly name: ChannelName;
  /** Where the feed comes from: an address, a file, `-` for standard input. */
  readonly source: string;
  /** Shown to viewers. Default: the channel's name. */
  readonly title: string;
  /** Plays a finished file round and round as if live. Default false. */
  readonly loop: boolean;
};

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const DEFAULT_CONFIG: Config = {
  host: '127.0.0.1',
  port: 8080,
  data: './data',
  tlsCert: undefined,
  tlsKey: undefined,
  trustProxy: false,
  stunPort: 3478,
  iceServer: [],
  turnSecret: undefined,
  allowOrigin: [],
  logLevel: 'info',
  copies: undefined,
  uploadLimit: undefined,
  memory: undefined,
  channels: [],
};

/** A layer of settings, as it came: parsed by `resolveConfig`, which names `where` and the spelling used there in its refusals. */
export type ConfigLayer = {
  readonly values: Readonly<Record<string, unknown>>;
  /** How this layer spells a key: `--stun-port`, `SWARMTUBE_STUN_PORT`, `"stunPort"`. */
  readonly spell: (key: string) => string;
  /** Its values have parts with names of their own: a file, not a command line. */
  readonly isNested?: boolean;
  /** The keys that may stand here, for the refusal of others. */
  readonly known: readonly string[];
};

export const CONFIG_KEYS: readonly string[] = Object.keys(DEFAULT_CONFIG);

/** Checks each layer by itself, so that a mistake is named where it was made; the first layer that sets a key wins. Throws `UsageError`. */
export function resolveConfig(layers: readonly ConfigLayer[], defaults: Config = DEFAULT_CONFIG): Config {
  const resolved: Record<string, unknown> = { ...defaults };
  for (const layer of layers.toReversed()) Object.assign(resolved, checkLayer(layer));
  const config = resolved as Config;
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    const [given, missing] = config.tlsCert === undefined ? ['tls-key', 'tls-cert'] : ['tls-cert', 'tls-key'];
    throw new UsageError(`--${given} needs --${missing} beside it`);
  }
  const lacksUser = config.iceServer.some(({ urls, credential }) => /^turns?:/.test(urls) && credential === undefined);
  if (lacksUser && config.turnSecret === undefined) {
    throw new UsageError('a TURN server without USER:PASSWORD needs --turn-secret, the secret of its coturn');
  }
  return config;
}

function checkLayer(layer: ConfigLayer): Record<string, unknown> {
  const checked: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(layer.values)) {
    if (value === undefined) continue;
    if (!layer.known.includes(key)) throw new UsageError(unknownKey(layer.spell(key), key, layer));
    const result = SCHEMAS[key as keyof typeof SCHEMAS].safeParse(value);
    if (!result.success) throw new UsageError(wrongValue(layer, key, result.error));
    checked[key] = result.data;
  }
  return checked;
}

function unknownKey(spelt: string, key: string, layer: ConfigLayer): string {
  const near = nearest(key, layer.known);
  return `unknown ${spelt}${near === undefined ? '' : `; did you mean ${layer.spell(near)}?`}`;
}

/** The first problem only: one line. A path into the channels is told as the file spells it. */
function wrongValue(layer: ConfigLayer, key: string, error: z.ZodError): string {
  // A misspelt key is why the right one is missing.
  const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0];
  const spelt = layer.spell(key);
  if (issue === undefined) return `${spelt} is wrong`;
  const place = layer.isNested === true ? [spelt, ...issue.path.map(String)].join(' › ') : spelt;
  if (issue.code === 'unrecognized_keys') {
    const unknown = issue.keys[0] ?? '';
    const near = nearest(unknown, CHANNEL_KEYS);
    return `unknown "${unknown}" in ${place}; ${near === undefined ? `there are ${CHANNEL_KEYS.join(', ')}` : `did you mean "${near}"?`}`;
  }
  return `${place}: ${issue.message}`;
}

/** A number, or the digits of one as command line and environment give them. */
const wholeNumber = (message: string, least: number, most: number) =>
  z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^\d{1,12}$/)
          .transform(Number),
      ],
      message,
    )
    .pipe(z.number(message).int(message).min(least, message).max(most, message));
const port = (message: string) => wholeNumber(message, 0, 65_535);
const text = (message: string) => z.string(message).trim().min(1, message);

const ICE_HELP = 'must be stun:HOST:PORT or turn:USER:PASSWORD@HOST:PORT';
const iceServer = z.union(
  [
    z.string().transform((url, context) => {
      const server = parseIceServer(url);
      if (server === undefined) context.issues.push({ code: 'custom', message: ICE_HELP, input: url });
      return server ?? z.NEVER;
    }),
    z
      .strictObject({ urls: z.string(), username: z.string().optional(), credential: z.string().optional() })
      .refine((server) => isPlainIceUrl(server.urls), ICE_HELP)
      .transform(withoutUndefined),
  ],
  ICE_HELP,
);

const ORIGIN_HELP = 'must be an origin: https://example.org, without a path';
const origin = z.string(ORIGIN_HELP).transform((address, context) => {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && `${url.origin}/` === url.href) return url.origin;
  context.issues.push({ code: 'custom', message: ORIGIN_HELP, input: address });
  return z.NEVER;
});

const CHANNEL_SCHEMA = z.strictObject(
  {
    source: text('must be an address, a file, or - for standard input'),
    title: text('must be a line of text').max(200, 'must be 200 characters or fewer').optional(),
    loop: z.boolean('must be true or false').optional(),
  },
  'must be an object with a source',
);
const CHANNEL_KEYS = Object.keys(CHANNEL_SCHEMA.shape);

const SCHEMAS = {
  host: text('must be an address to listen on'),
  port: port('must be a port, 0 to 65535'),
  data: text('must be a folder'),
  tlsCert: text('must be a PEM file'),
  tlsKey: text('must be a PEM file'),
  trustProxy: z.boolean('must be true or false'),
  stunPort: z.union(
    [z.literal('off'), port('must be a port, 0 to 65535, or off')],
    'must be a port, 0 to 65535, or off',
  ),
  iceServer: z.preprocess(
    (value) => (Array.isArray(value) ? value : [value]),
    z.array(iceServer).max(8, 'are too many: 8 at most'),
  ),
  turnSecret: text('must be the secret that coturn has'),
  allowOrigin: z.preprocess(
    (value) => (Array.isArray(value) ? value : [value]),
    z.array(origin).max(100, 'are too many: 100 at most'),
  ),
  logLevel: z.string('must be a log level').transform((level, context) => {
    const known = LOG_LEVELS.find((candidate) => candidate === level);
    if (known !== undefined) return known;
    const near = nearest(level, LOG_LEVELS);
    const message = `"${level}" is none of ${LOG_LEVELS.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`;
    context.issues.push({ code: 'custom', message, input: level });
    return z.NEVER;
  }),
  copies: wholeNumber('must be a whole number of copies, 1 to 16', 1, 16),
  uploadLimit: wholeNumber('must be a whole number of kbit/s, 1 or more', 1, 100_000_000),
  memory: wholeNumber('must be a whole number of MiB, 16 or more', 16, 16_777_216),
  channels: z
    .preprocess(asMap, z.map(z.string(), CHANNEL_SCHEMA, 'must be an object: channel name, then its settings'))
    .transform((channels, context) => {
      const named = [...channels].map(([name, channel]) => namedChannel(name, channel, context));
      const piped = named.filter(({ source }) => source === '-').map(({ name }) => name);
      if (piped.length > 1) {
        context.addIssue({
          code: 'custom',
          message: `only one channel can read standard input, not ${piped.join(' and ')}`,
        });
      }
      return named;
    }),
} as const;

type ChannelInput = z.infer<typeof CHANNEL_SCHEMA>;

/** A record would lose the channel `__proto__`. */
function asMap(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : value;
}

function namedChannel(name: string, channel: ChannelInput, context: z.RefinementCtx): ChannelConfig {
  const parsed = parseChannelName(name);
  if (parsed !== undefined) {
    return { name: parsed, source: channel.source, title: channel.title ?? name, loop: channel.loop ?? false };
  }
  const message = `"${name}" is no channel name: 1 to 64 letters, digits, _ and -`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

function isPlainIceUrl(url: string): boolean {
  return /^(stuns?|turns?):[^\s@]+$/i.test(url);
}

function withoutUndefined(server: {
  urls: string;
  username?: string | undefined;
  credential?: string | undefined;
}): IceServer {
  return {
    urls: server.urls,
    ...(server.username === undefined ? {} : { username: server.username }),
    ...(server.credential === undefined ? {} : { credential: server.credential }),
  };
}
