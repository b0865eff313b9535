/** The pieces in one new buffer. `byteLength`: of all of them together, where whoever collects them has counted. */
export function concatenate(
  pieces: readonly Uint8Array[],
  byteLength = pieces.reduce((sum, piece) => sum + piece.byteLength, 0),
): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(byteLength);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
