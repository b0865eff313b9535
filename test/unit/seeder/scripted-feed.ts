import type { Feed, FeedEvent } from '../../../seeder/feeds/feed.ts';
import type { Tag } from '../../../shared/tags/tag.ts';

/** A feed that says what a test tells it to say, when it is told. */
export class ScriptedFeed implements Feed {
  readonly description = 'a script';
  readonly canReopen: boolean;
  readonly endsAfterSilenceMs = 30_000;
  pacesItself = false;
  /** How often it was opened so far. */
  reads = 0;
  isOpen = false;
  private queue: (FeedEvent | Error | 'end')[] = [];
  private wake: (() => void) | undefined;
  private becomeAnother: () => void = () => {};

  constructor(canReopen = true) {
    this.canReopen = canReopen;
  }

  say(...events: readonly (FeedEvent | Error | 'end')[]): void {
    this.queue.push(...events);
    this.wake?.();
  }

  tags(...tags: readonly Tag[]): void {
    this.say(...tags.map((tag): FeedEvent => ({ type: 'tag', tag })));
  }

  change(): void {
    this.becomeAnother();
  }

  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.becomeAnother = resolve;
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  async *read(signal: AbortSignal): AsyncGenerator<FeedEvent> {
    this.reads++;
    this.isOpen = true;
    const onAbort = (): void => this.wake?.();
    signal.addEventListener('abort', onAbort);
    try {
      for (;;) {
        signal.throwIfAborted();
        const next = this.queue.shift();
        if (next instanceof Error) throw next;
        if (next === 'end') return;
        if (next !== undefined) yield next;
        else {
          await new Promise<void>((resolve) => {
            this.wake = resolve;
          });
        }
      }
    } finally {
      this.isOpen = false;
      signal.removeEventListener('abort', onAbort);
    }
  }
}
