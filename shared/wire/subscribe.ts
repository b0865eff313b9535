import type { Epoch, PeerId, Sequence } from '../basics/units.ts';
import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { readOptionalPeerId, writeOptionalPeerId } from './peer-id-field.ts';
import { readSubstream } from './substream-field.ts';
import { WireError } from './wire-error.ts';
import { WIRE_TYPE } from './wire-types.ts';

/*
 * SUBSCRIBE: "be my parent in this sub-stream". Answered with ACCEPT or REFUSE.
 *
 *  0  u8   type 3
 *  1  u8   sub-stream
 *  2  u32  epoch
 *  6  u32  from: first packet of the sub-stream that is missing and not already on its way
 * 10  u8   strength: how many this peer means to feed here; the stronger may displace the weaker
 * 11  u8   flags: 1 displace nobody for me
 * 12  u8   depth of this peer below the source now, 0: no feed
 * 13       the present parent, or none: whoever is displaced may go there
 */
export type Subscribe = {
  readonly type: 'subscribe';
  readonly substream: number;
  readonly epoch: Epoch;
  readonly from: Sequence;
  readonly strength: number;
  readonly isPeaceful: boolean;
  readonly depth: number;
  readonly parent: PeerId | undefined;
};

export function decodeSubscribe(reader: ByteReader): Subscribe {
  const substream = readSubstream(reader);
  const epoch = reader.u32();
  const from = reader.u32() as Sequence;
  const strength = reader.u8();
  const flags = reader.u8();
  if (epoch === 0 || flags > 1) throw new WireError('wire-subscribe', `epoch ${epoch}, flags ${flags}`);
  const depth = reader.u8();
  return {
    type: 'subscribe',
    substream,
    epoch: epoch as Epoch,
    from,
    strength,
    isPeaceful: flags === 1,
    depth,
    parent: readOptionalPeerId(reader),
  };
}

export function encodeSubscribe(subscribe: Subscribe): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(26)
    .u8(WIRE_TYPE.subscribe)
    .u8(subscribe.substream)
    .u32(subscribe.epoch)
    .u32(subscribe.from)
    .u8(subscribe.strength)
    .u8(subscribe.isPeaceful ? 1 : 0)
    .u8(subscribe.depth);
  writeOptionalPeerId(writer, subscribe.parent);
  return writer.finish();
}
