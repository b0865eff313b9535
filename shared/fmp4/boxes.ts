import { ByteWriter } from '../bytes/byte-writer.ts';

/*
 * ISO base media file format (ISO/IEC 14496-12): a box is its length, four letters, and a body of numbers and boxes.
 */

/** What a box can be made of: ready bytes, or numbers that are each one byte. */
export type BoxBody = Uint8Array | readonly number[];

export function box(type: string, ...bodies: readonly BoxBody[]): Uint8Array<ArrayBuffer> {
  const length = bodies.reduce((sum, body) => sum + body.length, 8);
  const writer = new ByteWriter(length).u32(length).utf8(type);
  for (const body of bodies) writer.bytes(body instanceof Uint8Array ? body : Uint8Array.from(body));
  return writer.finish();
}

/** A box that begins with a version and 24 bits of flags. */
export function fullBox(type: string, version: number, flags: number, ...bodies: readonly BoxBody[]): Uint8Array {
  return box(type, u32(version * 0x100_0000 + flags), ...bodies);
}

export function u16(...values: readonly number[]): Uint8Array {
  const writer = new ByteWriter(values.length * 2);
  for (const value of values) writer.u16(value);
  return writer.finish();
}

export function u32(...values: readonly number[]): Uint8Array {
  const writer = new ByteWriter(values.length * 4);
  for (const value of values) writer.u32(value);
  return writer.finish();
}

export function zeros(length: number): Uint8Array {
  return new Uint8Array(length);
}
