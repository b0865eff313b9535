import type { Readable } from 'node:stream';
import { SwarmtubeError } from '../../shared/basics/errors.ts';
import type { Feed, FeedEvent } from './feed.ts';
import { FlvFeedReader } from './flv-feed-reader.ts';

const EMPTY = 'Standard input ended before any picture or sound: see what the program says that was to write to it.';

/** FLV on standard input: what ffmpeg or another program pipes in. Over when the pipe is closed; without a tag until then it fails. */
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
      let tags = 0;
      for await (const chunk of input) {
        bytes += (chunk as Uint8Array).byteLength;
        for (const event of reader.read(chunk as Uint8Array)) {
          if (event.type === 'tag') tags++;
          yield event;
        }
      }
      const rest = bytes > 0 ? reader.end() : [];
      if (tags === 0 && !rest.some(({ type }) => type === 'tag')) throw new SwarmtubeError('feed-empty', EMPTY);
      yield* rest;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}
