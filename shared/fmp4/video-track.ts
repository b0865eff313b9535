import { describeVideoConfiguration, keyframeSize } from '../tags/codec-configuration.ts';
import { toLengthPrefixed } from '../tags/codecs/annex-b.ts';
import type { TagContent, VideoCodec } from '../tags/tag-contents.ts';
import type { Fragment, TypeSupport } from './fragment.ts';
import { encodeInitSegment } from './init-segment.ts';
import { encodeMediaFragment, type Sample } from './media-fragment.ts';
import { withoutEmptyNalUnits } from './nal-units.ts';
import { isVideoCodecCarried, videoSampleEntry } from './sample-entries.ts';

export type VideoFrame = Extract<TagContent, { role: 'video-frame' }>;

const TRACK_ID = 1;
/** 90 kHz: a multiple of every usual frame rate, and of milliseconds. */
const TICKS_PER_MS = 90;
const NANOS_PER_TICK = 1_000_000 / TICKS_PER_MS;
/** One frame at 25 a second, until two frames have told. */
const USUAL_DURATION_AT_FIRST = 40 * TICKS_PER_MS;
/** A hole that follows a loss is left open from here on (the player jumps it); a shorter one is the frame before shown longer. */
const LOSS_GAP_TICKS = 250 * TICKS_PER_MS;

type Configuration = { readonly codec: VideoCodec; readonly bytes: Uint8Array };
type CurrentConfiguration = Configuration & { readonly lengthBytes: number; readonly isPlayable: boolean };

/** Turns video frames into fragments. The last frame is held until the next one tells how long it lasts. */
export class VideoTrack {
  private readonly isTypeSupported: TypeSupport;
  private current: CurrentConfiguration | undefined;
  private pending: Configuration | undefined;
  private samples: Sample[] = [];
  private usualDuration = USUAL_DURATION_AT_FIRST;
  private awaitsKeyframe = true;
  private lastKeyframe: Uint8Array | undefined;
  private isHeldStill = false;
  private isBroken = false;
  private fragmentNumber = 0;

  constructor(isTypeSupported: TypeSupport) {
    this.isTypeSupported = isTypeSupported;
  }

  /** A configuration, or frames, were seen: a player must provide for this track. */
  get isExpected(): boolean {
    return this.pending !== undefined || this.current?.isPlayable === true;
  }

  /** Where the held frame begins, or undefined while there is none. */
  get newestMs(): number | undefined {
    const held = this.samples.at(-1);
    return held && held.decodeTime / TICKS_PER_MS;
  }

  /** No pictures come, and the last keyframe stands in for them. */
  get isStill(): boolean {
    return this.isHeldStill;
  }

  /** Kept until its first frame comes, so that the last frame of the old one gets its exact duration: a hole would stop playback. */
  configure(codec: VideoCodec, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.pending = isSame(this.current, codec, bytes) ? undefined : { codec, bytes: bytes.slice() };
  }

  push(frame: VideoFrame, decodeMs: number, out: Fragment[]): void {
    const lengthBytes = this.pending === undefined ? this.current?.lengthBytes : nalLengthBytes(this.pending);
    const data = lengthBytes
      ? withoutEmptyNalUnits(toLengthPrefixed(frame.data, lengthBytes), lengthBytes)
      : frame.data;
    if (data.length === 0 || (this.awaitsKeyframe && !frame.isKeyframe)) return;
    if (this.pending !== undefined && !frame.isKeyframe) return;
    const wantedDecodeTime = Math.round(decodeMs * TICKS_PER_MS);
    const decodeTime = this.endHeldFrame(wantedDecodeTime, out);
    if (this.pending !== undefined) this.begin(this.pending, data, out);
    if (this.current?.isPlayable !== true) return;
    this.awaitsKeyframe = false;
    this.isHeldStill = false;
    if (frame.isKeyframe) this.lastKeyframe = data;
    const offset = Math.round(frame.compositionOffsetMs * TICKS_PER_MS + frame.offsetNanos / NANOS_PER_TICK);
    this.samples.push({
      decodeTime,
      duration: this.usualDuration,
      compositionOffset: wantedDecodeTime + offset - decodeTime,
      isKeyframe: frame.isKeyframe,
      data,
    });
  }

