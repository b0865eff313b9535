import type { Tag } from '../tags/tag.ts';
import { readTagContents } from '../tags/tag-contents.ts';
import { AudioTrack } from './audio-track.ts';
import type { Fragment, TypeSupport } from './fragment.ts';
import { VideoTrack } from './video-track.ts';

export type RemuxerOptions = {
  /** What the receiver can play; decides between the ways to carry MP3, and what is left out as unsupported. */
  readonly isTypeSupported: TypeSupport;
  /** Added to every time: where this epoch's line is laid on the receiver's. Default 0. */
  readonly shiftMs?: number;
};

/** Audio that is this far behind video has stopped; silence takes its place, up to half as far behind. */
const AUDIO_STOPPED_MS = 1_500;
/** Video likewise; a still picture takes its place. Some encoders interleave badly: for them this is patient. */
const VIDEO_STOPPED_MS = 2_000;
/** Once it has stopped, the still picture keeps this close behind audio, so that nothing runs dry. */
const STILL_BEHIND_MS = 200;

/**
 * Tags in, fragmented MP4 out, audio and video apart (docs/COMPATIBILITY.md 6). Push tags in order of the stream and take fragments as
 * often as is wanted: once a packet keeps the overhead small. Exactly one frame a track is held, until the next one tells
 * its duration; nothing else is. Only track 0 of a multitrack stream is played.
 */
export class Remuxer {
  private readonly shiftMs: number;
  private readonly video: VideoTrack;
  private readonly audio: AudioTrack;
  private ready: Fragment[] = [];

  constructor(options: RemuxerOptions) {
    this.shiftMs = options.shiftMs ?? 0;
    this.video = new VideoTrack(options.isTypeSupported);
    this.audio = new AudioTrack(options.isTypeSupported);
  }

  /** The tracks that were announced or seen: what a MediaSource must have a SourceBuffer for before the first append. */
  get expected(): { readonly video: boolean; readonly audio: boolean } {
    return { video: this.video.isExpected, audio: this.audio.isExpected };
  }

  /** `isDiscontinuity`: times jumped, or tags before this one were lost. */
  push(tag: Tag, isDiscontinuity = false): void {
    if (isDiscontinuity) {
      this.video.noteBreak();
      this.audio.noteBreak();
    }
    const timeMs = tag.timestampMs + this.shiftMs;
    for (const content of readTagContents(tag)) {
      if (!('trackId' in content) || content.trackId !== 0) continue;
      switch (content.role) {
        case 'video-configuration':
          this.video.configure(content.codec, content.configuration);
          break;
        case 'audio-configuration':
          this.audio.configure(content.codec, content.configuration);
          break;
        case 'video-frame':
          this.video.push(content, timeMs, this.ready);
          break;
        case 'audio-frame':
          this.audio.push(content, timeMs, this.ready);
          break;
      }
    }
  }

  /** Frames were lost: video waits for a keyframe. */
  lose(): void {
    this.audio.noteBreak();
    this.video.noteBreak();
    this.video.awaitKeyframe();
  }

  /** Everything that is complete since the last call. */
  take(): Fragment[] {
    this.fillStoppedAudio();
    this.fillStoppedVideo();
    return this.cut(false);
  }

  /** As `take`, with the held frames: nothing follows. */
  flush(): Fragment[] {
    return this.cut(true);
  }

  private cut(includeHeld: boolean): Fragment[] {
    const fragments = this.ready;
    this.ready = [];
    this.video.take(fragments, includeHeld);
    this.audio.take(fragments, includeHeld);
    return fragments;
  }

  private fillStoppedAudio(): void {
    const videoMs = this.video.newestMs;
    const audioMs = this.audio.newestMs;
    if (videoMs === undefined || audioMs === undefined || videoMs - audioMs < AUDIO_STOPPED_MS) return;
    this.audio.fillUntil(videoMs - AUDIO_STOPPED_MS / 2, this.ready);
  }

  private fillStoppedVideo(): void {
    const videoMs = this.video.newestMs;
    const audioMs = this.audio.newestMs;
    if (videoMs === undefined || audioMs === undefined) return;
    if (audioMs - videoMs < (this.video.isStill ? 2 * STILL_BEHIND_MS : VIDEO_STOPPED_MS)) return;
    this.video.holdUntil(audioMs - STILL_BEHIND_MS);
  }
}
