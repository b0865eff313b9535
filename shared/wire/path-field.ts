import type { ByteReader } from '../bytes/byte-reader.ts';
import type { ByteWriter } from '../bytes/byte-writer.ts';
import { PATH_LENGTH_MAX } from './limits.ts';
import { WireError } from './wire-error.ts';

/*
 * The peers a sub-stream came through, source first, the sender last, as ACCEPT and PATH carry it:
 *
 *  0  u8   how many, 1 to 30
 *  1  u32  node number of each (HELLO)
 */
export function readPath(reader: ByteReader): readonly number[] {
  const length = reader.u8();
  if (length < 1 || length > PATH_LENGTH_MAX) throw new WireError('wire-path', `path of ${length} peers`);
  const path: number[] = [];
  for (let hop = 0; hop < length; hop++) path.push(reader.u32());
  return path;
}

export function writePath(writer: ByteWriter, path: readonly number[]): void {
  writer.u8(path.length);
  for (const node of path) writer.u32(node);
}
