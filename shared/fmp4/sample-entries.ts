import type { AudioCodec, VideoCodec } from '../tags/tag-contents.ts';
import { box, fullBox, u16, u32, zeros } from './boxes.ts';

/** Everything an init segment says about a video track. */
export type VideoTrack = {
  readonly codec: VideoCodec;
  readonly width: number;
  readonly height: number;
  readonly configuration: Uint8Array;
};

/** Everything an init segment says about an audio track. */
export type AudioTrack = {
  readonly codec: AudioCodec;
  readonly sampleRate: number;
  readonly channels: number;
  readonly configuration: Uint8Array;
};

/** `hvc1`, not `hev1`: Safari plays only the former. */
const VIDEO_ENTRIES: Partial<Record<VideoCodec, readonly [entry: string, configuration: string]>> = {
  h264: ['avc1', 'avcC'],
  hevc: ['hvc1', 'hvcC'],
  av1: ['av01', 'av1C'],
  vp9: ['vp09', 'vpcC'],
};

/** The codecs that can be put into these files. */
export function isVideoCodecCarried(codec: VideoCodec): boolean {
  return VIDEO_ENTRIES[codec] !== undefined;
}

export function isAudioCodecCarried(codec: AudioCodec): boolean {
  return codec === 'aac' || codec === 'mp3' || codec === 'opus' || codec === 'flac';
}

export function videoSampleEntry(track: VideoTrack): Uint8Array {
  const [entry, configuration] = VIDEO_ENTRIES[track.codec] ?? ['avc1', 'avcC'];
  return box(
    entry,
    zeros(6),
    u16(1),
    zeros(16),
    u16(track.width, track.height),
    u32(0x48_0000, 0x48_0000, 0), // 72 dpi
    u16(1),
    zeros(32),
    u16(0x18, 0xffff),
    box(configuration, track.codec === 'vp9' ? withVersion(track.configuration) : track.configuration),
  );
}

/** `vpcC` is a full box; some senders put its version and flags into the sequence start, some do not. Level 0 does not exist. */
function withVersion(configuration: Uint8Array): Uint8Array {
  const hasVersion = configuration[0] === 1 && configuration[1] === 0 && configuration[2] === 0;
  return hasVersion ? configuration : Uint8Array.of(1, 0, 0, 0, ...configuration);
}

export function audioSampleEntry(track: AudioTrack): Uint8Array {
  const [entry, configuration] = audioConfigurationBox(track);
  return box(
    entry,
    zeros(6),
    u16(1),
    zeros(8),
    u16(track.channels, 16),
    zeros(4),
    // 16.16 fixed point: 96 kHz does not fit and is told by the codec's own configuration.
    u32((track.sampleRate > 0xffff ? 0 : track.sampleRate) * 0x1_0000),
    configuration,
  );
}

function audioConfigurationBox(track: AudioTrack): [entry: string, configuration: Uint8Array] {
  switch (track.codec) {
    case 'opus':
      return ['Opus', box('dOps', opusSpecific(track))];
    case 'flac':
      return ['fLaC', fullBox('dfLa', 0, 0, [0x80, 0, 0, track.configuration.length], track.configuration)];
    case 'mp3':
      return ['mp4a', esds(0x6b, new Uint8Array(0))];
    default:
      return ['mp4a', esds(0x40, track.configuration)];
  }
}

/** OpusHead is little-endian, `dOps` is big-endian; an empty OpusHead means stereo. */
function opusSpecific(track: AudioTrack): number[] {
  const head = track.configuration;
  const start = head.length >= 19 && head[0] === 0x4f && head[4] === 0x48 ? 8 : -1; // after "OpusHead"
  if (start < 0) return [0, track.channels, 0x01, 0x38, 0, 0, 0xbb, 0x80, 0, 0, 0];
  const at = (offset: number): number => head[start + offset] ?? 0;
  return [0, at(1), at(3), at(2), at(7), at(6), at(5), at(4), at(9), at(8), ...head.subarray(start + 10)];
}

/** Elementary stream descriptor (ISO/IEC 14496-1 7.2.6.5). */
function esds(objectType: number, decoderSpecific: Uint8Array): Uint8Array {
  const specific = decoderSpecific.length > 0 ? descriptor(5, ...decoderSpecific) : [];
  const decoder = descriptor(4, objectType, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...specific);
  return fullBox('esds', 0, 0, descriptor(3, 0, 0, 0, ...decoder, ...descriptor(6, 2)));
}

function descriptor(tag: number, ...body: readonly number[]): number[] {
  return [
    tag,
    0x80 | (body.length >> 21),
    0x80 | (body.length >> 14),
    0x80 | (body.length >> 7),
    body.length & 0x7f,
  ].concat(body);
}
