import { SwarmtubeError } from '../basics/errors.ts';
import type { AudioDescription, VideoDescription } from './codec-descriptions.ts';
import { describeAac } from './codecs/aac.ts';
import { av1FrameSize, describeAv1 } from './codecs/av1.ts';
import { describeFlac } from './codecs/flac.ts';
import { describeH264 } from './codecs/h264.ts';
import { describeHevc } from './codecs/hevc.ts';
import { describeMp3 } from './codecs/mp3.ts';
import { describeOpus } from './codecs/opus.ts';
import { describeVp9, vp9FrameSize } from './codecs/vp9.ts';
import type { AudioCodec, VideoCodec } from './tag-contents.ts';

export type { AudioDescription, VideoDescription } from './codec-descriptions.ts';

/** Reads avcC, hvcC, av1C or vpcC. Undefined for a codec that no browser plays, and for bytes that are cut or wrong. */
export function describeVideoConfiguration(codec: VideoCodec, configuration: Uint8Array): VideoDescription | undefined {
  switch (codec) {
    case 'h264':
      return attempt(describeH264, configuration);
    case 'hevc':
      return attempt(describeHevc, configuration);
    case 'av1':
      return attempt(describeAv1, configuration);
    case 'vp9':
      return attempt(describeVp9, configuration);
    default:
      return undefined;
  }
}

/**
 * Reads an AudioSpecificConfig, an OpusHead (which may be empty: stereo), a FLAC STREAMINFO, or for MP3 the first frame, which
 * is all there is. Undefined for a codec that no browser plays, and for bytes that are cut or wrong.
 */
export function describeAudioConfiguration(codec: AudioCodec, configuration: Uint8Array): AudioDescription | undefined {
  switch (codec) {
    case 'aac':
      return attempt(describeAac, configuration);
    case 'opus':
      return attempt(describeOpus, configuration);
    case 'flac':
      return attempt(describeFlac, configuration);
    case 'mp3':
      return attempt(describeMp3, configuration);
    default:
      return undefined;
  }
}

/** The size of the pictures, from a keyframe of a codec whose configuration need not tell it. */
export function keyframeSize(
  codec: VideoCodec,
  frame: Uint8Array,
): { readonly width: number; readonly height: number } | undefined {
  if (codec === 'vp9') return attempt(vp9FrameSize, frame);
  return codec === 'av1' ? attempt(av1FrameSize, frame) : undefined;
}

/** The one place where bad bytes from a feed are caught: whoever asked goes on without knowing. */
function attempt<Description>(
  describe: (bytes: Uint8Array) => Description | undefined,
  bytes: Uint8Array,
): Description | undefined {
  try {
    return describe(bytes);
  } catch (thrown) {
    if (thrown instanceof SwarmtubeError) return undefined;
    throw thrown;
  }
}
