import type { MediaMillis } from '../../shared/basics/units.ts';
import type { Tag } from '../../shared/tags/tag.ts';
import { readTagContents, type TagContent } from '../../shared/tags/tag-contents.ts';
import { Timeline } from '../../shared/tags/timeline.ts';

/** What a lone frame is taken to last. */
const FRAME_MS = 40;

type Track = { readonly firstMs: number; lastMs: number; frames: number };

/**
 * One pass through a file, put on a line of time behind the pass before it. It ends when its longest track does: the last
 * frame's time and how long a frame of that track lasts. All tracks move by the same, so that they stay together: a file may
 * begin with a tag that is not its earliest, which then stands a little before the start.
 */
export class LoopRound {
  private readonly startMs: MediaMillis;
  private readonly timeline: Timeline;
  private readonly tracks = new Map<string, Track>();

  constructor(startMs: MediaMillis) {
    this.startMs = startMs;
    this.timeline = new Timeline(startMs);
  }

  /** The tag on the line; nothing for an end of sequence, since the sequence does not end. */
  place(tag: Tag): readonly Tag[] {
    const contents = readTagContents(tag);
    if (contents.length > 0 && contents.every(({ role }) => role === 'sequence-end')) return [];
    const placed = this.timeline.place(tag, contents).tag;
    for (const content of contents) this.count(content, placed.timestampMs);
    return [placed];
  }

  /** The file itself begins again in its middle: it was joined from several. */
  restart(): void {
    this.timeline.restart();
  }

  get hasFrames(): boolean {
    return this.tracks.size > 0;
  }

  /** Where the next round begins. */
  get endMs(): MediaMillis {
    const ends = [...this.tracks.values()].map((track) => track.lastMs + frameDurationMs(track));
    return Math.max(this.startMs, ...ends) as MediaMillis;
  }

  private count(content: TagContent, timestampMs: MediaMillis): void {
    if (content.role !== 'video-frame' && content.role !== 'audio-frame') return;
    const id = `${content.role} ${content.trackId}`;
    const track = this.tracks.get(id);
    if (track === undefined) {
      this.tracks.set(id, { firstMs: timestampMs, lastMs: timestampMs, frames: 1 });
    } else {
      track.lastMs = Math.max(track.lastMs, timestampMs);
      track.frames++;
    }
  }
}

/** Of the whole track: single differences are rounded to milliseconds. */
function frameDurationMs({ firstMs, lastMs, frames }: Track): number {
  return frames === 1 ? FRAME_MS : Math.round((lastMs - firstMs) / (frames - 1));
}
