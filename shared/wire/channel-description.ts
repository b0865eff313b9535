import type { TrackDescription } from '../basics/track-description.ts';
import { type ChannelName, type Epoch, parseChannelName, type Sequence, type WallMillis } from '../basics/units.ts';
import { bad, count, type Fields, flag, list, record, text } from './json-fields.ts';

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
  /** Why there is nothing to see, a sentence for viewers; null or absent where all is well. */
  readonly notice?: string | null;
  /** The server's wall clock when it answered: viewers set theirs by it. */
  readonly serverTimeMs: WallMillis;
};

/** As many as an Enhanced RTMP multitrack message can number. */
const TRACKS_MAX = 256;
const TEXT_LENGTH_MAX = 2048;
const UINT32_MAX = 0xffff_ffff;

/** Reads parsed JSON of `/live/CHANNEL.json`. Unknown keys are ignored; throws `SwarmtubeError` on wrong ones. */
export function parseChannelDescription(value: unknown): ChannelDescription {
  const fields = record(value, 'the channel description');
  const channel = parseChannelName(fields.channel);
  if (channel === undefined) throw bad('channel must be a channel name');
  const epoch = nullable(fields.epoch, 'epoch', UINT32_MAX);
  if (epoch === 0) throw bad('epoch must be a number from 1 on');
  return {
    channel,
    title: text(fields.title, 'title', TEXT_LENGTH_MAX),
    live: flag(fields.live, 'live'),
    epoch: epoch as Epoch | null,
    firstSequence: nullable(fields.firstSequence, 'firstSequence', UINT32_MAX) as Sequence | null,
    newestSequence: nullable(fields.newestSequence, 'newestSequence', UINT32_MAX) as Sequence | null,
    doorSequence: nullable(fields.doorSequence, 'doorSequence', UINT32_MAX) as Sequence | null,
    doorCaptureMs: nullable(fields.doorCaptureMs, 'doorCaptureMs', Number.MAX_SAFE_INTEGER) as WallMillis | null,
    publicKey: text(fields.publicKey, 'publicKey', TEXT_LENGTH_MAX),
    tracks: list(fields.tracks, 'tracks', TRACKS_MAX, parseTrack),
    bitrate: amount(fields.bitrate, 'bitrate'),
    tracker: text(fields.tracker, 'tracker', TEXT_LENGTH_MAX),
    viewers: amount(fields.viewers, 'viewers'),
    ...(isAbsent(fields.notice) ? {} : { notice: text(fields.notice, 'notice', TEXT_LENGTH_MAX) }),
    serverTimeMs: amount(fields.serverTimeMs, 'serverTimeMs') as WallMillis,
  };
}

function parseTrack(value: unknown): TrackDescription {
  const fields = record(value, 'a track');
  const { type } = fields;
  if (type !== 'video' && type !== 'audio' && type !== 'data') throw bad('type must be video, audio or data');
  return {
    id: amount(fields.id, 'id'),
    type,
    codec: text(fields.codec, 'codec', TEXT_LENGTH_MAX),
    ...(isAbsent(fields.codecString) ? {} : { codecString: text(fields.codecString, 'codecString', TEXT_LENGTH_MAX) }),
    ...optionalAmount(fields, 'width'),
    ...optionalAmount(fields, 'height'),
    ...optionalAmount(fields, 'sampleRate'),
    ...optionalAmount(fields, 'channels'),
  };
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

/** A finite number from 0 on; rates may have fractions. */
function amount(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw bad(`${what} must be a number from 0 on`);
  return value;
}

function optionalAmount<Key extends string>(fields: Fields, key: Key): { readonly [Name in Key]?: number } {
  return isAbsent(fields[key]) ? {} : ({ [key]: amount(fields[key], key) } as { readonly [Name in Key]?: number });
}

function nullable(value: unknown, what: string, highest: number): number | null {
  return isAbsent(value) ? null : count(value, what, highest);
}
