import { createReadStream } from 'node:fs';
import { SwarmtubeError } from '../../shared/basics/errors.ts';
import type { MediaMillis } from '../../shared/basics/units.ts';
import { FlvTagReader } from '../../shared/tags/flv-tag-reader.ts';
import type { Tag } from '../../shared/tags/tag.ts';
import type { Clock } from '../clock.ts';
import { fileReason } from '../file-reason.ts';
import type { Feed, FeedEvent } from './feed.ts';
import { FileIdentity } from './file-identity.ts';
import { LoopRound } from './loop-round.ts';
import { Pace } from './pace.ts';

const CHUNK_BYTES = 64 * 1024;
/** Where the first round begins: room for a tag that is older than the first of the file. */
const FIRST_ROUND_MS = 1000;

/**
 * A finished FLV file, round and round as if live: each round begins where the last one ended, on one line of time that
 * never jumps, and each tag comes when its time has come.
 */
export class LoopedFileFeed implements Feed {
  readonly description: string;
  readonly canReopen = true;
  readonly pacesItself = true;
  readonly endsAfterSilenceMs: number;
  private readonly path: string;
  private readonly clock: Clock;
  private readonly identity: FileIdentity;

  constructor(path: string, options: { readonly clock: Clock; readonly endsAfterSilenceMs: number }) {
    this.path = path;
    this.clock = options.clock;
    this.identity = new FileIdentity(path);
    this.description = `file ${path}, looped`;
    this.endsAfterSilenceMs = options.endsAfterSilenceMs;
  }

  async *read(signal: AbortSignal): AsyncGenerator<FeedEvent> {
    await this.identity.note();
    const pace = new Pace(this.clock);
    for (let startMs = FIRST_ROUND_MS as MediaMillis; ; ) {
      const round = new LoopRound(startMs);
      for await (const tag of this.tagsOf(round, signal)) {
        await pace.waitFor(tag.timestampMs, signal);
        // What goes out has 32 bits like the time of any other source.
        yield { type: 'tag', tag: { ...tag, timestampMs: (tag.timestampMs % 0x1_0000_0000) as MediaMillis } };
      }
      if (!round.hasFrames) {
        throw new SwarmtubeError('feed-empty', `${this.path} holds no audio or video; check it with swarmtube inspect`);
      }
      startMs = round.endMs;
      await pace.waitFor(startMs, signal);
    }
  }

  changed(signal: AbortSignal): Promise<void> {
    return this.identity.changed(this.clock, signal);
  }

  private async *tagsOf(round: LoopRound, signal: AbortSignal): AsyncGenerator<Tag> {
    const reader = new FlvTagReader();
    try {
      for await (const chunk of createReadStream(this.path, { highWaterMark: CHUNK_BYTES, signal })) {
        for (const event of reader.read(chunk as Uint8Array)) {
          if (event.type === 'restart') round.restart();
          else yield* round.place(event.tag);
        }
      }
      for (const tag of reader.end()) yield* round.place(tag);
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof SwarmtubeError) throw thrown;
      throw new SwarmtubeError('feed-unreadable', `cannot read ${this.path}: ${fileReason(thrown)}`, { cause: thrown });
    }
  }
}
