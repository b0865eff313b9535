import { SwarmtubeError } from '../basics/errors.ts';
import { ByteReader } from '../bytes/byte-reader.ts';
import { type Amf0Value, decodeAmf0Leniently } from './amf0.ts';
import type { Tag } from './tag.ts';

/** Names as they are told in `inspect`, in channel descriptions and in messages to people. */
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
  /** Colour and light of the frames that follow (HDR), as AMF0: kept for whoever joins, not read. */
  | { readonly role: 'video-metadata'; readonly trackId: number; readonly data: Uint8Array }
  /** Script data: `onMetaData` and whatever else the encoder says. */
  | { readonly role: 'script'; readonly name: string; readonly values: readonly Amf0Value[] }
  /** End of sequence: closes nothing by itself (encoders send it and go on). */
  | { readonly role: 'sequence-end'; readonly trackId: number }
  /** An empty audio message: silence from here on. */
  | { readonly role: 'silence' };

/**
 * Reads a tag's body: legacy FLV, Enhanced RTMP v1 and v2. Never throws: of a body that is cut or wrong, what stands before the
 * damage is given. Bytes in the result are views into the body.
 */
export function readTagContents(tag: Tag): readonly TagContent[] {
  if (tag.kind === 'data') return readScript(tag.body);
  const contents: TagContent[] = [];
  try {
    if (tag.kind === 'audio') readAudio(new ByteReader(tag.body), contents);
    else readVideo(new ByteReader(tag.body), contents);
  } catch (thrown) {
    if (!(thrown instanceof SwarmtubeError)) throw thrown;
  }
  return contents;
}

function readScript(body: Uint8Array): TagContent[] {
  const values = decodeAmf0Leniently(body);
  // RTMP's wrapper for metadata that a server is to keep; files and players know only what is inside.
  const [name, ...rest] = isText(values[0], '@setDataFrame') ? values.slice(1) : values;
  return name?.type === 'string' ? [{ role: 'script', name: name.value, values: rest }] : [];
}

function isText(value: Amf0Value | undefined, text: string): boolean {
  return value?.type === 'string' && value.value === text;
}

const ENHANCED_VIDEO = 0x80;
const FRAME_TYPE = { key: 1, generatedKey: 4, command: 5 } as const;
/** Codec ids of legacy FLV; 12 is HEVC by a convention of Chinese networks. */
const LEGACY_VIDEO_CODECS: readonly (VideoCodec | undefined)[] = [
  undefined,
  undefined,
  'h263',
  'screen',
  'vp6',
  'vp6-alpha',
  'screen2',
  'h264',
  undefined,
  undefined,
  undefined,
  undefined,
  'hevc',
];

function readVideo(reader: ByteReader, contents: TagContent[]): void {
  if (reader.remaining === 0) return;
  const first = reader.u8();
  if ((first & ENHANCED_VIDEO) !== 0) readEnhancedVideo(reader, first, contents);
  else readLegacyVideo(reader, first, contents);
}

function readLegacyVideo(reader: ByteReader, first: number, contents: TagContent[]): void {
  const frameType = first >> 4;
  const codec = LEGACY_VIDEO_CODECS[first & 0x0f];
  if (codec === undefined || frameType === FRAME_TYPE.command) return;
  const isKeyframe = frameType === FRAME_TYPE.key || frameType === FRAME_TYPE.generatedKey;
  const frame = { role: 'video-frame', codec, trackId: 0, isKeyframe, offsetNanos: 0 } as const;
  if (codec !== 'h264' && codec !== 'hevc') {
    if (reader.remaining > 0) contents.push({ ...frame, compositionOffsetMs: 0, data: reader.rest() });
    return;
  }
  const packetType = reader.u8();
  const compositionOffsetMs = reader.i24();
  if (packetType === 0) {
    if (reader.remaining === 0) return;
    contents.push({ role: 'video-configuration', codec, trackId: 0, configuration: reader.rest() });
  } else if (packetType === 1) {
    if (reader.remaining > 0) contents.push({ ...frame, compositionOffsetMs, data: reader.rest() });
  } else if (packetType === 2) {
    contents.push({ role: 'sequence-end', trackId: 0 });
  }
}

