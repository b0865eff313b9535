/** One track as `/live/CHANNEL.json`, `inspect` and the desk tell it. Here, since `wire` knows no tags and `tags` no wire. */
export type TrackDescription = {
  readonly id: number;
  readonly type: 'video' | 'audio' | 'data';
  /** Our name: `h264`, `aac`, … */
  readonly codec: string;
  /**
   * As `MediaSource.isTypeSupported` wants it: `avc1.64001f`, `mp4a.40.2`; absent where no browser plays it, or before a
   * configuration came.
   */
  readonly codecString?: string;
  readonly width?: number;
  readonly height?: number;
  readonly sampleRate?: number;
  readonly channels?: number;
};
