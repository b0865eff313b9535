import { concatenate } from '../bytes/concatenate.ts';
import { type AudioDescription, describeAudioConfiguration } from '../tags/codec-configuration.ts';
import type { AudioCodec, TagContent } from '../tags/tag-contents.ts';
import { samplesInFrame, silentFrame } from './audio-frames.ts';
import type { Fragment, TypeSupport } from './fragment.ts';
import { encodeInitSegment } from './init-segment.ts';
import { encodeMediaFragment, type Sample } from './media-fragment.ts';
import { audioSampleEntry, isAudioCodecCarried } from './sample-entries.ts';

export type AudioFrame = Extract<TagContent, { role: 'audio-frame' }>;

const TRACK_ID = 2;
/** Times are counted in samples; only when the tags' times leave that count by more than this are they believed (docs/COMPATIBILITY.md 5). */
const DRIFT_MS_MAX = 80;
/** Bound on the silence put into one gap: the timeline closes everything over a second. */
const SILENCE_MS_MAX = 3_000;

type Configuration = {
  readonly codec: AudioCodec;
  readonly bytes: Uint8Array;
  readonly description: AudioDescription;
};
type CurrentConfiguration = Configuration & {
  readonly silence: Uint8Array | undefined;
  readonly isPlayable: boolean;
  /** Raw MPEG audio frames: the only form in which Chromium takes MP3. */
  readonly isRaw: boolean;
};

/** Turns audio frames into fragments on a line without holes: each frame begins where the one before ends. */
export class AudioTrack {
  private readonly isTypeSupported: TypeSupport;
  private current: CurrentConfiguration | undefined;
  private pending: Configuration | undefined;
  private samples: Sample[] = [];
  /** Where the next frame begins, in samples. */
  private next: number | undefined;
  private isBroken = false;
  private fragmentNumber = 0;

  constructor(isTypeSupported: TypeSupport) {
    this.isTypeSupported = isTypeSupported;
  }

  get isExpected(): boolean {
    return this.pending !== undefined || this.current?.isPlayable === true;
  }

  /** Where the next frame is expected, ms; undefined before the first one. */
  get newestMs(): number | undefined {
    return this.current && this.next !== undefined
      ? (this.next * 1000) / this.current.description.sampleRate
      : undefined;
  }

  /** Empty AAC headers are not a configuration, and the same one again changes nothing (docs/COMPATIBILITY.md 3). */
  configure(codec: AudioCodec, bytes: Uint8Array): void {
    if (bytes.length === 0 && codec !== 'opus') return;
    const description = describeAudioConfiguration(codec, bytes);
    this.propose(codec, bytes, description ?? { codecString: codec, sampleRate: 0, channels: 0, samplesPerFrame: 0 });
  }

  push(frame: AudioFrame, timeMs: number, out: Fragment[]): void {
    if (frame.data.length === 0) return;
    if (frame.codec === 'mp3') this.configureFromFrame(frame.data);
    else if (this.current === undefined && this.pending === undefined && frame.codec !== 'aac') {
      // These say nothing before their first frame, or never.
      this.configure(frame.codec, frame.codec === 'opus' ? new Uint8Array(0) : Uint8Array.of(0));
    }
    const exactMs = timeMs + frame.offsetNanos / 1e6;
    this.reach(exactMs, this.isBroken, out);
    this.isBroken = false;
    if (this.pending !== undefined) this.begin(this.pending, out);
    const { current } = this;
    if (current?.isPlayable !== true) return;
    const { sampleRate, samplesPerFrame } = current.description;
    const time = Math.round((exactMs * sampleRate) / 1000);
    this.next ??= time;
    // Behind the count by this much, the frame repeats what was already said.
    if (this.next - time > (DRIFT_MS_MAX * sampleRate) / 1000) return;
    this.add(frame.data, samplesInFrame(frame.codec, frame.data, samplesPerFrame));
  }

  /** What comes next does not join on: the hole before it may be left open. */
  noteBreak(): void {
    this.isBroken = true;
  }

  /** Silence up to this time, for a sender that stopped without a word: video must not wait for it. */
  fillUntil(timeMs: number, out: Fragment[]): void {
    if (this.newestMs !== undefined && this.current?.silence !== undefined) this.reach(timeMs, false, out);
  }

