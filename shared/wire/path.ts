import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { readPath, writePath } from './path-field.ts';
import { readSubstream } from './substream-field.ts';
import { WIRE_TYPE } from './wire-types.ts';

/*
 * PATH: the way to the source has changed; from a parent to each of its children. Who finds itself on it leaves that parent.
 *
 *  0  u8   type 8
 *  1  u8   sub-stream
 *  2       path: the peers between the source and the receiver
 */
export type Path = { readonly type: 'path'; readonly substream: number; readonly path: readonly number[] };

export function decodePath(reader: ByteReader): Path {
  return { type: 'path', substream: readSubstream(reader), path: readPath(reader) };
}

export function encodePath(path: Path): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(3 + 4 * path.path.length).u8(WIRE_TYPE.path).u8(path.substream);
  writePath(writer, path.path);
  return writer.finish();
}
