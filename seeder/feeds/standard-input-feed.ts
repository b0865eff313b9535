import type { Readable } from 'node:stream';
import type { Feed, FeedEvent } from './feed.ts';
import { FlvFeedReader } from './flv-feed-reader.ts';

/** FLV on standard input: what ffmpeg or another program pipes in. Over when the pipe is closed. */
export class StandardInputFeed implements Feed {
  readonly description = 'standard input';
  readonly canReopen = false;
  readonly endsAfterSilenceMs: number;
  private readonly input: Readable;

  constructor(input: Readable, endsAfterSilenceMs: number) {
    this.input = input;
    this.endsAfterSilenceMs = endsAfterSilenceMs;
  }

  async *read(signal: AbortSignal): AsyncGenerator<FeedEvent> {
    const { input } = this;
    const onAbort = (): void => void input.destroy(signal.reason as Error);
    signal.throwIfAborted();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const reader = new FlvFeedReader();
      let bytes = 0;
      for await (const chunk of input) {
        bytes += (chunk as Uint8Array).byteLength;
        yield* reader.read(chunk as Uint8Array);
      }
      if (bytes > 0) yield* reader.end();
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}
