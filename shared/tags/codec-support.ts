import type { AudioCodec, VideoCodec } from './tag-contents.ts';

/** What no browser plays in MP4 through Media Source Extensions, under the names that people write. */
const PLAYED_NOWHERE: Readonly<Partial<Record<VideoCodec | AudioCodec, string>>> = {
  vvc: 'H.266 (VVC)',
  vp8: 'VP8',
  h263: 'Sorenson H.263',
  vp6: 'VP6',
  'vp6-alpha': 'VP6 with alpha',
  screen: 'Flash screen video',
  screen2: 'Flash screen video 2',
  speex: 'Speex',
  nellymoser: 'Nellymoser',
  adpcm: 'ADPCM',
  pcm: 'PCM',
  g711a: 'G.711 A-law',
  g711u: 'G.711 µ-law',
};

/** What only some browsers play, or browsers on some machines. */
const PLAYED_SOMEWHERE: typeof PLAYED_NOWHERE = { hevc: 'H.265 (HEVC)', ac3: 'AC-3', eac3: 'E-AC-3' };

const AUDIO: readonly string[] = [
  'aac',
  'opus',
  'mp3',
  'flac',
  'ac3',
  'eac3',
  'speex',
  'nellymoser',
  'adpcm',
  'pcm',
  'g711a',
  'g711u',
];

/** How many browsers play this codec; to be asked before a feed is broadcast. The browser itself has the last word. */
export function browserSupport(codec: VideoCodec | AudioCodec): 'most' | 'some' | 'none' {
  if (isPlayedNowhere(codec)) return 'none';
  return codec in PLAYED_SOMEWHERE ? 'some' : 'most';
}

/** True where no browser has to be asked. */
export function isPlayedNowhere(codec: string): boolean {
  return Object.hasOwn(PLAYED_NOWHERE, codec);
}

/** As people write it; `codec` may be one that is not known here. */
export function codecName(codec: string): string {
  const names: Readonly<Record<string, string>> = { ...PLAYED_NOWHERE, ...PLAYED_SOMEWHERE };
  return names[codec] ?? codec.toUpperCase();
}

/** One sentence for whoever runs the feed: what browsers do not play, and the ffmpeg line that helps. */
export function unsupportedCodecAdvice(codec: VideoCodec | AudioCodec): string {
  const who = isPlayedNowhere(codec) ? 'No browser plays' : 'Not every browser plays';
  const transcode = AUDIO.includes(codec) ? '-c:v copy -c:a aac' : '-c:v libx264 -preset veryfast -g 60 -c:a aac';
  return `${who} ${codecName(codec)}; have ffmpeg transcode it: ffmpeg -i SOURCE ${transcode} -f flv - | swarmtube seed - --channel NAME`;
}
