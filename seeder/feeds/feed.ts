import { SwarmtubeError } from '../../shared/basics/errors.ts';
import type { Tag } from '../../shared/tags/tag.ts';

export type FeedEvent =
  /** One tag with the time its source gave it, raw 32-bit milliseconds. */
  | { readonly type: 'tag'; readonly tag: Tag }
  /** The source begins again before the next tag: its times and codecs may be others, and pictures may be missing between. */
  | { readonly type: 'restarted' }
  /** Nothing comes at the moment, and why: a sentence for the operator. Over with the next tag. */
  | { readonly type: 'waiting'; readonly text: string }
  /** It is over, and why: a sentence. The next tag, if there ever is one, begins another broadcast. */
  | { readonly type: 'ended'; readonly text: string }
  /** Something the operator should know; the feed goes on. */
  | { readonly type: 'note'; readonly text: string };

/**
 * A source of tags. `read` goes on until the source is over for good (returns), fails (throws a `SwarmtubeError` whose
 * sentence says what to do), or the signal is aborted (throws its reason). The reader sets the pace: nothing is read ahead
 * of it but what one read from disk or network brings.
 */
export interface Feed {
  /** For people: what it is and where, without passwords and keys. */
  readonly description: string;
  /** Whether `read` may be called again after it failed. Not so for standard input. */
  readonly canReopen: boolean;
  /** Without a tag for so long the broadcast counts as over; it begins anew when tags come again. */
  readonly endsAfterSilenceMs: number;
  /** It gives each tag at its own moment: what comes late, and then at once, is this process's doing and no manner of the source. */
  readonly pacesItself?: boolean;
  read(signal: AbortSignal): AsyncIterable<FeedEvent>;
  /** After a failure: returns when the source has become another, so that it should be read at once. Throws the signal's reason. */
  changed?(signal: AbortSignal): Promise<void>;
}

/** Of a feed that cannot be opened again, and is over before anything could be broadcast. */
export function emptyPipe({ description }: Feed): SwarmtubeError {
  const sentence = `Nothing that can be broadcast came from ${description}: see what the program says that was to write to it.`;
  return new SwarmtubeError('feed-empty', sentence);
}
