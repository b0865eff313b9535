/** Parameter sets are under 1 KiB; what is longer is none, and is not worth copying. */
const PARAMETER_SET_BYTES_MAX = 16 * 1024;

/** A NAL unit without its emulation prevention bytes (ITU-T H.264 7.4.1): 00 00 03 stands for 00 00. */
export function withoutEmulationPrevention(unit: Uint8Array): Uint8Array {
  const raw = new Uint8Array(Math.min(unit.byteLength, PARAMETER_SET_BYTES_MAX));
  let length = 0;
  let zeros = 0;
  for (const byte of unit.subarray(0, PARAMETER_SET_BYTES_MAX)) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    raw[length++] = byte;
  }
  return raw.subarray(0, length);
}

export function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0');
}
