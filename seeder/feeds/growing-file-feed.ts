import { type FileHandle, open, stat } from 'node:fs/promises';
import { SwarmtubeError } from '../../shared/basics/errors.ts';
import type { Tag } from '../../shared/tags/tag.ts';
import { Timeline } from '../../shared/tags/timeline.ts';
import type { Clock } from '../clock.ts';
import { fileReason } from '../file-reason.ts';
import type { Feed, FeedEvent } from './feed.ts';
import { FileIdentity } from './file-identity.ts';
import { FileWatch } from './file-watch.ts';
import { FlvFeedReader } from './flv-feed-reader.ts';
import { LastKeyframeWindow } from './last-keyframe-window.ts';
import { Pace } from './pace.ts';

export type GrowingFileFeedOptions = {
  readonly clock: Clock;
  readonly endsAfterSilenceMs: number;
  /** How often the file is looked at where the system does not report changes, ms. Default 200. */
  readonly pollMs?: number;
  /**
   * A larger file is not read from end to end to find its last keyframe: the configurations are taken from its front, the
   * keyframe from its last eighth. A configuration that changed between is missed. Default 512 MiB, about a second's work.
   */
  readonly walkedBytesMax?: number;
};

const POLL_MS = 200;
const CHUNK_BYTES = 256 * 1024;
const WALKED_BYTES_MAX = 512 * 1024 * 1024;

/**
 * An FLV file that an encoder is still writing. It starts at the last keyframe and follows the end of the file; tags that
 * are not yet whole are waited for. A file that shrinks or is replaced begins anew; one that is not there, or is gone, is
 * waited for. One that nobody has written to for as long as ends a broadcast is finished: it is played from its start, once.
 */
export class GrowingFileFeed implements Feed {
  readonly description: string;
  readonly canReopen = true;
  readonly endsAfterSilenceMs: number;
  private readonly path: string;
  private readonly clock: Clock;
  private readonly pollMs: number;
  private readonly walkedBytesMax: number;
  private isPlaying = false;
  private readonly identity: FileIdentity;

  constructor(path: string, options: GrowingFileFeedOptions) {
    this.path = path;
    this.clock = options.clock;
    this.pollMs = options.pollMs ?? POLL_MS;
    this.walkedBytesMax = options.walkedBytesMax ?? WALKED_BYTES_MAX;
    this.identity = new FileIdentity(path);
    this.description = `file ${path}`;
    this.endsAfterSilenceMs = options.endsAfterSilenceMs;
  }

  /** While a finished file is played; what an encoder writes comes as it writes it. */
  get pacesItself(): boolean {
    return this.isPlaying;
  }

  async *read(signal: AbortSignal): AsyncGenerator<FeedEvent> {
    await this.identity.note();
    const changes = new FileWatch(this.path, this.pollMs, this.clock);
    try {
      for (let isFirst = true; ; isFirst = false) {
        const file = yield* this.openWhenThere(changes, signal);
        try {
          if (!isFirst) yield { type: 'restarted' };
          yield* this.follow(file, changes, signal);
        } finally {
          await file.close();
        }
      }
    } finally {
      changes.close();
    }
  }

  changed(signal: AbortSignal): Promise<void> {
    return this.identity.changed(this.clock, signal);
  }

  private async *openWhenThere(changes: FileWatch, signal: AbortSignal): AsyncGenerator<FeedEvent, FileHandle> {
    for (let isFirst = true; ; isFirst = false) {
      signal.throwIfAborted();
      const file = await this.openIfThere();
      if (file !== undefined) return file;
      if (isFirst)
        yield { type: 'waiting', text: `${this.path} is not there yet; it begins when an encoder writes it` };
      await changes.wait(signal);
    }
  }

  private async openIfThere(): Promise<FileHandle | undefined> {
    try {
      const found = await stat(this.path);
      if (!found.isFile()) {
        throw new SwarmtubeError(
          'feed-not-a-file',
          `${this.path} is ${found.isDirectory() ? 'a folder' : 'no ordinary file'}; give a file, or - for standard input`,
        );
      }
      return await open(this.path, 'r');
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      if (thrown instanceof SwarmtubeError) throw thrown;
      throw new SwarmtubeError('feed-unreadable', `cannot read ${this.path}: ${fileReason(thrown)}`, { cause: thrown });
    }
  }

