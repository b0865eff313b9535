import type { MediaMillis } from '../../shared/basics/units.ts';
import { ConfigurationStore } from '../../shared/tags/configuration-store.ts';
import type { Tag } from '../../shared/tags/tag.ts';
import { readTagContents } from '../../shared/tags/tag-contents.ts';
import type { FeedEvent } from './feed.ts';

/** Longest group of pictures that is kept: 30 s at 8 Mbit/s. A longer one is skipped, up to the next keyframe. */
const BYTES_MAX = 32 * 1024 * 1024;
/** How much is kept where there is no video. */
const AUDIO_KEPT_MS = 1000;
const AUDIO_TAGS_MAX = 1000;

/**
 * What a reader that joins late must be given of all that came before: the configurations, then everything from the last
 * keyframe on. It is shown every tag and keeps one group of pictures.
 */
export class LastKeyframeWindow {
  private configurations = new ConfigurationStore();
  private before: readonly Tag[] = [];
  private kept: Tag[] = [];
  private keptBytes = 0;
  private hasVideo = false;

  take(event: FeedEvent): void {
    if (event.type === 'restarted') {
      this.configurations = new ConfigurationStore();
      this.hasVideo = false;
      this.forget();
      return;
    }
    if (event.type !== 'tag') return;
    const { tag } = event;
    const contents = readTagContents(tag);
    const frame = contents.find((content) => content.role === 'video-frame' && content.trackId === 0);
    if (frame?.role === 'video-frame') this.hasVideo = true;
    if (frame?.role === 'video-frame' && frame.isKeyframe) this.forget();
    this.configurations.observe(tag, contents);
    this.kept.push(tag);
    this.keptBytes += tag.body.byteLength;
    if (!this.hasVideo) this.forgetOldAudio(tag.timestampMs);
    if (this.keptBytes > BYTES_MAX) this.forget();
  }

  /** Much is left out from here on: only the configurations are kept. */
  skip(): void {
    this.forget();
  }

  /** The tags to begin with. The configurations take the time of what follows: theirs may lie hours back. */
  tags(): Tag[] {
    const start = this.kept[0];
    if (start === undefined) return [...this.before];
    return [...this.before.map((tag) => ({ ...tag, timestampMs: start.timestampMs })), ...this.kept];
  }

  private forgetOldAudio(nowMs: MediaMillis): void {
    const isOld = (tag: Tag): boolean => Math.abs(nowMs - tag.timestampMs) > AUDIO_KEPT_MS;
    const oldest = this.kept[0];
    if (oldest === undefined || !(isOld(oldest) || this.kept.length > AUDIO_TAGS_MAX)) return;
    const kept = this.kept.filter((tag) => !isOld(tag)).slice(-AUDIO_TAGS_MAX / 2);
    this.forget();
    this.kept = kept;
    this.keptBytes = kept.reduce((sum, tag) => sum + tag.body.byteLength, 0);
  }

  private forget(): void {
    this.before = this.configurations.tags();
    this.kept = [];
    this.keptBytes = 0;
  }
}
