import type { TrackDescription } from '../basics/track-description.ts';
import type { Amf0Property } from './amf0.ts';
import { describeAudioConfiguration, describeVideoConfiguration, keyframeSize } from './codec-configuration.ts';
import { metadataNumber, readMetadata } from './metadata.ts';
import type { Tag } from './tag.ts';
import { type AudioCodec, readTagContents, type TagContent, type VideoCodec } from './tag-contents.ts';

export type ObservedTrack = {
  readonly description: TrackDescription;
  readonly frames: number;
  readonly keyframes: number;
  /** Payload of its frames, without FLV framing. */
  readonly bytes: number;
  /** Of its frames; undefined before the first. */
  readonly firstDtsMs: number | undefined;
  readonly lastDtsMs: number | undefined;
};

/** Tracks that are told apart; further ids of a hostile feed are not remembered. */
const TRACKS_MAX = 32;

type Facts = Omit<TrackDescription, 'id' | 'type' | 'codec'>;
type Track = {
  readonly id: number;
  readonly type: TrackDescription['type'];
  codec: string;
  facts: Facts;
  frames: number;
  keyframes: number;
  bytes: number;
  firstDtsMs: number | undefined;
  lastDtsMs: number | undefined;
};

/** Learns from the tags that pass what tracks a feed has. Configurations are believed, onMetaData only where they are silent. */
export class TrackObserver {
  private readonly byKey = new Map<string, Track>();
  /** Of track 0, as onMetaData tells it. */
  private toldSize: { readonly width: number; readonly height: number } | undefined;

  /** `contents`: of this tag, where they were read already. */
  observe(tag: Tag, contents: readonly TagContent[] = readTagContents(tag)): void {
    if (tag.kind === 'data') {
      const metadata = readMetadata(tag);
      if (metadata !== undefined) this.toldSize = sizeOf(metadata);
      else this.observeScript(tag);
      return;
    }
    for (const content of contents) this.observeContent(content, tag);
  }

  /** Video first, then audio, then data; by id. */
  tracks(): TrackDescription[] {
    return this.observed().map((track) => track.description);
  }

  observed(): ObservedTrack[] {
    const order = ['video', 'audio', 'data'];
    return [...this.byKey.values()]
      .sort((left, right) => order.indexOf(left.type) - order.indexOf(right.type) || left.id - right.id)
      .map(({ id, type, codec, facts, ...counts }) => ({
        description: { id, type, codec, ...(type === 'video' ? this.withToldSize(id, facts) : facts) },
        ...counts,
      }));
  }

  private observeContent(content: TagContent, tag: Tag): void {
    switch (content.role) {
      case 'video-configuration':
        this.configure('video', content, videoFacts(content.codec, content.configuration));
        break;
      case 'audio-configuration':
        this.configure('audio', content, audioFacts(content.codec, content.configuration));
        break;
      case 'video-frame': {
        const track = this.track('video', content.trackId, content.codec);
        if (track === undefined) break;
        countFrame(track, tag, content.data);
        if (!content.isKeyframe) break;
        track.keyframes++;
        if (track.facts.width === undefined) {
          track.facts = { ...track.facts, ...keyframeSize(content.codec, content.data) };
        }
        break;
      }
      case 'audio-frame': {
        const track = this.track('audio', content.trackId, content.codec);
        if (track === undefined) break;
        if (track.facts.sampleRate === undefined) track.facts = factsOfFrame(content.codec, content.data, tag);
        countFrame(track, tag, content.data);
        break;
      }
    }
  }

  private observeScript(tag: Tag): void {
    const track = this.track('data', 0, 'amf0');
    if (track !== undefined) countFrame(track, tag, tag.body);
  }

  private configure(
    type: 'video' | 'audio',
    content: { readonly trackId: number; readonly codec: string },
    facts: Facts,
  ): void {
    const track = this.track(type, content.trackId, content.codec);
    if (track !== undefined) track.facts = facts;
  }

  private track(type: TrackDescription['type'], id: number, codec: string): Track | undefined {
    const key = `${type} ${id}`;
    let track = this.byKey.get(key);
    if (track === undefined) {
      if (this.byKey.size >= TRACKS_MAX) return undefined;
      const none = { frames: 0, keyframes: 0, bytes: 0, firstDtsMs: undefined, lastDtsMs: undefined };
      track = { id, type, codec, facts: {}, ...none };
      this.byKey.set(key, track);
    }
    if (track.codec !== codec) {
      track.codec = codec;
      track.facts = {};
    }
    return track;
  }

  private withToldSize(id: number, facts: Facts): Facts {
    return facts.width === undefined && id === 0 && this.toldSize !== undefined
      ? { ...facts, ...this.toldSize }
      : facts;
  }
}

function sizeOf(metadata: readonly Amf0Property[]): { readonly width: number; readonly height: number } | undefined {
  const width = metadataNumber(metadata, 'width');
  const height = metadataNumber(metadata, 'height');
  return width === undefined || height === undefined
    ? undefined
    : { width: Math.round(width), height: Math.round(height) };
}

function countFrame(track: Track, tag: Tag, data: Uint8Array): void {
  track.frames++;
  track.bytes += data.byteLength;
  track.firstDtsMs ??= tag.timestampMs;
  track.lastDtsMs = tag.timestampMs;
}

function videoFacts(codec: VideoCodec, configuration: Uint8Array): Facts {
  const description = describeVideoConfiguration(codec, configuration);
  if (description === undefined) return {};
  const { codecString, width, height } = description;
  return width > 0 && height > 0 ? { codecString, width, height } : { codecString };
}

function audioFacts(codec: AudioCodec, configuration: Uint8Array): Facts {
  const description = describeAudioConfiguration(codec, configuration);
  if (description === undefined) return {};
  const { codecString, sampleRate, channels } = description;
  return { codecString, sampleRate, channels };
}

/** Legacy codecs tell their format in the tag's first byte; MP3 tells it better in each frame; AAC only in its configuration. */
function factsOfFrame(codec: AudioCodec, data: Uint8Array, tag: Tag): Facts {
  const described = codec === 'mp3' || codec === 'opus' ? audioFacts(codec, codec === 'mp3' ? data : NO_BYTES) : {};
  if (described.sampleRate !== undefined || codec === 'aac') return described;
  const flags = tag.body[0] as number;
  const format = flags >> 4;
  if (format === ENHANCED_AUDIO) return {};
  const channels = (flags & 1) === 0 ? 1 : 2;
  const fixed = FIXED_SAMPLE_RATES[format];
  if (fixed !== undefined) return { sampleRate: fixed, channels: G711_FORMATS.includes(format) ? channels : 1 };
  return { sampleRate: LEGACY_SAMPLE_RATES[(flags >> 2) & 3] as number, channels };
}

const NO_BYTES = new Uint8Array(0);
const ENHANCED_AUDIO = 9;
const LEGACY_SAMPLE_RATES = [5512, 11025, 22050, 44100];
/** Of the formats with a fixed rate the only ones that may be stereo. */
const G711_FORMATS = [7, 8];
/** Formats whose rate is part of their name, whatever the flags say: Nellymoser 16 and 8 kHz, G.711, Speex, MP3 at 8 kHz. */
const FIXED_SAMPLE_RATES: Readonly<Record<number, number>> = {
  4: 16000,
  5: 8000,
  7: 8000,
  8: 8000,
  11: 16000,
  14: 8000,
};
