import type { LookupFunction } from 'node:net';
import { SwarmtubeError } from '../../shared/basics/errors.ts';
import type { Clock } from '../clock.ts';
import type { Feed, FeedEvent } from './feed.ts';
import { FlvFeedReader } from './flv-feed-reader.ts';
import { openHttpStream, readChunks, shownUrl } from './http-stream.ts';

export type HttpFlvFeedOptions = {
  readonly clock: Clock;
  /** Without a byte for so long the connection is given up and made anew, ms. Default 10,000. */
  readonly stallMs?: number;
  readonly endsAfterSilenceMs: number;
  readonly lookup?: LookupFunction;
};

const STALL_MS = 10_000;

/**
 * A live FLV stream pulled over HTTP. One `read` is one connection; when it closes, breaks or stalls, that is a failure, and
 * the channel calls again. A server that really is done keeps refusing, until the channel's silence is over.
 */
export class HttpFlvFeed implements Feed {
  readonly description: string;
  readonly canReopen = true;
  readonly endsAfterSilenceMs: number;
  private readonly url: URL;
  private readonly options: HttpFlvFeedOptions;

  constructor(url: URL, options: HttpFlvFeedOptions) {
    this.url = url;
    this.options = options;
    this.description = `HTTP-FLV from ${shownUrl(url)}`;
    this.endsAfterSilenceMs = options.endsAfterSilenceMs;
  }

  async *read(signal: AbortSignal): AsyncGenerator<FeedEvent> {
    const options = { stallMs: STALL_MS, ...this.options, signal };
    const stream = await openHttpStream(this.url, options);
    const type = stream.response.headers['content-type'] ?? '';
    if (/^text\/html/i.test(type)) {
      stream.response.destroy();
      throw new SwarmtubeError(
        'feed-not-flv',
        `${shownUrl(stream.url)} is a web page, not an FLV stream; look in it for the address of the stream itself`,
      );
    }
    const reader = new FlvFeedReader();
    try {
      for await (const chunk of readChunks(stream, options)) yield* reader.read(chunk);
      yield* reader.end();
    } catch (thrown) {
      signal.throwIfAborted();
      throw thrown;
    }
    throw new SwarmtubeError('feed-closed', `${shownUrl(stream.url)} closed the stream`);
  }
}
