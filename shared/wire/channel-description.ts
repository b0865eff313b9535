import { SwarmtubeError } from '../basics/errors.ts';
import type { TrackDescription } from '../basics/track-description.ts';
import { type ChannelName, type Epoch, parseChannelName, type Sequence, type WallMillis } from '../basics/units.ts';

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
  if (channel === undefined) throw invalid('channel', 'a channel name');
  const epoch = nullableUint32(fields, 'epoch');
  if (epoch === 0) throw invalid('epoch', 'a number from 1 on');
  return {
    channel,
    title: text(fields, 'title'),
    live: flag(fields, 'live'),
    epoch: epoch as Epoch | null,
    firstSequence: nullableUint32(fields, 'firstSequence') as Sequence | null,
    newestSequence: nullableUint32(fields, 'newestSequence') as Sequence | null,
    doorSequence: nullableUint32(fields, 'doorSequence') as Sequence | null,
    doorCaptureMs: nullableInteger(fields, 'doorCaptureMs', Number.MAX_SAFE_INTEGER) as WallMillis | null,
    publicKey: text(fields, 'publicKey'),
    tracks: parseTracks(fields.tracks),
    bitrate: amount(fields, 'bitrate'),
    tracker: text(fields, 'tracker'),
    viewers: amount(fields, 'viewers'),
    ...(isAbsent(fields.notice) ? {} : { notice: text(fields, 'notice') }),
    serverTimeMs: amount(fields, 'serverTimeMs') as WallMillis,
  };
}

function parseTracks(value: unknown): readonly TrackDescription[] {
  if (!Array.isArray(value) || value.length > TRACKS_MAX) throw invalid('tracks', `a list of at most ${TRACKS_MAX}`);
  return value.map(parseTrack);
}

function parseTrack(value: unknown): TrackDescription {
  const fields = record(value, 'a track');
  const type = fields.type;
  if (type !== 'video' && type !== 'audio' && type !== 'data') throw invalid('type', 'video, audio or data');
  return {
    id: amount(fields, 'id'),
    type,
    codec: text(fields, 'codec'),
    ...(isAbsent(fields.codecString) ? {} : { codecString: text(fields, 'codecString') }),
    ...optionalAmount(fields, 'width'),
    ...optionalAmount(fields, 'height'),
    ...optionalAmount(fields, 'sampleRate'),
    ...optionalAmount(fields, 'channels'),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function record(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(what, 'an object');
  return value as Fields;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function text(fields: Fields, key: string): string {
  const value = fields[key];
  if (typeof value !== 'string' || value.length > TEXT_LENGTH_MAX) throw invalid(key, 'a text');
  return value;
}

function flag(fields: Fields, key: string): boolean {
  const value = fields[key];
  if (typeof value !== 'boolean') throw invalid(key, 'true or false');
  return value;
}

/** A finite number from 0 on; rates may have fractions. */
function amount(fields: Fields, key: string): number {
  const value = fields[key];
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw invalid(key, 'a number from 0 on');
  return value;
}

function optionalAmount<Key extends string>(fields: Fields, key: Key): { readonly [Name in Key]?: number } {
  if (isAbsent(fields[key])) return {};
  return { [key]: amount(fields, key) } as { readonly [Name in Key]?: number };
}

function nullableUint32(fields: Fields, key: string): number | null {
  return nullableInteger(fields, key, UINT32_MAX);
}

function nullableInteger(fields: Fields, key: string, highest: number): number | null {
  if (isAbsent(fields[key])) return null;
  const value = amount(fields, key);
  if (!Number.isSafeInteger(value) || value > highest) throw invalid(key, `a whole number up to ${highest}`);
  return value;
}

function invalid(what: string, expected: string): SwarmtubeError {
  return new SwarmtubeError(
    'channel-description',
    `The server's channel description is not valid: ${what} must be ${expected}.`,
  );
}
