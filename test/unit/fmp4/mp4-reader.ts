import { ByteReader } from '../../../shared/bytes/byte-reader.ts';

export type ReadSample = {
  readonly decodeTime: number;
  readonly duration: number;
  readonly compositionOffset: number;
  readonly isKeyframe: boolean;
  readonly bytes: number;
};

/** The samples of `moof` and `mdat` boxes, read after the standard and without the code under test. */
export function readFragment(bytes: Uint8Array): ReadSample[] {
  const samples: ReadSample[] = [];
  const defaults = { duration: 0, flags: 0 };
  let decodeTime = 0;
  for (const { type, body } of walk(bytes)) {
    const reader = new ByteReader(body);
    const flags = type === 'tfhd' || type === 'trun' ? reader.u32() & 0xffffff : 0;
    if (type === 'tfhd') {
      reader.u32();
      if (flags & 0x8) defaults.duration = reader.u32();
      if (flags & 0x20) defaults.flags = reader.u32();
    } else if (type === 'tfdt') {
      if (reader.u32() >>> 24 !== 1) throw new Error('tfdt is not version 1');
      decodeTime = reader.u32() * 2 ** 32 + reader.u32();
    } else if (type === 'trun') {
      const count = reader.u32();
      reader.u32();
      for (let index = 0; index < count; index++) {
        const duration = flags & 0x100 ? reader.u32() : defaults.duration;
        const size = reader.u32();
        const sampleFlags = flags & 0x400 ? reader.u32() : defaults.flags;
        const compositionOffset = flags & 0x800 ? reader.i32() : 0;
        const isKeyframe = (sampleFlags & 0x10000) === 0;
        samples.push({ decodeTime, duration, compositionOffset, isKeyframe, bytes: size });
        decodeTime += duration;
      }
    }
  }
  return samples;
}

const CONTAINERS = new Set(['moof', 'traf']);

function* walk(bytes: Uint8Array): Generator<{ type: string; body: Uint8Array }> {
  const reader = new ByteReader(bytes);
  while (reader.remaining > 0) {
    const length = reader.u32();
    const type = reader.utf8(4);
    const body = reader.slice(length - 8);
    if (CONTAINERS.has(type)) yield* walk(body);
    else yield { type, body };
  }
}
