import type { Tag } from './tag.ts';
import { type AudioCodec, readTagContents, type TagContent, type VideoCodec } from './tag-contents.ts';

export type ConfigurationChange = 'none' | 'new' | 'changed' | 'repeated';

/** Configurations are under 1 KiB, HEVC's with many parameter sets included; more is not kept for every new reader. */
const CONFIGURATION_BYTES_MAX = 64 * 1024;
/** onMetaData with the keyframe table of a long file; more is not kept. */
const METADATA_BYTES_MAX = 256 * 1024;
/** A few dozen numbers with their names. */
const COLOUR_BYTES_MAX = 4 * 1024;
/** Tracks of one kind whose configuration is kept. Encoders send up to 6 renditions. */
const TRACKS_MAX = 16;

/** The weakest first. */
const CHANGES: readonly ConfigurationChange[] = ['none', 'repeated', 'new', 'changed'];

type Known = { readonly codec: VideoCodec | AudioCodec; readonly configuration: Uint8Array; readonly tag: Tag };
type Tracks = Map<number, Known>;

/**
 * Keeps the tags that a new reader must be given first: the newest onMetaData, then the newest configuration of each video
 * track and each audio track. Tells a configuration that changes something from one that is only said again (docs/COMPATIBILITY.md 3).
 */
export class ConfigurationStore {
  private metadata: Tag | undefined;
  private readonly colours = new Map<number, Tag>();
  private readonly video: Tracks = new Map();
  private readonly audio: Tracks = new Map();

  /**
   * `new`: nothing of the kind was known. `changed`: another configuration of a known track, or frames of another codec without
   * one. `repeated`: nothing but what is known already. `none`: no configuration. onMetaData counts as one. `contents`: of this
   * tag, where they were read already.
   */
  observe(tag: Tag, contents: readonly TagContent[] = readTagContents(tag)): ConfigurationChange {
    let strongest: ConfigurationChange = 'none';
    for (const content of contents) {
      const change = this.observeContent(content, tag);
      if (CHANGES.indexOf(change) > CHANGES.indexOf(strongest)) strongest = change;
    }
    return strongest;
  }

  /** onMetaData, video configurations, their colours, audio configurations, tracks by id; as they were observed, with their own times. */
  tags(): Tag[] {
    const ofTracks = (tracks: Tracks): Tag[] =>
      [...tracks.entries()].sort(([left], [right]) => left - right).map(([, known]) => known.tag);
    const colours = [...this.colours].sort(([left], [right]) => left - right).map(([, tag]) => tag);
    const all = [...ofTracks(this.video), ...colours, ...ofTracks(this.audio)];
    // One multitrack tag may configure several tracks.
    return [...new Set(this.metadata === undefined ? all : [this.metadata, ...all])];
  }

  /** The newest configuration of a track, without FLV framing. */
  configuration(
    kind: 'video' | 'audio',
    trackId = 0,
  ): { readonly codec: VideoCodec | AudioCodec; readonly configuration: Uint8Array } | undefined {
    return (kind === 'video' ? this.video : this.audio).get(trackId);
  }

  /** Forgets everything: the next configuration is `new`. */
  clear(): void {
    this.metadata = undefined;
    this.colours.clear();
    this.video.clear();
    this.audio.clear();
  }

  private observeContent(content: TagContent, tag: Tag): ConfigurationChange {
    switch (content.role) {
      case 'video-configuration':
        return remember(this.video, content, tag);
      case 'audio-configuration':
        return remember(this.audio, content, tag);
      case 'video-frame':
        return forgetOtherCodec(this.video, content);
      case 'audio-frame':
        return forgetOtherCodec(this.audio, content);
      case 'video-metadata':
        return this.rememberColours(content.trackId, tag);
      case 'script':
        return content.name === 'onMetaData' ? this.rememberMetadata(tag) : 'none';
      default:
        return 'none';
    }
  }

  /** They hold until others are told; `{}` or undefined, which is told as any other, takes them back (Enhanced RTMP v2, ColorInfo). */
  private rememberColours(trackId: number, tag: Tag): ConfigurationChange {
    const known = this.colours.get(trackId);
    if (known !== undefined && areEqual(known.body, tag.body)) return 'repeated';
    if (tag.body.byteLength > COLOUR_BYTES_MAX || (known === undefined && this.colours.size >= TRACKS_MAX))
      return 'none';
    this.colours.set(trackId, tag);
    return known === undefined ? 'new' : 'changed';
  }

  private rememberMetadata(tag: Tag): ConfigurationChange {
    if (tag.body.byteLength > METADATA_BYTES_MAX) return 'none';
    const plain = withoutSetDataFrame(tag);
    const known = this.metadata;
    if (known !== undefined && areEqual(known.body, plain.body)) return 'repeated';
    this.metadata = plain;
    return known === undefined ? 'new' : 'changed';
  }
}

/** The wrapper is a command to a server; players and files know only what is inside (docs/COMPATIBILITY.md 4). */
export function withoutSetDataFrame(tag: Tag): Tag {
  const isWrapped = SET_DATA_FRAME.every((byte, index) => tag.body[index] === byte);
  return isWrapped ? { ...tag, body: tag.body.subarray(SET_DATA_FRAME.length) } : tag;
}

/** AMF0: string, 13 bytes, `@setDataFrame`. */
const SET_DATA_FRAME = [2, 0, 13, ...Array.from('@setDataFrame', (character) => character.charCodeAt(0))];

function remember(
  tracks: Tracks,
  content: Extract<TagContent, { role: 'video-configuration' | 'audio-configuration' }>,
  tag: Tag,
): ConfigurationChange {
  const { codec, configuration, trackId } = content;
  const known = tracks.get(trackId);
  if (known?.codec === codec && areEqual(known.configuration, configuration)) return 'repeated';
  if (configuration.byteLength > CONFIGURATION_BYTES_MAX) return 'none';
  if (known === undefined && tracks.size >= TRACKS_MAX) return 'none';
  tracks.set(trackId, { codec, configuration, tag });
  return known === undefined ? 'new' : 'changed';
}

/** Frames of another codec without a configuration of their own (MP3 after AAC): the old one would only mislead. */
function forgetOtherCodec(
  tracks: Tracks,
  content: Extract<TagContent, { role: 'video-frame' | 'audio-frame' }>,
): ConfigurationChange {
  const known = tracks.get(content.trackId);
  if (known === undefined || known.codec === content.codec) return 'none';
  tracks.delete(content.trackId);
  return 'changed';
}

function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.byteLength === right.byteLength && left.every((byte, index) => byte === right[index]);
}
