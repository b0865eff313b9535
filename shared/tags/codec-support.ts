import type { AudioCodec, VideoCodec } from './tag-contents.ts';

type CodecFacts = {
  readonly name: string;
  readonly type: 'video' | 'audio';
  /** In MP4 through Media Source Extensions: `most` browsers, `some` of them or of their machines, `none`. */
  readonly support: 'most' | 'some' | 'none';
};

const CODECS: Readonly<Record<VideoCodec | AudioCodec, CodecFacts>> = {
  h264: { name: 'H.264', type: 'video', support: 'most' },
  hevc: { name: 'H.265 (HEVC)', type: 'video', support: 'some' },
  vvc: { name: 'H.266 (VVC)', type: 'video', support: 'none' },
  av1: { name: 'AV1', type: 'video', support: 'most' },
  vp9: { name: 'VP9', type: 'video', support: 'most' },
  vp8: { name: 'VP8', type: 'video', support: 'none' },
  h263: { name: 'Sorenson H.263', type: 'video', support: 'none' },
  vp6: { name: 'VP6', type: 'video', support: 'none' },
  'vp6-alpha': { name: 'VP6 with alpha', type: 'video', support: 'none' },
  screen: { name: 'Flash screen video', type: 'video', support: 'none' },
  screen2: { name: 'Flash screen video 2', type: 'video', support: 'none' },
  aac: { name: 'AAC', type: 'audio', support: 'most' },
  opus: { name: 'Opus', type: 'audio', support: 'most' },
  mp3: { name: 'MP3', type: 'audio', support: 'most' },
  flac: { name: 'FLAC', type: 'audio', support: 'most' },
  ac3: { name: 'AC-3', type: 'audio', support: 'some' },
  eac3: { name: 'E-AC-3', type: 'audio', support: 'some' },
  speex: { name: 'Speex', type: 'audio', support: 'none' },
  nellymoser: { name: 'Nellymoser', type: 'audio', support: 'none' },
  adpcm: { name: 'ADPCM', type: 'audio', support: 'none' },
  pcm: { name: 'PCM', type: 'audio', support: 'none' },
  g711a: { name: 'G.711 A-law', type: 'audio', support: 'none' },
  g711u: { name: 'G.711 µ-law', type: 'audio', support: 'none' },
};

/** How many browsers play this codec; to be asked before a feed is broadcast. The browser itself has the last word. */
export function browserSupport(codec: VideoCodec | AudioCodec): CodecFacts['support'] {
  return CODECS[codec].support;
}

/** One sentence for whoever runs the feed: what browsers do not play, and the ffmpeg line that helps. */
export function unsupportedCodecAdvice(codec: VideoCodec | AudioCodec): string {
  const { name, type, support } = CODECS[codec];
  const who = support === 'none' ? 'No browser plays' : 'Not every browser plays';
  const transcode = type === 'video' ? '-c:v libx264 -preset veryfast -g 60 -c:a aac' : '-c:v copy -c:a aac';
  return `${who} ${name}; have ffmpeg transcode it: ffmpeg -i SOURCE ${transcode} -f flv - | swarmtube seed - --channel NAME`;
}
