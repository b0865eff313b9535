import { SwarmtubeError } from '../basics/errors.ts';

/** Bytes that are waited for before something is called no FLV: enough to tell what it is instead. */
export const SNIFFED_BYTES = 16;

/** Says in one sentence what the first bytes of a feed are, if not FLV. */
export function notFlvError(bytes: Uint8Array): SwarmtubeError {
  return new SwarmtubeError('not-flv', sentence(bytes));
}

function sentence(bytes: Uint8Array): string {
  if (bytes.byteLength === 0) return 'The feed is empty: its source sends nothing.';
  const text = String.fromCharCode(...bytes.subarray(0, SNIFFED_BYTES)).replace(/^\u00ef\u00bb\u00bf/, '');
  const visible = text.trimStart();
  if (visible.startsWith('<')) return 'This is a web page, not an FLV stream: check the address in a browser.';
  if (visible.startsWith('#EXTM3U')) return `This is an HLS playlist, not an FLV stream: ${REMUX_ADVICE}`;
  if (visible.startsWith('{') || visible.startsWith('[')) {
    return 'This is a JSON text, perhaps an error message, not an FLV stream: check the address.';
  }
  if (text.slice(4, 8) === 'ftyp' || text.slice(4, 8) === 'moov')
    return `This is an MP4 file, not FLV: ${REMUX_ADVICE}`;
  if (text.startsWith('\u001aE\u00df\u00a3')) return `This is a Matroska or WebM file, not FLV: ${REMUX_ADVICE}`;
  if (bytes[0] === 0x47) return `This looks like an MPEG transport stream, not FLV: ${REMUX_ADVICE}`;
  return `This is not FLV: it begins with ${hex(bytes)}.`;
}

const REMUX_ADVICE = 'ffmpeg -i SOURCE -c copy -f flv OUTPUT makes FLV of it.';

function hex(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
