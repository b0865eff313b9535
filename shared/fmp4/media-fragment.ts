import { ByteWriter } from '../bytes/byte-writer.ts';

/** One frame on its track's line. All times in ticks of the track's timescale. */
export type Sample = {
  readonly decodeTime: number;
  duration: number;
  /** Presentation minus decode time; may be negative. */
  readonly compositionOffset: number;
  readonly isKeyframe: boolean;
  readonly data: Uint8Array;
};

const TRUN = { dataOffset: 0x1, duration: 0x100, size: 0x200, flags: 0x400, compositionOffset: 0x800 } as const;
const TFHD = { defaultDuration: 0x8, defaultFlags: 0x20, defaultBaseIsMoof: 0x20000 } as const;

/** Depends on nothing; others depend on it. */
const SYNC_SAMPLE_FLAGS = 0x0200_0000;
/** Depends on others; is not a place to start at. */
const DELTA_SAMPLE_FLAGS = 0x0101_0000;

/**
 * `moof` and `mdat` of samples in decode order. What all samples share is said once: fragments of a tenth of a second are
 * mostly headers otherwise. Written in one go into one buffer, as this runs for every packet.
 */
export function encodeMediaFragment(trackId: number, number: number, samples: readonly Sample[]): Uint8Array {
  const first = samples[0];
  if (first === undefined) return new Uint8Array(0);
  const sharesDuration = samples.every((sample) => sample.duration === first.duration);
  const sharesFlags = samples.every((sample) => sample.isKeyframe === first.isKeyframe);
  const hasOffsets = samples.some((sample) => sample.compositionOffset !== 0);
  const fieldCount = 1 + (sharesDuration ? 0 : 1) + (sharesFlags ? 0 : 1) + (hasOffsets ? 1 : 0);

  const trunBytes = 20 + samples.length * fieldCount * 4;
  const tfhdBytes = 20 + (sharesDuration ? 4 : 0);
  const trafBytes = 8 + tfhdBytes + 20 + trunBytes;
  const moofBytes = 8 + 16 + trafBytes;
  const mdatBytes = samples.reduce((sum, sample) => sum + sample.data.length, 8);

  const writer = new ByteWriter(moofBytes + mdatBytes);
  writer.u32(moofBytes).utf8('moof');
  writer.u32(16).utf8('mfhd').u32(0).u32(number);
  writer.u32(trafBytes).utf8('traf');
  const tfhdFlags = TFHD.defaultBaseIsMoof | TFHD.defaultFlags | (sharesDuration ? TFHD.defaultDuration : 0);
  writer.u32(tfhdBytes).utf8('tfhd').u32(tfhdFlags).u32(trackId);
  if (sharesDuration) writer.u32(first.duration);
  writer.u32(sampleFlags(first));
  writer.u32(20).utf8('tfdt').u32(0x0100_0000).u64(first.decodeTime);
  const trunFlags =
    TRUN.dataOffset |
    TRUN.size |
    (sharesDuration ? 0 : TRUN.duration) |
    (sharesFlags ? 0 : TRUN.flags) |
    (hasOffsets ? TRUN.compositionOffset : 0);
  writer
    .u32(trunBytes)
    .utf8('trun')
    .u32(0x0100_0000 | trunFlags);
  writer.u32(samples.length).u32(moofBytes + 8);
  for (const sample of samples) {
    if (!sharesDuration) writer.u32(sample.duration);
    writer.u32(sample.data.length);
    if (!sharesFlags) writer.u32(sampleFlags(sample));
    if (hasOffsets) writer.i32(sample.compositionOffset);
  }
  writer.u32(mdatBytes).utf8('mdat');
  for (const sample of samples) writer.bytes(sample.data);
  return writer.finish();
}

function sampleFlags(sample: Sample): number {
  return sample.isKeyframe ? SYNC_SAMPLE_FLAGS : DELTA_SAMPLE_FLAGS;
}
