import { cachedClip, ffmpegFile } from '../../support/ffmpeg.ts';

/** Bump when this file makes another clip from the same arguments. */
const EDITION = 1;
const SECONDS = 20;

/** Pictures without sound, so few a second that each is a packet: what a viewer costs goes by packets, hardly by bytes. */
export function sparseClip(picturesPerSecond: number, kbps: number): Promise<string> {
  const encode = { picturesPerSecond, kbps, seconds: SECONDS };
  return cachedClip('sparse', [EDITION, encode], (folder) => {
    const source = `testsrc2=size=320x180:rate=${picturesPerSecond}:duration=${SECONDS}`;
    const rate = ['-b:v', `${kbps}k`, '-minrate', `${kbps}k`, '-maxrate', `${kbps}k`, '-bufsize', `${kbps}k`];
    const keyframes = ['-g', String(picturesPerSecond * 2), '-sc_threshold', '0', '-bf', '0', '-threads', '1'];
    const asH264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-x264-params', 'nal-hrd=cbr'];
    return ffmpegFile(folder, ['-f', 'lavfi', '-i', source, ...asH264, ...rate, ...keyframes], 'sparse.flv');
  });
}