  /**
   * Pictures have stopped, and players wait for the shorter track: the held frame lasts until then, and behind it stands
   * the last keyframe once more. Any other frame could not be decoded twice; what follows must be a keyframe again.
   */
  holdUntil(untilMs: number): void {
    const held = this.samples.at(-1);
    const decodeTime = Math.round(untilMs * TICKS_PER_MS);
    if (held === undefined || this.lastKeyframe === undefined || decodeTime <= held.decodeTime) return;
    held.duration = decodeTime - held.decodeTime;
    this.samples.push({
      decodeTime,
      duration: this.usualDuration,
      compositionOffset: held.compositionOffset,
      isKeyframe: true,
      data: this.lastKeyframe,
    });
    this.isHeldStill = true;
    this.awaitsKeyframe = true;
  }

  /** Everything whose duration is known; with `includeHeld` also the last frame, at the usual duration. */
  take(out: Fragment[], includeHeld: boolean): void {
    const samples = includeHeld ? this.samples : this.samples.slice(0, -1);
    const first = samples[0];
    const last = samples.at(-1);
    if (first === undefined || last === undefined) return;
    this.samples = includeHeld ? [] : this.samples.slice(-1);
    out.push({
      kind: 'media',
      track: 'video',
      startMs: first.decodeTime / TICKS_PER_MS,
      endMs: (last.decodeTime + last.duration) / TICKS_PER_MS,
      startsWithKeyframe: first.isKeyframe,
      bytes: encodeMediaFragment(TRACK_ID, ++this.fragmentNumber, samples),
    });
  }

  /** What comes next does not join on: the hole before it may be left open. */
  noteBreak(): void {
    this.isBroken = true;
  }

  /** Frames are missing: what follows can be decoded only from the next keyframe on. */
  awaitKeyframe(): void {
    this.awaitsKeyframe = true;
  }

  /** Gives the held frame its duration; returns the next one's decode time, which never goes backwards. */
  private endHeldFrame(wantedDecodeTime: number, out: Fragment[]): number {
    const isAfterBreak = this.isBroken;
    this.isBroken = false;
    const held = this.samples.at(-1);
    if (held === undefined) return wantedDecodeTime;
    const decodeTime = Math.max(wantedDecodeTime, held.decodeTime + TICKS_PER_MS);
    const duration = decodeTime - held.decodeTime;
    if (isAfterBreak && duration > this.usualDuration + LOSS_GAP_TICKS) {
      // A fragment knows only where it begins: behind a hole there must be another.
      this.take(out, true);
      return decodeTime;
    }
    held.duration = duration;
    if (duration < LOSS_GAP_TICKS) this.usualDuration = duration;
    return decodeTime;
  }

  /** `frame`: the first of the new configuration. */
  private begin(configuration: Configuration, frame: Uint8Array, out: Fragment[]): void {
    this.take(out, true);
    this.pending = undefined;
    this.lastKeyframe = undefined;
    const { codec, bytes } = configuration;
    const description = describeVideoConfiguration(codec, bytes);
    const mimeType = `video/mp4; codecs="${description?.codecString ?? codec}"`;
    const isPlayable = description !== undefined && isVideoCodecCarried(codec) && this.isTypeSupported(mimeType);
    this.current = { ...configuration, lengthBytes: nalLengthBytes(configuration), isPlayable };
    if (!isPlayable) {
      out.push({ kind: 'unsupported', track: 'video', codec, mimeType });
      return;
    }
    // No player takes a track of no size; VP9's configuration does not tell it.
    const { width, height } = description.width > 0 ? description : (keyframeSize(codec, frame) ?? description);
    const sampleEntry = videoSampleEntry({ codec, width, height, configuration: bytes });
    const init = encodeInitSegment({
      trackId: TRACK_ID,
      timescale: TICKS_PER_MS * 1000,
      sampleEntry,
      size: { width, height },
    });
    out.push({ kind: 'init', track: 'video', mimeType, width, height, bytes: init });
  }
}

/** 0 for codecs without NAL units. */
function nalLengthBytes({ codec, bytes }: Configuration): number {
  return codec === 'h264' || codec === 'hevc' ? (describeVideoConfiguration(codec, bytes)?.nalLengthBytes ?? 4) : 0;
}

function isSame(current: Configuration | undefined, codec: VideoCodec, bytes: Uint8Array): boolean {
  if (current?.codec !== codec || current.bytes.length !== bytes.length) return false;
  return current.bytes.every((byte, index) => byte === bytes[index]);
}
