import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { SwarmtubeError } from '../../shared/basics/errors.ts';
import { type Clock, SYSTEM_CLOCK } from '../clock.ts';
import type { Feed } from './feed.ts';
import { GrowingFileFeed } from './growing-file-feed.ts';
import { HttpFlvFeed, type HttpFlvFeedOptions } from './http-flv-feed.ts';
import { LoopedFileFeed } from './looped-file-feed.ts';
import { sourceKind, unsupportedSource } from './source-kind.ts';
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
  const kind = sourceKind(source);
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
      throw unsupportedSource(source, `swarmtube seed - --channel ${options.channel ?? 'NAME'}`);
  }
}
