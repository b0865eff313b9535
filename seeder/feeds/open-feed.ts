import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { SwarmtubeError } from '../../shared/basics/errors.ts';
import { type Clock, SYSTEM_CLOCK } from '../clock.ts';
import type { Feed } from './feed.ts';
import { GrowingFileFeed } from './growing-file-feed.ts';
import { HttpFlvFeed, type HttpFlvFeedOptions } from './http-flv-feed.ts';
import { LoopedFileFeed } from './looped-file-feed.ts';
import { StandardInputFeed } from './standard-input-feed.ts';

export type OpenFeedOptions = {
  /** Plays a finished file round and round. */
  readonly loop?: boolean;
  /** Stands in the command line that is advised for sources which need ffmpeg. */
  readonly channel?: string;
  /** Silence after which the broadcast counts as over, ms. Default 30,000 for a file, 60,000 for the network. */
  readonly endsAfterSilenceMs?: number;
  readonly http?: Pick<HttpFlvFeedOptions, 'stallMs' | 'lookup'>;
  readonly clock?: Clock;
  readonly standardInput?: Readable;
};

const FILE_SILENCE_MS = 30_000;
const NETWORK_SILENCE_MS = 60_000;

/** The feed that a SOURCE means. Nothing is opened before it is read. Throws a `SwarmtubeError` where there is none. */
export function openFeed(source: string, options: OpenFeedOptions = {}): Feed {
  const { clock = SYSTEM_CLOCK } = options;
  const kind = kindOf(source);
  if (options.loop === true && kind !== 'file') {
    throw new SwarmtubeError('loop-needs-file', `only a file can be looped, and ${source} is none`);
  }
  switch (kind) {
    case 'standard-input':
      return new StandardInputFeed(
        options.standardInput ?? process.stdin,
        options.endsAfterSilenceMs ?? NETWORK_SILENCE_MS,
      );
    case 'http-flv': {
      const endsAfterSilenceMs = options.endsAfterSilenceMs ?? NETWORK_SILENCE_MS;
      return new HttpFlvFeed(new URL(source), { ...options.http, clock, endsAfterSilenceMs });
    }
    case 'file': {
      const endsAfterSilenceMs = options.endsAfterSilenceMs ?? FILE_SILENCE_MS;
      const path = /^file:\/\//i.test(source) ? fileURLToPath(source) : source;
      return options.loop === true
        ? new LoopedFileFeed(path, { clock, endsAfterSilenceMs })
        : new GrowingFileFeed(path, { clock, endsAfterSilenceMs });
    }
    case 'unsupported':
      throw new SwarmtubeError('unsupported-source', unsupportedSentence(source, options.channel ?? 'NAME'));
  }
}

function kindOf(source: string): 'standard-input' | 'http-flv' | 'file' | 'unsupported' {
  if (source === '-') return 'standard-input';
  if (source === '' || source.startsWith('ffmpeg:')) return 'unsupported';
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(source)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === 'file') return 'file';
  if ((scheme !== 'http' && scheme !== 'https') || !URL.canParse(source)) return 'unsupported';
  // An address without an ending may well be FLV; what it is otherwise is told by its first bytes.
  return /\.(?:m3u8?|ts|mpd|mp4|mkv|webm|m4s)$/i.test(new URL(source).pathname) ? 'unsupported' : 'http-flv';
}

function unsupportedSentence(source: string, channel: string): string {
  const shown = source.startsWith('ffmpeg:') ? source.slice('ffmpeg:'.length).trim() || 'ARGS' : `-i ${quoted(source)}`;
  return (
    `${source === '' ? 'an empty text' : quoted(source)} is no source that can be read directly; those are an http(s) ` +
    'address of an FLV stream, an FLV file, and - for standard input. ffmpeg reads the rest: ' +
    `ffmpeg ${shown} -c copy -f flv - | swarmtube seed - --channel ${channel}`
  );
}

function quoted(text: string): string {
  return /^[\w./:@%+=,-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
