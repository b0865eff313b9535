import { SwarmtubeError } from '../../shared/basics/errors.ts';

export type SourceKind = 'standard-input' | 'http-flv' | 'file' | 'unsupported';

/** What a SOURCE of the command line or the config file means. */
export function sourceKind(source: string): SourceKind {
  if (source === '-') return 'standard-input';
  if (source === '' || source.startsWith('ffmpeg:')) return 'unsupported';
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(source)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === 'file') return 'file';
  if ((scheme !== 'http' && scheme !== 'https') || !URL.canParse(source)) return 'unsupported';
  // An address without an ending may well be FLV; what it is otherwise is told by its first bytes.
  return /\.(?:m3u8?|ts|mpd|mp4|mkv|webm|m4s)$/i.test(new URL(source).pathname) ? 'unsupported' : 'http-flv';
}

/** `command`: what takes the same on standard input, for the line that is advised. */
export function unsupportedSource(source: string, command: string): SwarmtubeError {
  const shown = source.startsWith('ffmpeg:')
    ? source.slice('ffmpeg:'.length).trim() || 'ARGS'
    : `-i ${quoted(source || 'SOURCE')}`;
  return new SwarmtubeError(
    'unsupported-source',
    `${source === '' ? 'an empty text' : quoted(source)} is no source that can be read directly; those are an http(s) ` +
      'address of an FLV stream, an FLV file, and - for standard input. ffmpeg reads the rest: ' +
      `ffmpeg ${shown} -c copy -f flv - | ${command}`,
  );
}

function quoted(text: string): string {
  return /^[\w./:@%+=,-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