  take(out: Fragment[], includeHeld: boolean): void {
    const samples = includeHeld ? this.samples : this.samples.slice(0, -1);
    const first = samples[0];
    const last = samples.at(-1);
    if (this.current === undefined || first === undefined || last === undefined) return;
    this.samples = includeHeld ? [] : this.samples.slice(-1);
    const ticksPerMs = this.current.description.sampleRate / 1000;
    out.push({
      kind: 'media',
      track: 'audio',
      startMs: first.decodeTime / ticksPerMs,
      endMs: (last.decodeTime + last.duration) / ticksPerMs,
      startsWithKeyframe: true,
      bytes: this.current.isRaw
        ? concatenate(samples.map((sample) => sample.data))
        : encodeMediaFragment(TRACK_ID, ++this.fragmentNumber, samples),
    });
  }

  /** Brings the end of the line near this time: by silence, else by a longer last frame, or not at all after a loss. */
  private reach(timeMs: number, isAfterBreak: boolean, out: Fragment[]): void {
    const { current } = this;
    if (current?.isPlayable !== true || this.next === undefined) return;
    const { sampleRate, samplesPerFrame } = current.description;
    const time = Math.round((timeMs * sampleRate) / 1000);
    const gap = time - this.next;
    if (Math.abs(gap) <= (DRIFT_MS_MAX * sampleRate) / 1000) return;
    if (gap < 0) return;
    if (isAfterBreak) {
      this.take(out, true);
      this.next = time;
      return;
    }
    const held = this.samples.at(-1);
    if (current.silence !== undefined && gap * 1000 <= SILENCE_MS_MAX * sampleRate) {
      for (let count = Math.floor(gap / samplesPerFrame); count > 0; count--)
        this.add(current.silence, samplesPerFrame);
    } else if (held !== undefined) {
      held.duration += gap;
      this.next = time;
    }
  }

  private add(data: Uint8Array, duration: number): void {
    const decodeTime = this.next ?? 0;
    this.samples.push({ decodeTime, duration, compositionOffset: 0, isKeyframe: true, data });
    this.next = decodeTime + duration;
  }

  /** MP3 has no configuration but the header of each frame; only what it says about the track counts. */
  private configureFromFrame(frame: Uint8Array): void {
    const description = describeAudioConfiguration('mp3', frame);
    if (description === undefined) return;
    const { sampleRate, channels } = description;
    this.propose('mp3', Uint8Array.of(sampleRate >> 8, sampleRate & 255, channels), description);
  }

  private propose(codec: AudioCodec, bytes: Uint8Array, description: AudioDescription): void {
    const { current } = this;
    const isSame =
      current?.codec === codec &&
      current.bytes.length === bytes.length &&
      current.bytes.every((byte, index) => byte === bytes[index]);
    this.pending = isSame ? undefined : { codec, bytes: bytes.slice(), description };
  }

  private begin(configuration: Configuration, out: Fragment[]): void {
    const nextMs = this.newestMs;
    this.take(out, true);
    this.pending = undefined;
    const { codec, bytes, description } = configuration;
    const { sampleRate, channels } = description;
    const mimeType = this.mimeTypeFor(codec, description.codecString);
    const isPlayable = sampleRate > 0 && isAudioCodecCarried(codec) && this.isTypeSupported(mimeType);
    const isRaw = mimeType === 'audio/mpeg';
    const silence = silentFrame(codec, description.codecString, channels);
    this.current = { ...configuration, silence, isPlayable, isRaw };
    if (!isPlayable) {
      out.push({ kind: 'unsupported', track: 'audio', codec, mimeType });
      return;
    }
    // The line goes on where it was, counted in the new samples.
    this.next = nextMs === undefined ? undefined : Math.round((nextMs * sampleRate) / 1000);
    const sampleEntry = audioSampleEntry({ codec, sampleRate, channels, configuration: bytes });
    const init = isRaw
      ? new Uint8Array(0)
      : encodeInitSegment({ trackId: TRACK_ID, timescale: sampleRate, sampleEntry });
    out.push({ kind: 'init', track: 'audio', mimeType, width: 0, height: 0, bytes: init });
  }

  private mimeTypeFor(codec: AudioCodec, codecString: string): string {
    if (codec !== 'mp3') return `audio/mp4; codecs="${codecString}"`;
    const inMp4 = 'audio/mp4; codecs="mp4a.6B"';
    return this.isTypeSupported(inMp4) ? inMp4 : 'audio/mpeg';
  }
}
