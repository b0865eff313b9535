/** The pieces in one new buffer. `byteLength`: of all of them together, which those who collect pieces have counted. */
export function concatenate(pieces: readonly Uint8Array[], byteLength: number): Uint8Array {
  const whole = new Uint8Array(byteLength);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
