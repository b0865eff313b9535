import type { ByteReader } from '../bytes/byte-reader.ts';
import { SUBSTREAMS_MAX } from './limits.ts';
import { WireError } from './wire-error.ts';

/** u8: number of a sub-stream, sequence modulo their count. */
export function readSubstream(reader: ByteReader): number {
  const substream = reader.u8();
  if (substream >= SUBSTREAMS_MAX) throw new WireError('wire-substream', `sub-stream ${substream} does not exist`);
  return substream;
}
