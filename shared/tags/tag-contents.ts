import type { Amf0Value } from './amf0.ts';
import type { Tag } from './tag.ts';

/** Names as PRODUCT uses them in `inspect`, in channel descriptions and in messages to people. */
export type VideoCodec =
  | 'h264'
  | 'hevc'
  | 'vvc'
  | 'av1'
  | 'vp9'
  | 'vp8'
  | 'h263'
  | 'vp6'
  | 'vp6-alpha'
  | 'screen'
  | 'screen2';
export type AudioCodec =
  | 'aac'
  | 'opus'
  | 'mp3'
  | 'flac'
  | 'ac3'
  | 'eac3'
  | 'speex'
  | 'nellymoser'
  | 'adpcm'
  | 'pcm'
  | 'g711a'
  | 'g711u';

/** What one tag says. A multitrack tag says several things; a tag that says nothing we can use gives an empty list. */
export type TagContent =
  /** The bytes of an avcC, hvcC, av1C, vpcC, AudioSpecificConfig, OpusHead or FLAC stream info block, without FLV framing. */
  | {
      readonly role: 'video-configuration';
      readonly codec: VideoCodec;
      readonly trackId: number;
      readonly configuration: Uint8Array;
    }
  | {
      readonly role: 'audio-configuration';
      readonly codec: AudioCodec;
      readonly trackId: number;
      readonly configuration: Uint8Array;
    }
  | {
      readonly role: 'video-frame';
      readonly codec: VideoCodec;
      readonly trackId: number;
      readonly isKeyframe: boolean;
      /** Presentation minus decode time, ms; may be negative. */
      readonly compositionOffsetMs: number;
      /** Added to the presentation time of this frame only (ModEx), ns. */
      readonly offsetNanos: number;
      readonly data: Uint8Array;
    }
  | {
      readonly role: 'audio-frame';
      readonly codec: AudioCodec;
      readonly trackId: number;
      readonly offsetNanos: number;
      readonly data: Uint8Array;
    }
  /** Script data: `onMetaData` and whatever else the encoder says. */
  | { readonly role: 'script'; readonly name: string; readonly values: readonly Amf0Value[] }
  /** End of sequence: closes nothing by itself (encoders send it and go on). */
  | { readonly role: 'sequence-end'; readonly trackId: number }
  /** An empty audio message: silence from here on. */
  | { readonly role: 'silence' };

export declare function readTagContents(tag: Tag): readonly TagContent[];
