import { concatenate } from '../bytes/concatenate.ts';
import { box, fullBox, u16, u32, zeros } from './boxes.ts';

const IDENTITY_MATRIX = u32(0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000);
const DATA_REFERENCE = box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)));
const NO_SAMPLES = [
  fullBox('stts', 0, 0, u32(0)),
  fullBox('stsc', 0, 0, u32(0)),
  fullBox('stsz', 0, 0, u32(0, 0)),
  fullBox('stco', 0, 0, u32(0)),
];
/** Undetermined, three letters of five bits each. */
const LANGUAGE_UND = 0x55c4;

export type InitSegmentTrack = {
  readonly trackId: number;
  readonly timescale: number;
  readonly sampleEntry: Uint8Array;
  /** Present on a video track. */
  readonly size?: { readonly width: number; readonly height: number };
};

/** `ftyp` and `moov` of one track, for a file that goes on in fragments. */
export function encodeInitSegment(track: InitSegmentTrack): Uint8Array {
  const isVideo = track.size !== undefined;
  const { width, height } = track.size ?? { width: 0, height: 0 };
  const handler = concatenate([zeros(4), letters(isVideo ? 'vide' : 'soun'), zeros(13)]);
  const media = box(
    'minf',
    isVideo ? fullBox('vmhd', 0, 1, zeros(8)) : fullBox('smhd', 0, 0, zeros(4)),
    DATA_REFERENCE,
    box('stbl', fullBox('stsd', 0, 0, u32(1), track.sampleEntry), ...NO_SAMPLES),
  );
  const trak = box(
    'trak',
    fullBox(
      'tkhd',
      0,
      7,
      u32(0, 0, track.trackId, 0, 0),
      zeros(8),
      u16(0, 0, isVideo ? 0 : 0x100, 0),
      IDENTITY_MATRIX,
      u32(width * 0x1_0000, height * 0x1_0000),
    ),
    box(
      'mdia',
      fullBox('mdhd', 0, 0, u32(0, 0, track.timescale, 0), u16(LANGUAGE_UND, 0)),
      fullBox('hdlr', 0, 0, handler),
      media,
    ),
  );
  const mvhd = fullBox(
    'mvhd',
    0,
    0,
    u32(0, 0, 1000, 0, 0x1_0000),
    u16(0x100, 0),
    zeros(8),
    IDENTITY_MATRIX,
    zeros(24),
    u32(track.trackId + 1),
  );
  const mvex = box('mvex', fullBox('trex', 0, 0, u32(track.trackId, 1, 0, 0, 0)));
  const ftyp = box('ftyp', letters('iso5'), u32(1), letters('iso5'), letters('iso6'), letters('mp41'));
  return concatenate([ftyp, box('moov', mvhd, trak, mvex)]);
}

function letters(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
