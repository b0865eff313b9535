import type { MediaMillis } from '../../shared/basics/units.ts';
import { encodeFlvHeader, encodeFlvTag } from '../../shared/tags/flv-tag-writer.ts';
import type { Tag } from '../../shared/tags/tag.ts';

/*
 * AV1 with Opus in FLV, as Enhanced RTMP v2 writes it: a head byte, a FourCC, then the codec's own bytes.
 */

const SEQUENCE_START = 0;
const CODED_FRAMES = 1;
const KEYFRAME = 1;
const INTER_FRAME = 2;
const AUDIO_FOURCC_HEAD = 9;
const OPUS_FRAME_MS = 20;

export type EncodedAv1Opus = {
  /** Only its av1C box is read. */
  readonly mp4: Uint8Array;
  /** The same video, a temporal unit a frame. */
  readonly ivf: Uint8Array;
  /** Opus in Ogg, 20 ms a packet. */
  readonly ogg: Uint8Array;
  readonly framesPerSecond: number;
};

export function muxEnhancedFlv({ mp4, ivf, ogg, framesPerSecond }: EncodedAv1Opus): Uint8Array {
  const video = (frameType: number, packetType: number, bytes: Uint8Array): Uint8Array =>
    Buffer.concat([Buffer.from([0x80 | (frameType << 4) | packetType]), Buffer.from('av01'), bytes]);
  const audio = (packetType: number, bytes: Uint8Array): Uint8Array =>
    Buffer.concat([Buffer.from([(AUDIO_FOURCC_HEAD << 4) | packetType]), Buffer.from('Opus'), bytes]);

  const tags: Tag[] = [];
  const add = (kind: Tag['kind'], timestampMs: number, body: Uint8Array) =>
    tags.push({ kind, timestampMs: Math.round(timestampMs) as MediaMillis, body });

  const [opusHead, , ...opusPackets] = oggPackets(ogg);
  if (opusHead === undefined) throw new Error('no packets in the Ogg file');
  add('video', 0, video(KEYFRAME, SEQUENCE_START, av1Configuration(mp4)));
  add('audio', 0, audio(SEQUENCE_START, opusHead));
  ivfFrames(ivf).forEach((frame, index) => {
    const unit = withoutTemporalDelimiter(frame);
    add(
      'video',
      (index * 1000) / framesPerSecond,
      video(startsWithSequence(unit) ? KEYFRAME : INTER_FRAME, CODED_FRAMES, unit),
    );
  });
  opusPackets.forEach((packet, index) => {
    add('audio', index * OPUS_FRAME_MS, audio(CODED_FRAMES, packet));
  });
  // A stable sort: the configurations stay in front of the frames of time 0.
  tags.sort((one, other) => one.timestampMs - other.timestampMs);
  return Buffer.concat([encodeFlvHeader({ hasAudio: true, hasVideo: true }), ...tags.map(encodeFlvTag)]);
}

function av1Configuration(mp4: Uint8Array): Uint8Array {
  const bytes = Buffer.from(mp4.buffer, mp4.byteOffset, mp4.byteLength);
  const at = bytes.indexOf('av1C');
  if (at < 4) throw new Error('no av1C box in the MP4 file');
  return bytes.subarray(at + 4, at - 4 + bytes.readUInt32BE(at - 4));
}

function ivfFrames(ivf: Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(ivf.buffer, ivf.byteOffset, ivf.byteLength);
  const frames: Uint8Array[] = [];
  for (let at = bytes.readUInt16LE(6); at + 12 <= bytes.byteLength; ) {
    const length = bytes.readUInt32LE(at);
    frames.push(bytes.subarray(at + 12, at + 12 + length));
    at += 12 + length;
  }
  return frames;
}

const obuType = (head: number | undefined) => ((head ?? 0) >> 3) & 0x0f;
const OBU_SEQUENCE_HEADER = 1;
const OBU_TEMPORAL_DELIMITER = 2;

/** IVF begins each unit with a temporal delimiter of two bytes, which MP4 and FLV leave out. */
function withoutTemporalDelimiter(unit: Uint8Array): Uint8Array {
  return obuType(unit[0]) === OBU_TEMPORAL_DELIMITER ? unit.subarray(2) : unit;
}

function startsWithSequence(unit: Uint8Array): boolean {
  return obuType(unit[0]) === OBU_SEQUENCE_HEADER;
}

/** RFC 3533: a page names the lengths of its segments; a segment under 255 bytes ends a packet. */
function oggPackets(ogg: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = [];
  let open: Uint8Array[] = [];
  for (let at = 0; at + 27 <= ogg.byteLength; ) {
    const segmentCount = ogg[at + 26] as number;
    let body = at + 27 + segmentCount;
    for (let index = 0; index < segmentCount; index++) {
      const length = ogg[at + 27 + index] as number;
      open.push(ogg.subarray(body, body + length));
      body += length;
      if (length === 255) continue;
      packets.push(Buffer.concat(open));
      open = [];
    }
    at = body;
  }
  return packets;
}
