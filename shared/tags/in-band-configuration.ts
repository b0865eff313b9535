import { SwarmtubeError } from '../basics/errors.ts';
import { describeVideoConfiguration, type VideoDescription } from './codec-configuration.ts';
import { toLengthPrefixed } from './codecs/annex-b.ts';
import { configurationRecord, parameterSetsOf } from './codecs/parameter-sets.ts';
import type { Tag } from './tag.ts';
import { readTagContents, type TagContent } from './tag-contents.ts';

type VideoConfiguration = Extract<TagContent, { role: 'video-configuration' }>;
type VideoFrame = Extract<TagContent, { role: 'video-frame' }>;
type NalCodec = 'h264' | 'hevc';

/** One sentence about what was found. */
export type InBandFinding = { readonly text: string };

export type Refined = {
  /** What to go on with: the tag, with a configuration before it where one had to be made; nothing where it says what no longer holds. */
  readonly tags: readonly Tag[];
  readonly finding?: InBandFinding;
};

/** Lengths of NAL units where no configuration tells them. */
const LENGTH_BYTES = 4;

/**
 * Some encoders change size or profile without a configuration: the new parameter sets stand only in the
 * keyframes, or never sent one at all. Browsers need it. This makes it from the keyframe, for track 0 of H.264 and H.265, and
 * leaves out repetitions of the configuration that is outdated. Small differences that a decoder takes from the frames
 * themselves change nothing.
 */
export class InBandConfiguration {
  private codec: string | undefined;
  private configuration: Uint8Array | undefined;
  private description: VideoDescription | undefined;
  /** What the encoder last said, where its pictures have since said otherwise. */
  private outdated: Uint8Array | undefined;

  /** The source began again. */
  reset(): void {
    this.codec = undefined;
    this.configuration = undefined;
    this.description = undefined;
    this.outdated = undefined;
  }

  refine(tag: Tag, contents: readonly TagContent[] = readTagContents(tag)): Refined {
    const same = { tags: [tag] };
    if (tag.kind !== 'video') return same;
    for (const content of contents) {
      if (!('trackId' in content) || content.trackId !== 0) continue;
      if (content.role === 'video-configuration') return this.configure(content) ? same : { tags: [] };
      if (content.role === 'video-frame' && content.isKeyframe && isNalCodec(content.codec)) {
        return this.compare(tag, content, content.codec);
      }
    }
    return same;
  }

  /** False where it is only said again and has been overtaken. */
  private configure({ codec, configuration }: VideoConfiguration): boolean {
    if (codec === this.codec && this.outdated !== undefined && areEqual(this.outdated, configuration)) return false;
    this.know(codec, configuration);
    this.outdated = undefined;
    return true;
  }

  private compare(tag: Tag, frame: VideoFrame, codec: NalCodec): Refined {
    const same = { tags: [tag] };
    const known = this.codec === codec ? this.configuration : undefined;
    const lengthBytes = this.description?.nalLengthBytes || LENGTH_BYTES;
    const sets = parameterSetsOf(codec, toLengthPrefixed(frame.data, lengthBytes), lengthBytes);
    if (sets.sequence.length === 0) return same;
    const made = attempt(() => configurationRecord(codec, sets));
    const told = made && describeVideoConfiguration(codec, made);
    if (made === undefined || told === undefined || told.width === 0) return same;
    const before = this.description;
    if (known !== undefined && before !== undefined && isAlike(before, told)) return same;
    // The frame's lengths are read by the new configuration from here on.
    const record = withLengthBytes(codec, made, lengthBytes);
    this.outdated = known;
    this.know(codec, record);
    const text =
      before === undefined || known === undefined
        ? 'The source sends no usable video configuration; it is taken from the keyframes.'
        : `The pictures change from ${before.width}x${before.height} to ${told.width}x${told.height} (${told.codecString}) ` +
          'without a new configuration; it is taken from the keyframes.';
    return { tags: [configurationTag(tag, codec, record), tag], finding: { text } };
  }

  private know(codec: string, configuration: Uint8Array): void {
    this.codec = codec;
    this.configuration = configuration;
    this.description = isNalCodec(codec) ? describeVideoConfiguration(codec, configuration) : undefined;
  }
}

function isNalCodec(codec: string): codec is NalCodec {
  return codec === 'h264' || codec === 'hevc';
}

function isAlike(left: VideoDescription, right: VideoDescription): boolean {
  return left.width === right.width && left.height === right.height && left.codecString === right.codecString;
}

/** The place of lengthSizeMinusOne in each record. */
function withLengthBytes(codec: NalCodec, record: Uint8Array, lengthBytes: number): Uint8Array {
  const at = codec === 'h264' ? 4 : 21;
  const changed = record.slice();
  changed[at] = ((record[at] as number) & 0xfc) | (lengthBytes - 1);
  return changed;
}

/** As the frame's own tag is written: legacy, or Enhanced RTMP. */
function configurationTag(frame: Tag, codec: NalCodec, configuration: Uint8Array): Tag {
  const isEnhanced = ((frame.body[0] as number) & 0x80) !== 0;
  const fourCc = codec === 'h264' ? [0x61, 0x76, 0x63, 0x31] : [0x68, 0x76, 0x63, 0x31];
  const head = isEnhanced ? [0x90, ...fourCc] : [codec === 'h264' ? 0x17 : 0x1c, 0, 0, 0, 0];
  const body = new Uint8Array(head.length + configuration.byteLength);
  body.set(head);
  body.set(configuration, head.length);
  return { ...frame, body };
}

function attempt<Result>(make: () => Result): Result | undefined {
  try {
    return make();
  } catch (thrown) {
    if (thrown instanceof SwarmtubeError) return undefined;
    throw thrown;
  }
}

function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.byteLength === right.byteLength && left.every((byte, index) => byte === right[index]);
}
