import type { ChannelName, Epoch, Sequence, WallMillis } from '../basics/units.ts';

/** One track as `/live/CHANNEL.json`, `inspect` and the desk tell it. */
export type TrackDescription = {
  readonly id: number;
  readonly type: 'video' | 'audio' | 'data';
  /** Our name: `h264`, `aac`, … */
  readonly codec: string;
  /** As `MediaSource.isTypeSupported` wants it: `avc1.64001f`, `mp4a.40.2`; absent where no browser plays it. */
  readonly codecString?: string;
  readonly width?: number;
  readonly height?: number;
  readonly sampleRate?: number;
  readonly channels?: number;
};

/** `/live/CHANNEL.json`. */
export type ChannelDescription = {
  readonly channel: ChannelName;
  readonly title: string;
  /** False: known, but nothing is broadcast at the moment; epoch and sequences are then null. */
  readonly live: boolean;
  readonly epoch: Epoch | null;
  readonly firstSequence: Sequence | null;
  readonly newestSequence: Sequence | null;
  /** The newest packet that playback can start at, and when it was made. */
  readonly doorSequence: Sequence | null;
  readonly doorCaptureMs: WallMillis | null;
  /** Ed25519 public key, base64url. */
  readonly publicKey: string;
  readonly tracks: readonly TrackDescription[];
  /** Of the last seconds, bit/s. */
  readonly bitrate: number;
  /** Where the tracker listens: absolute, or relative to this description. */
  readonly tracker: string;
  readonly viewers: number;
  /** The server's wall clock when it answered: viewers set theirs by it. */
  readonly serverTimeMs: WallMillis;
};
