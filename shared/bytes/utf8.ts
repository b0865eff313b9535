/**
 * UTF-8 for the pure layers, which are compiled without TextEncoder. Texts here are short (names, script data keys).
 * Malformed sequences decode to U+FFFD, never to an error: a strange title must not stop a broadcast.
 */

export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (const character of text) {
    const raw = character.codePointAt(0) as number;
    const code = raw >= 0xd800 && raw <= 0xdfff ? 0xfffd : raw;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return new Uint8Array(bytes);
}

export function decodeUtf8(bytes: Uint8Array): string {
  let text = '';
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at++] as number;
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      continue;
    }
    const extra = lead >= 0xf0 && lead < 0xf5 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc2 ? 1 : 0;
    if (extra === 0 || lead >= 0xf5) {
      text += '\ufffd';
      continue;
    }
    let code = lead & (0x3f >> extra);
    let read = 0;
    while (read < extra && at < bytes.length && ((bytes[at] as number) & 0xc0) === 0x80) {
      code = (code << 6) | ((bytes[at++] as number) & 63);
      read++;
    }
    text += read === extra && isScalar(code, extra) ? String.fromCodePoint(code) : '\ufffd';
  }
  return text;
}

/** Refuses overlong forms and surrogates. */
function isScalar(code: number, extra: number): boolean {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
  return extra === 1 ? code >= 0x80 : extra === 2 ? code >= 0x800 : code >= 0x10000;
}
