import type { MediaMillis } from '../basics/units.ts';
import { amf0Property } from '../tags/amf0.ts';
import type { Tag } from '../tags/tag.ts';
import type { TagContent, VideoCodec } from '../tags/tag-contents.ts';

/** Where no video comes, about one packet a second is a door: a new listener waits no longer, and pays a few bytes. */
const AUDIO_DOOR_INTERVAL_MS = 1000;
/** Video that was there and is quiet for so long is taken as gone: from then on audio makes the doors again. */
const VIDEO_GONE_MS = 5000;

/** A keyframe of these says nothing to a decoder that has not seen the configuration. */
const NEEDS_CONFIGURATION: ReadonlySet<VideoCodec> = new Set<VideoCodec>(['h264', 'hevc', 'vvc']);

/**
 * Decides which tags playback can start at: keyframes of video track 0, and audio of track 0 where there is no video.
 * Other tracks never decide.
 */
export class DoorPolicy {
  private firstMs: MediaMillis | undefined;
  private lastVideoMs: MediaMillis | undefined;
  private lastDoorMs: MediaMillis | undefined;
  private hasVideoConfiguration = false;
  private isVideoPromised = false;

  /** True where a door must begin at this tag. Asked once for each tag, in order. */
  isDoor(tag: Tag, contents: readonly TagContent[]): boolean {
    this.firstMs ??= tag.timestampMs;
    const isDoor = contents.some(
      (content) => (!('trackId' in content) || content.trackId === 0) && this.opens(tag, content),
    );
    if (isDoor) this.lastDoorMs = tag.timestampMs;
    return isDoor;
  }

  private opens(tag: Tag, content: TagContent): boolean {
    switch (content.role) {
      case 'video-configuration':
        this.hasVideoConfiguration = true;
        this.isVideoPromised = true;
        return false;
      case 'script':
        this.isVideoPromised ||= content.name === 'onMetaData' && tellsVideo(content);
        return false;
      case 'video-frame':
        this.lastVideoMs = tag.timestampMs;
        return (
          content.isKeyframe &&
          content.data.byteLength > 0 &&
          (this.hasVideoConfiguration || !NEEDS_CONFIGURATION.has(content.codec))
        );
      case 'audio-frame':
        return this.isVideoMissing(tag.timestampMs) && this.isIntervalOver(tag.timestampMs);
      default:
        return false;
    }
  }

  private isVideoMissing(nowMs: MediaMillis): boolean {
    // Where pictures are promised wait a moment: audio often comes before the first of them. Some never come.
    const waitMs = this.isVideoPromised ? AUDIO_DOOR_INTERVAL_MS : 0;
    if (this.lastVideoMs === undefined) return nowMs - (this.firstMs ?? nowMs) >= waitMs;
    return nowMs - this.lastVideoMs >= VIDEO_GONE_MS;
  }

  private isIntervalOver(nowMs: MediaMillis): boolean {
    return this.lastDoorMs === undefined || nowMs - this.lastDoorMs >= AUDIO_DOOR_INTERVAL_MS;
  }
}

function tellsVideo({ values }: Extract<TagContent, { role: 'script' }>): boolean {
  return values.some((value) => {
    const codec = amf0Property(value, 'videocodecid');
    return codec?.type === 'number' ? codec.value > 0 : codec !== undefined;
  });
}