/** Enhanced RTMP v2, "ExVideoTagHeader". */
const VIDEO_PACKET = {
  sequenceStart: 0,
  codedFrames: 1,
  sequenceEnd: 2,
  codedFramesX: 3,
  metadata: 4,
  multitrack: 6,
  modEx: 7,
} as const;
const VIDEO_CODEC_OF_FOURCC: ReadonlyMap<string, VideoCodec> = new Map([
  ['avc1', 'h264'],
  ['hvc1', 'hevc'],
  ['vvc1', 'vvc'],
  ['av01', 'av1'],
  ['vp09', 'vp9'],
  ['vp08', 'vp8'],
]);

function readEnhancedVideo(reader: ByteReader, first: number, contents: TagContent[]): void {
  const frameType = (first >> 4) & 7;
  const start = readModifiers(reader, first & 0x0f, VIDEO_PACKET.modEx);
  if (start.packetType !== VIDEO_PACKET.metadata && frameType === FRAME_TYPE.command) return;
  const { offsetNanos } = start;
  const isKeyframe = frameType === FRAME_TYPE.key || frameType === FRAME_TYPE.generatedKey;
  for (const part of readTracks(reader, start.packetType, VIDEO_PACKET.multitrack)) {
    const { trackId, body } = part;
    const codec = VIDEO_CODEC_OF_FOURCC.get(part.fourCc);
    if (codec === undefined) continue;
    switch (part.packetType) {
      case VIDEO_PACKET.sequenceStart:
        if (body.remaining === 0) break;
        contents.push({ role: 'video-configuration', codec, trackId, configuration: body.rest() });
        break;
      case VIDEO_PACKET.codedFrames:
      case VIDEO_PACKET.codedFramesX: {
        const hasOffset = part.packetType === VIDEO_PACKET.codedFrames && isReordered(codec);
        const compositionOffsetMs = hasOffset ? body.i24() : 0;
        if (body.remaining === 0) break;
        const data = body.rest();
        contents.push({ role: 'video-frame', codec, trackId, isKeyframe, compositionOffsetMs, offsetNanos, data });
        break;
      }
      case VIDEO_PACKET.sequenceEnd:
        contents.push({ role: 'sequence-end', trackId });
        break;
      case VIDEO_PACKET.metadata:
        contents.push({ role: 'video-metadata', trackId, data: body.rest() });
        break;
      // MPEG-2 TS descriptors: nothing here needs them.
    }
  }
}

/** Only these carry a composition offset, and only with CodedFrames (Enhanced RTMP v2, ExVideoTagBody). */
function isReordered(codec: VideoCodec): boolean {
  return codec === 'h264' || codec === 'hevc' || codec === 'vvc';
}

const ENHANCED_AUDIO = 9;
const LEGACY_AUDIO_CODECS: readonly (AudioCodec | undefined)[] = [
  'pcm',
  'adpcm',
  'mp3',
  'pcm',
  'nellymoser',
  'nellymoser',
  'nellymoser',
  'g711a',
  'g711u',
  undefined,
  'aac',
  'speex',
  undefined,
  undefined,
  'mp3',
];

function readAudio(reader: ByteReader, contents: TagContent[]): void {
  if (reader.remaining === 0) {
    contents.push({ role: 'silence' });
    return;
  }
  const first = reader.u8();
  const format = first >> 4;
  if (format === ENHANCED_AUDIO) {
    readEnhancedAudio(reader, first, contents);
    return;
  }
  const codec = LEGACY_AUDIO_CODECS[format];
  if (codec === undefined) return;
  // An empty AAC header comes before the real one when ffmpeg copies from a transport stream (docs/COMPATIBILITY.md 3).
  const isConfiguration = codec === 'aac' && reader.u8() === 0;
  if (reader.remaining === 0) return;
  const data = reader.rest();
  if (isConfiguration) contents.push({ role: 'audio-configuration', codec, trackId: 0, configuration: data });
  else contents.push({ role: 'audio-frame', codec, trackId: 0, offsetNanos: 0, data });
}

/** Enhanced RTMP v2, "ExAudioTagHeader". */
const AUDIO_PACKET = { sequenceStart: 0, codedFrames: 1, sequenceEnd: 2, multitrack: 5, modEx: 7 } as const;
const AUDIO_CODEC_OF_FOURCC: ReadonlyMap<string, AudioCodec> = new Map([
  ['mp4a', 'aac'],
  ['Opus', 'opus'],
  ['.mp3', 'mp3'],
  ['fLaC', 'flac'],
  ['ac-3', 'ac3'],
  ['ec-3', 'eac3'],
]);

