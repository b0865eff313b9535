import type { ChannelName } from '../shared/basics/units.ts';
import { parseChannelName } from '../shared/basics/units.ts';
import { decodeBase64Url } from '../shared/bytes/base64url.ts';
import { DEFAULT_TARGET_LATENCY_MS } from './playback/latency-controller.ts';

/** `receive`: takes from viewers, gives nothing. `ask`: the viewer is asked first; until then as `off`. */
export type P2pMode = 'on' | 'off' | 'receive' | 'ask';

/** What a page may say. Everything but `src` has a default. */
export type PlayerOptions = {
  /** The channel's address: `https://video.example.org/live/main`. */
  readonly src?: string;
  /** The broadcaster's public key, base64url. Without it the server's own word is taken for it. */
  readonly key?: string;
  /** Proves the right to watch, where the server asks for it. */
  readonly token?: string;
  /** Seconds to wait for the swarm before the server stream takes over. Default 3. */
  readonly patience?: number;
  /** Seconds kept for instant replay. Default 600. */
  readonly playback?: number;
  /** Seconds behind live that are aimed at. Default 2; less costs the server more. */
  readonly latency?: number;
  /** Default `on`. */
  readonly p2p?: P2pMode;
  /** Upload to other viewers, kbit/s. Default: what the line gives, at most as much as is downloaded. */
  readonly uploadLimit?: number;
  /** Starts by itself. Default: what the video element says. */
  readonly autoplay?: boolean;
};

export type ResolvedOptions = {
  readonly channelUrl: string;
  readonly channel: ChannelName;
  readonly key: Uint8Array<ArrayBuffer> | undefined;
  readonly token: string | undefined;
  readonly patienceMs: number;
  readonly playbackSeconds: number;
  readonly targetLatencyMs: number;
  readonly p2p: P2pMode;
  readonly uploadLimitBytesPerSecond: number | undefined;
};

const P2P_MODES: readonly P2pMode[] = ['on', 'off', 'receive', 'ask'];
const PUBLIC_KEY_BYTES = 32;
const BYTES_PER_KBIT = 125;
const LATENCY_SECONDS = { min: 0.5, max: 30 } as const;
const PATIENCE_SECONDS = { default: 3, min: 0, max: 60 } as const;
/** Browsers keep about 150 MB of video: 600 s of 2 Mbit/s. What does not fit they throw out themselves. */
const PLAYBACK_SECONDS = { default: 600, min: 10, max: 3_600 } as const;

/** Checks what the page said. Throws `TypeError` that names the option: the page's author made a mistake. */
export function resolveOptions(options: PlayerOptions | undefined, baseUrl: string): ResolvedOptions {
  if (!options?.src) throw new TypeError('src is missing: give the address of a channel');
  const channelUrl = channelUrlOf(options.src, baseUrl);
  const name = parseChannelName(decodeURIComponent(channelUrl.slice(channelUrl.lastIndexOf('/') + 1)));
  if (name === undefined)
    throw new TypeError(`src: ${options.src} does not end in a channel's name, as .../live/main does`);
  if (/\/(?:watch|embed)\/[^/]*$/.test(channelUrl))
    throw new TypeError(`src: ${options.src} is a page: give .../live/${name}`);
  const key = options.key ? decodeBase64Url(options.key) : undefined;
  if (options.key && key?.byteLength !== PUBLIC_KEY_BYTES) {
    throw new TypeError('key is not a public key: copy the embed code from the watch page again');
  }
  const limit = options.uploadLimit;
  if (limit !== undefined && !(limit >= 0)) throw new TypeError(`upload-limit is a number of kbit/s, not ${limit}`);
  return {
    channelUrl,
    channel: name,
    key,
    token: options.token || undefined,
    patienceMs: 1000 * bounded(options.patience ?? PATIENCE_SECONDS.default, 'patience', PATIENCE_SECONDS),
    playbackSeconds: bounded(options.playback ?? PLAYBACK_SECONDS.default, 'playback', PLAYBACK_SECONDS),
    targetLatencyMs: 1000 * bounded(options.latency ?? DEFAULT_TARGET_LATENCY_MS / 1000, 'latency', LATENCY_SECONDS),
    p2p: checkedP2p(options.p2p ?? 'on'),
    uploadLimitBytesPerSecond: limit === undefined ? undefined : limit * BYTES_PER_KBIT,
  };
}

/** Pages are not type-checked. */
export function checkedP2p(mode: P2pMode): P2pMode {
  if (P2P_MODES.includes(mode)) return mode;
  throw new TypeError(`p2p is one of ${P2P_MODES.join(', ')}, not ${String(mode)}`);
}

/** The address without what was copied with it: a file ending, a slash, a query. */
function channelUrlOf(src: string, baseUrl: string): string {
  let url: URL;
  try {
    url = new URL(src, baseUrl);
  } catch {
    throw new TypeError(`src: ${src} is not an address`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new TypeError(`src: ${src} is neither http nor https`);
  return url.origin + url.pathname.replace(/\/+$/, '').replace(/\.(?:json|flv|m3u8|jpg)$/, '');
}

/** Attributes come as their text. */
function bounded(value: number, name: string, limits: { readonly min: number; readonly max: number }): number {
  if (!Number.isFinite(+value)) throw new TypeError(`${name} is a number of seconds, not ${String(value)}`);
  return Math.min(limits.max, Math.max(limits.min, value));
}
