import type { Epoch, Sequence } from '../basics/units.ts';
import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { SUBSTREAMS_MAX } from './limits.ts';
import { WireError } from './wire-error.ts';
import { WIRE_TYPE } from './wire-types.ts';

/*
 * HELLO: the first message on a link, from both sides, and again when the epoch changes.
 *
 *  0  u8   type 1
 *  1  u8   protocol version
 *  2  u8   number of sub-streams
 *  3  u8   upload slots, each worth one sub-stream to one child; 0: receives only
 *  4  u32  node number: random, this session's name in paths
 *  8  u32  epoch, 0: not known yet
 * 12  u32  next packet that playback needs
 */
export type Hello = {
  readonly type: 'hello';
  readonly protocolVersion: number;
  readonly substreams: number;
  readonly slots: number;
  readonly node: number;
  readonly epoch: Epoch | undefined;
  readonly playSequence: Sequence;
};

export function decodeHello(reader: ByteReader): Hello {
  const protocolVersion = reader.u8();
  const substreams = reader.u8();
  if (substreams < 1 || substreams > SUBSTREAMS_MAX) throw new WireError('wire-hello', `${substreams} sub-streams`);
  const slots = reader.u8();
  const node = reader.u32();
  const epoch = reader.u32();
  return {
    type: 'hello',
    protocolVersion,
    substreams,
    slots,
    node,
    epoch: epoch === 0 ? undefined : (epoch as Epoch),
    playSequence: reader.u32() as Sequence,
  };
}

export function encodeHello(hello: Hello): Uint8Array<ArrayBuffer> {
  return new ByteWriter(16)
    .u8(WIRE_TYPE.hello)
    .u8(hello.protocolVersion)
    .u8(hello.substreams)
    .u8(hello.slots)
    .u32(hello.node)
    .u32(hello.epoch ?? 0)
    .u32(hello.playSequence)
    .finish();
}