function readEnhancedAudio(reader: ByteReader, first: number, contents: TagContent[]): void {
  const start = readModifiers(reader, first & 0x0f, AUDIO_PACKET.modEx);
  for (const part of readTracks(reader, start.packetType, AUDIO_PACKET.multitrack)) {
    const { trackId, body } = part;
    const codec = AUDIO_CODEC_OF_FOURCC.get(part.fourCc);
    if (codec === undefined) continue;
    switch (part.packetType) {
      case AUDIO_PACKET.sequenceStart: {
        // Only Opus may leave it empty.
        if (body.remaining === 0 && codec !== 'opus') break;
        const configuration = codec === 'flac' ? flacStreamInfo(body.rest()) : body.rest();
        contents.push({ role: 'audio-configuration', codec, trackId, configuration });
        break;
      }
      case AUDIO_PACKET.codedFrames:
        if (body.remaining === 0) break;
        contents.push({ role: 'audio-frame', codec, trackId, offsetNanos: start.offsetNanos, data: body.rest() });
        break;
      case AUDIO_PACKET.sequenceEnd:
        contents.push({ role: 'sequence-end', trackId });
        break;
    }
  }
}

const FLAC_STREAM_INFO_BYTES = 34;

/** The sequence start is a FLAC file's beginning: `fLaC`, a block header of 4 bytes, STREAMINFO. Some senders omit the first. */
function flacStreamInfo(bytes: Uint8Array): Uint8Array {
  const blockAt = bytes[0] === 0x66 && bytes[1] === 0x4c && bytes[2] === 0x61 && bytes[3] === 0x43 ? 4 : 0;
  const hasBlockHeader = bytes.byteLength - blockAt >= FLAC_STREAM_INFO_BYTES + 4;
  const at = hasBlockHeader ? blockAt + 4 : blockAt;
  return bytes.subarray(at, at + FLAC_STREAM_INFO_BYTES);
}

const TIMESTAMP_OFFSET_NANO = 0;

/** The ModEx loop: any number of modifiers, each followed by the packet type that holds from there on. */
function readModifiers(
  reader: ByteReader,
  firstPacketType: number,
  modEx: number,
): { readonly packetType: number; readonly offsetNanos: number } {
  let packetType = firstPacketType;
  let offsetNanos = 0;
  while (packetType === modEx) {
    let length = reader.u8() + 1;
    if (length === 256) length = reader.u16() + 1;
    const data = new ByteReader(reader.slice(length));
    const types = reader.u8();
    if (types >> 4 === TIMESTAMP_OFFSET_NANO && data.remaining >= 3) offsetNanos = Math.min(data.u24(), 999_999);
    packetType = types & 0x0f;
  }
  return { packetType, offsetNanos };
}

type TrackPart = {
  readonly packetType: number;
  readonly fourCc: string;
  readonly trackId: number;
  readonly body: ByteReader;
};

const MULTITRACK = { oneTrack: 0, manyTracks: 1, manyTracksManyCodecs: 2 } as const;

/** The parts of a message: one for track 0, or one for each track of a multitrack message. */
function* readTracks(reader: ByteReader, packetType: number, multitrack: number): Generator<TrackPart> {
  if (packetType !== multitrack) {
    const fourCc = reader.utf8(4);
    yield { packetType, fourCc, trackId: 0, body: new ByteReader(reader.rest()) };
    return;
  }
  const types = reader.u8();
  const arrangement = types >> 4;
  const realPacketType = types & 0x0f;
  // A multitrack message in a multitrack message would never end; other arrangements are not defined.
  if (realPacketType === multitrack || arrangement > MULTITRACK.manyTracksManyCodecs) return;
  let fourCc = arrangement === MULTITRACK.manyTracksManyCodecs ? '' : reader.utf8(4);
  while (reader.remaining > 0) {
    if (arrangement === MULTITRACK.manyTracksManyCodecs) fourCc = reader.utf8(4);
    const trackId = reader.u8();
    const length = arrangement === MULTITRACK.oneTrack ? reader.remaining : reader.u24();
    yield { packetType: realPacketType, fourCc, trackId, body: new ByteReader(reader.slice(length)) };
  }
}
