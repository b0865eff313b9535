import { concatenate } from '../bytes/concatenate.ts';

/**
 * Takes the empty units out of a frame of length-prefixed NAL units, and whatever is behind a length that overruns the
 * frame: some encoders send them (docs/COMPATIBILITY.md 3) and decoders stop at them. Returns the frame itself where it was sound.
 */
export function withoutEmptyNalUnits(frame: Uint8Array, lengthBytes: number): Uint8Array {
  const sound: Uint8Array[] = [];
  let isSound = true;
  let at = 0;
  while (at + lengthBytes <= frame.length) {
    let length = 0;
    for (let index = 0; index < lengthBytes; index++) length = length * 256 + (frame[at + index] as number);
    const end = at + lengthBytes + length;
    if (length === 0 || end > frame.length) isSound = false;
    if (end > frame.length) break;
    if (length > 0) sound.push(frame.subarray(at, end));
    at = end;
  }
  return isSound && at === frame.length ? frame : concatenate(sound);
}
