export type TrackKind = 'video' | 'audio';

/** What a remuxer gives to whoever feeds a SourceBuffer or writes a segment. Each track is a stream of its own. */
export type Fragment =
  /** Goes before all media of its track, and again where the configuration changes. Empty for `audio/mpeg`. */
  | {
      readonly kind: 'init';
      readonly track: TrackKind;
      /** As `MediaSource.isTypeSupported`, `addSourceBuffer` and `changeType` want it. */
      readonly mimeType: string;
      readonly width: number;
      readonly height: number;
      readonly bytes: Uint8Array;
    }
  /** Some frames. `startMs` is the first one's decode time; the last one ends at `endMs`. */
  | {
      readonly kind: 'media';
      readonly track: TrackKind;
      readonly startMs: number;
      readonly endMs: number;
      readonly startsWithKeyframe: boolean;
      readonly bytes: Uint8Array;
    }
  /** This track cannot be played here; its frames are left out until its configuration changes. */
  | { readonly kind: 'unsupported'; readonly track: TrackKind; readonly codec: string; readonly mimeType: string };

/** `MediaSource.isTypeSupported`, or a segmenter's list of what it may write. */
export type TypeSupport = (mimeType: string) => boolean;