  /** Returns when this is no longer the file to read, or must be read from its start again. */
  private async *follow(file: FileHandle, changes: FileWatch, signal: AbortSignal): AsyncGenerator<FeedEvent> {
    const tail = new FileTail(file);
    const idleMs = this.clock.wallMs() - (await file.stat()).mtimeMs;
    if (idleMs >= this.endsAfterSilenceMs) {
      this.isPlaying = true;
      try {
        if (!(yield* this.play(file, tail, idleMs, signal))) return;
      } finally {
        this.isPlaying = false;
      }
      yield { type: 'ended', text: `The broadcast is over: ${this.path} was played to its end; ${LOOP_ADVICE}.` };
    } else {
      for (const tag of await tail.catchUp(this.walkedBytesMax, signal)) yield { type: 'tag', tag };
    }
    let isGoneTold = false;
    for (;;) {
      const events = await tail.next();
      if (events !== undefined) {
        yield* events;
        continue;
      }
      const state = await this.stateOf(file, tail.offset);
      if (state === 'replaced' || state === 'truncated') return;
      if (state === 'gone' && !isGoneTold) {
        yield { type: 'waiting', text: `${this.path} is gone; it goes on when the file comes back` };
      }
      isGoneTold = state === 'gone';
      await changes.wait(signal);
    }
  }

  /** A finished file in real time. False where somebody changes it meanwhile. */
  private async *play(
    file: FileHandle,
    tail: FileTail,
    idleMs: number,
    signal: AbortSignal,
  ): AsyncGenerator<FeedEvent, boolean> {
    const { size } = await file.stat();
    // Not of what turns out to be no FLV, which is tried again and again.
    let isNoted = false;
    const timeline = new Timeline();
    const pace = new Pace(this.clock);
    for (;;) {
      const isSame = (await file.stat()).size === size && (await this.stateOf(file, tail.offset)) !== 'replaced';
      if (!isSame) return false;
      const events = await tail.next();
      if (events === undefined) return true;
      for (const event of events) {
        if (event.type === 'restarted') timeline.restart();
        if (event.type === 'tag') {
          const text = `${this.path} was last written ${spanText(idleMs)} ago: it is played once; ${LOOP_ADVICE}`;
          if (!isNoted) yield { type: 'note', text };
          isNoted = true;
          await pace.waitFor(timeline.place(event.tag).tag.timestampMs, signal);
        }
        yield event;
      }
    }
  }

  private async stateOf(file: FileHandle, offset: number): Promise<'same' | 'truncated' | 'replaced' | 'gone'> {
    const opened = await file.stat({ bigint: true });
    if (opened.size < offset) return 'truncated';
    try {
      const named = await stat(this.path, { bigint: true });
      return named.ino === opened.ino && named.dev === opened.dev ? 'same' : 'replaced';
    } catch (thrown) {
      if (isMissing(thrown)) return 'gone';
      throw new SwarmtubeError('feed-unreadable', `cannot read ${this.path}: ${fileReason(thrown)}`, { cause: thrown });
    }
  }
}

/** A place in an open file that moves towards its end. */
class FileTail {
  offset = 0;
  private readonly file: FileHandle;
  private readonly chunk = new Uint8Array(CHUNK_BYTES);
  private reader = new FlvFeedReader();

  constructor(file: FileHandle) {
    this.file = file;
  }

  /** Reads what is there by now; gives the configurations and what follows the last keyframe. */
  async catchUp(walkedBytesMax: number, signal: AbortSignal): Promise<readonly Tag[]> {
    const window = new LastKeyframeWindow();
    const { size } = await this.file.stat();
    const take = async (until: number): Promise<void> => {
      while (this.offset < until) {
        signal.throwIfAborted();
        const events = await this.next();
        if (events === undefined) return;
        for (const event of events) window.take(event);
      }
    };
    if (size > walkedBytesMax) {
      await take(walkedBytesMax / 64);
      this.offset = size - Math.floor(walkedBytesMax / 8);
      this.reader = new FlvFeedReader({ startsAt: 'tag' });
      window.skip();
    }
    await take(size);
    return window.tags();
  }

  /** Undefined at the end of what is written so far. */
  async next(): Promise<readonly FeedEvent[] | undefined> {
    const { bytesRead } = await this.file.read(this.chunk, 0, CHUNK_BYTES, this.offset);
    if (bytesRead === 0) return undefined;
    this.offset += bytesRead;
    return this.reader.read(this.chunk.subarray(0, bytesRead));
  }
}

const LOOP_ADVICE = '--loop plays it round and round';

function spanText(spanMs: number): string {
  const minutes = Math.round(spanMs / 60_000);
  if (minutes < 2) return `${Math.round(spanMs / 1000)} s`;
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2880 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 1440)} days`;
}

function isMissing(thrown: unknown): boolean {
  const code = (thrown as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
