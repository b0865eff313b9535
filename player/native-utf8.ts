/*
 * The build puts this in the place of shared/bytes/utf8.ts: a browser has both functions already.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes as Uint8Array<ArrayBuffer>);
}
