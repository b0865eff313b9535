import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Feed, FeedEvent } from '../../../../seeder/feeds/feed.ts';
import { encodeFlvHeader, encodeFlvTag } from '../../../../shared/tags/flv-tag-writer.ts';
import type { Tag } from '../../../../shared/tags/tag.ts';

export function flvFile(tags: readonly Tag[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat([encodeFlvHeader({ hasAudio: true, hasVideo: true }), ...tags.map(encodeFlvTag)]),
  );
}

/** A folder of its own, removed after the test. */
export async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmtube-feed-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Reads a feed event by event; it is let go of after the test. */
export class FeedReading {
  private readonly abort = new AbortController();
  private readonly events: AsyncIterator<FeedEvent>;

  constructor(feed: Feed, context: TestContext) {
    this.events = feed.read(this.abort.signal)[Symbol.asyncIterator]();
    context.after(() => this.stop());
  }

  /** The next event; undefined at the end. */
  async next(): Promise<FeedEvent | undefined> {
    const next = await this.events.next();
    return next.done === true ? undefined : next.value;
  }

  /** As many tags, nothing else between them. */
  async tags(count: number): Promise<Tag[]> {
    const tags: Tag[] = [];
    while (tags.length < count) {
      const event = await this.next();
      if (event?.type !== 'tag') throw new Error(`a tag wanted, ${JSON.stringify(event)} came`);
      tags.push(event.tag);
    }
    return tags;
  }

  /** Everything up to the end or the failure. */
  async rest(): Promise<{ readonly events: FeedEvent[]; readonly failure: unknown }> {
    const events: FeedEvent[] = [];
    try {
      for (let event = await this.next(); event !== undefined; event = await this.next()) events.push(event);
      return { events, failure: undefined };
    } catch (failure) {
      return { events, failure };
    }
  }

  async stop(): Promise<void> {
    this.abort.abort(new Error('the test is over'));
    await this.events.next().catch(() => {});
  }
}
