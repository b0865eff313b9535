export type VideoDescription = {
  /** Of the picture as it is shown, cropping applied; 0 where the configuration does not tell (VP9, some AV1). */
  readonly width: number;
  readonly height: number;
  /** As `MediaSource.isTypeSupported` wants it: `avc1.64001f`. */
  readonly codecString: string;
  /** Bytes of the length before each NAL unit (not always 4); 0 for codecs that have none. */
  readonly nalLengthBytes: number;
};

export type AudioDescription = {
  /** Of what a decoder gives out: with explicit SBR twice the coded rate. */
  readonly sampleRate: number;
  readonly channels: number;
  /** As `MediaSource.isTypeSupported` wants it: `mp4a.40.2`. */
  readonly codecString: string;
  /** At `sampleRate`. Opus and FLAC may vary it from frame to frame. */
  readonly samplesPerFrame: number;
};
