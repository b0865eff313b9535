import type { MediaMillis } from '../../shared/basics/units.ts';
import { FlvTagReader } from '../../shared/tags/flv-tag-reader.ts';
import { encodeFlvHeader, encodeFlvTag } from '../../shared/tags/flv-tag-writer.ts';
import type { Tag } from '../../shared/tags/tag.ts';
import { muxEnhancedFlv } from './enhanced-flv.ts';
import { cachedClip, ffmpegFile } from './ffmpeg.ts';
import { pictureClockFilter } from './picture-clock.ts';

/** Bump when this file makes other clips from the same arguments. */
const EDITION = 1;

type Picture = { readonly width: number; readonly height: number; readonly videoKbps: number };
type Encode = Picture & { readonly sampleRate: number; readonly seconds: number };

const SMALL: Encode = { width: 320, height: 180, videoKbps: 200, sampleRate: 44_100, seconds: 12 };
const FRAMES_PER_SECOND = 25;

const pictureSource = ({ width, height }: Picture, seconds: number) => [
  ...['-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=${FRAMES_PER_SECOND}:duration=${seconds}`],
];
const soundSource = (sampleRate: number, seconds: number) => [
  ...['-f', 'lavfi', '-i', `sine=frequency=440:beep_factor=4:sample_rate=${sampleRate}:duration=${seconds}`],
];
const asH264 = ({ videoKbps }: Picture) => [
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'main', '-pix_fmt', 'yuv420p', '-bf', '2'],
  ...['-b:v', `${videoKbps}k`, '-maxrate', `${videoKbps}k`, '-bufsize', `${videoKbps}k`],
  ...['-g', '25', '-keyint_min', '25', '-sc_threshold', '0', '-threads', '1'],
];
const AS_AAC = ['-c:a', 'aac', '-b:a', '64k', '-ac', '2'];

/** H.264 with AAC; keyframe each second. `kbps` of the video. */
export function plainClip(encode: Partial<Encode> = {}): Promise<string> {
  const whole = { ...SMALL, ...encode };
  return cachedClip('plain', [EDITION, whole], (folder) => encodePlain(folder, whole));
}

/** The same, with the number of each picture drawn into it: picture-clock.ts. */
export function numberedClip(encode: Partial<Encode> = {}): Promise<string> {
  const whole = { ...SMALL, ...encode };
  const filter = pictureClockFilter();
  return cachedClip('numbered', [EDITION, whole, filter], (folder) => encodePlain(folder, whole, ['-vf', filter]));
}

export function audioOnlyClip(): Promise<string> {
  return cachedClip('audio-only', [EDITION, SMALL], (folder) =>
    ffmpegFile(folder, [...soundSource(SMALL.sampleRate, SMALL.seconds), ...AS_AAC], 'audio.flv'),
  );
}

export function videoOnlyClip(): Promise<string> {
  return cachedClip('video-only', [EDITION, SMALL], (folder) =>
    ffmpegFile(folder, [...pictureSource(SMALL, SMALL.seconds), ...asH264(SMALL)], 'video.flv'),
  );
}

/** AV1 with Opus as Enhanced RTMP carries them. ffmpeg 5 cannot write that, so it encodes and we mux. */
export function av1OpusClip(): Promise<string> {
  return cachedClip('av1-opus', [EDITION, SMALL], async (folder) => {
    const asAv1 = ['-c:v', 'libaom-av1', '-cpu-used', '8', '-usage', 'realtime', '-b:v', '150k', '-g', '25'];
    const picture = [...pictureSource(SMALL, SMALL.seconds), '-pix_fmt', 'yuv420p', ...asAv1, '-lag-in-frames', '0'];
    const mp4 = await ffmpegFile(folder, picture, 'video.mp4');
    const ivf = await ffmpegFile(folder, ['-i', `${folder}/video.mp4`, '-c', 'copy'], 'video.ivf');
    const asOpus = ['-c:a', 'libopus', '-b:a', '48k', '-ac', '2'];
    const ogg = await ffmpegFile(folder, [...soundSource(48_000, SMALL.seconds), ...asOpus], 'audio.ogg');
    return muxEnhancedFlv({ mp4, ivf, ogg, framesPerSecond: FRAMES_PER_SECOND });
  });
}

/** Two encodes of different size and sample rate joined into one file: the configurations change in mid-stream. */
export function changingClip(): Promise<string> {
  const first: Encode = { ...SMALL, seconds: 6 };
  const second: Encode = { width: 480, height: 270, videoKbps: 250, sampleRate: 48_000, seconds: 6 };
  return cachedClip('changing', [EDITION, first, second], async (folder) => {
    const parts = [await encodePlain(folder, first), await encodePlain(folder, second)];
    const tags: Tag[] = [];
    for (const part of parts) {
      const startMs = Math.ceil((tags.at(-1)?.timestampMs ?? -40) + 40);
      for (const tag of new FlvTagReader().push(part)) {
        tags.push({ ...tag, timestampMs: (tag.timestampMs + startMs) as MediaMillis });
      }
    }
    return Buffer.concat([encodeFlvHeader({ hasAudio: true, hasVideo: true }), ...tags.map(encodeFlvTag)]);
  });
}

/** Sorenson H.263, which no browser plays; with `hasSound` AAC beside it. */
export function h263Clip(hasSound: boolean): Promise<string> {
  return cachedClip('h263', [EDITION, SMALL, hasSound], (folder) => {
    const { seconds, sampleRate } = SMALL;
    const sources = [...pictureSource(SMALL, seconds), ...(hasSound ? soundSource(sampleRate, seconds) : [])];
    return ffmpegFile(folder, [...sources, '-c:v', 'flv', '-g', '25', ...(hasSound ? AS_AAC : [])], 'h263.flv');
  });
}

/** The camera goes off for the second half of each round; sound goes on. */
export function cameraOffClip(): Promise<string> {
  const whole: Encode = { ...SMALL, seconds: 24 };
  return cachedClip('camera-off', [EDITION, whole], async (folder) => {
    const tags = new FlvTagReader().push(await encodePlain(folder, whole));
    const kept = tags.filter(({ kind, timestampMs }) => kind !== 'video' || timestampMs < whole.seconds * 500);
    return Buffer.concat([encodeFlvHeader({ hasAudio: true, hasVideo: true }), ...kept.map(encodeFlvTag)]);
  });
}

function encodePlain(folder: string, encode: Encode, filters: readonly string[] = []): Promise<Uint8Array> {
  const { seconds, sampleRate } = encode;
  const sources = [...pictureSource(encode, seconds), ...soundSource(sampleRate, seconds)];
  const encoders = [...asH264(encode), ...AS_AAC, '-shortest'];
  return ffmpegFile(folder, [...sources, ...filters, ...encoders], `plain-${encode.width}.flv`);
}
