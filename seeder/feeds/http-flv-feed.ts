import type { LookupFunction } from 'node:net';
import { SwarmtubeError } from '../../shared/basics/errors.ts';
import type { Clock } from '../clock.ts';
import type { Feed, FeedEvent } from './feed.ts';
import { FlvFeedReader } from './flv-feed-reader.ts';
import { type HttpStream, openHttpStream, readChunks, shownUrl } from './http-stream.ts';
import { RepeatedBeginning } from './repeated-beginning.ts';

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
 * the channel calls again. A server that really is done keeps refusing, until the channel's silence is over. A finished file
 * is played once: one that the server tells the length of is then over, and of one without a length the beginning is known
 * again, and nothing is taken until another comes.
 */
export class HttpFlvFeed implements Feed {
  readonly description: string;
  readonly canReopen = true;
  readonly endsAfterSilenceMs: number;
  private readonly url: URL;
  private readonly options: HttpFlvFeedOptions;
  private readonly beginning = new RepeatedBeginning();

  constructor(url: URL, options: HttpFlvFeedOptions) {
    this.url = url;
    this.options = options;
    this.description = `HTTP-FLV from ${shownUrl(url)}`;
    this.endsAfterSilenceMs = options.endsAfterSilenceMs;
  }

  async *read(signal: AbortSignal): AsyncGenerator<FeedEvent> {
    const options = { stallMs: STALL_MS, ...this.options, signal };
    this.beginning.open();
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
      for await (const chunk of readChunks(stream, options)) {
        const news = this.beginning.take(chunk);
        if (news === 'repeated') throw repeatedError(stream.url);
        if (news.byteLength > 0) yield* reader.read(news);
      }
      if (isComplete(stream) && this.beginning.close() === 'repeated') throw repeatedError(stream.url);
      yield* reader.end();
    } catch (thrown) {
      signal.throwIfAborted();
      throw thrown;
    }
    if (!isFile(stream)) throw new SwarmtubeError('feed-closed', `${shownUrl(stream.url)} closed the stream`);
    yield {
      type: 'note',
      text: `${shownUrl(stream.url)} is a finished file: it is played once; to play it round and round, download it and add --loop`,
    };
  }
}

/** Not so where the end of the connection is the end of the body: a server that was killed ends it too. */
function isComplete({ response }: HttpStream): boolean {
  return response.complete && /\bchunked\b/i.test(response.headers['transfer-encoding'] ?? '');
}

/** A body of a length that is known beforehand, and came whole: no live stream is. */
function isFile({ response }: HttpStream): boolean {
  return response.complete && Number(response.headers['content-length'] ?? 0) > 0;
}

function repeatedError(url: URL): SwarmtubeError {
  return new SwarmtubeError(
    'feed-repeated',
    `${shownUrl(url)} closed the stream and now begins just as before, as a finished file does: it was played once; to play it round and round, download it and add --loop`,
  );
}
