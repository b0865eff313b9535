/**
 * Some senders put H.264 and H.265 into FLV with start codes between NAL units instead of lengths before them (Annex B of the
 * codec's specification; docs/COMPATIBILITY.md 3). Returns the frame with lengths; the frame itself where it has them already.
 */
export function toLengthPrefixed(frame: Uint8Array, lengthBytes: number): Uint8Array {
  if (!beginsWithStartCode(frame) || hasLengths(frame, lengthBytes)) return frame;
  const units = splitAtStartCodes(frame);
  const prefixed = new Uint8Array(units.reduce((sum, unit) => sum + lengthBytes + unit.byteLength, 0));
  let at = 0;
  for (const unit of units) {
    for (let index = lengthBytes - 1, rest = unit.byteLength; index >= 0; index--, rest = Math.floor(rest / 256)) {
      prefixed[at + index] = rest % 256;
    }
    prefixed.set(unit, at + lengthBytes);
    at += lengthBytes + unit.byteLength;
  }
  return prefixed;
}

/** `00 00 01` or `00 00 00 01`. Either may be a length as well. */
function beginsWithStartCode(frame: Uint8Array): boolean {
  return frame[0] === 0 && frame[1] === 0 && (frame[2] === 1 || (frame[2] === 0 && frame[3] === 1));
}

/** Whether lengths lead exactly to the end: chance does not. */
function hasLengths(frame: Uint8Array, lengthBytes: number): boolean {
  let at = 0;
  while (at + lengthBytes <= frame.byteLength) {
    let length = 0;
    for (let index = 0; index < lengthBytes; index++) length = length * 256 + (frame[at + index] as number);
    at += lengthBytes + length;
  }
  return at === frame.byteLength;
}

function splitAtStartCodes(frame: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  let start = -1;
  for (let at = 0; at + 2 < frame.byteLength; at++) {
    if (frame[at] !== 0 || frame[at + 1] !== 0 || frame[at + 2] !== 1) continue;
    if (start >= 0) units.push(withoutTrailingZeros(frame.subarray(start, at)));
    start = at + 3;
    at += 2;
  }
  if (start >= 0) units.push(withoutTrailingZeros(frame.subarray(start)));
  return units.filter((unit) => unit.byteLength > 0);
}

/** The fourth byte of the next start code, or padding; a NAL unit never ends in 0. */
function withoutTrailingZeros(unit: Uint8Array): Uint8Array {
  let end = unit.byteLength;
  while (end > 0 && unit[end - 1] === 0) end--;
  return unit.subarray(0, end);
}
