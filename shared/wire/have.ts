import type { Epoch, Sequence } from '../basics/units.ts';
import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { HAVE_BITS, SUBSTREAMS_MAX } from './limits.ts';
import { WireError } from './wire-error.ts';
import { WIRE_TYPE } from './wire-types.ts';

/*
 * HAVE: what the sender holds and what it would cost to be its child. Every second, twice as often while upload is short, and at once on a new link.
 *
 *  0  u8   type 2
 *  1  u8   number of sub-streams
 *  2  u32  epoch
 *  6  u32  base: sequence of the map's first bit
 * 10  16   map: bit i (most significant first) says that packet base + i is held and verified
 * 26  u16  open: bit k says that a child would find a free slot in sub-stream k
 * 28  u8   slots free in all
 * 29  u32  uplink, bytes a second, as the sender measured it
 * 33       for each sub-stream:
 *     u16  lag, ms from capture to the sender; 65535: no feed
 *     u8   strength of the weakest child; 255: none to displace
 *     u8   children
 */
export type Have = {
  readonly type: 'have';
  readonly epoch: Epoch;
  readonly base: Sequence;
  /** `HAVE_BITS` bits, most significant bit of the first byte first. */
  readonly map: Uint8Array;
  readonly openSubstreams: number;
  readonly slotsFree: number;
  readonly uplinkBytesPerSecond: number;
  readonly substreams: readonly HaveSubstream[];
};

export type HaveSubstream = {
  readonly lagMs: number | undefined;
  readonly weakestStrength: number;
  readonly children: number;
};

export const HAVE_MAP_BYTES = HAVE_BITS / 8;
export const LAG_MS_MAX = 0xfffe;
const NO_FEED = 0xffff;
/** No child can be displaced here, however strong one is. */
export const STRENGTH_UNBEATABLE = 255;

export function decodeHave(reader: ByteReader): Have {
  const count = reader.u8();
  if (count < 1 || count > SUBSTREAMS_MAX) throw new WireError('wire-have', `${count} sub-streams`);
  const epoch = reader.u32();
  if (epoch === 0) throw new WireError('wire-have', 'a map of no epoch');
  const base = reader.u32() as Sequence;
  const map = reader.slice(HAVE_MAP_BYTES);
  const openSubstreams = reader.u16();
  const slotsFree = reader.u8();
  const uplinkBytesPerSecond = reader.u32();
  const substreams: HaveSubstream[] = [];
  for (let substream = 0; substream < count; substream++) {
    const lagMs = reader.u16();
    substreams.push({
      lagMs: lagMs === NO_FEED ? undefined : lagMs,
      weakestStrength: reader.u8(),
      children: reader.u8(),
    });
  }
  return {
    type: 'have',
    epoch: epoch as Epoch,
    base,
    map,
    openSubstreams,
    slotsFree,
    uplinkBytesPerSecond,
    substreams,
  };
}

export function encodeHave(have: Have): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(33 + 4 * have.substreams.length)
    .u8(WIRE_TYPE.have)
    .u8(have.substreams.length)
    .u32(have.epoch)
    .u32(have.base)
    .bytes(have.map)
    .u16(have.openSubstreams)
    .u8(have.slotsFree)
    .u32(have.uplinkBytesPerSecond);
  for (const { lagMs, weakestStrength, children } of have.substreams) {
    writer
      .u16(lagMs ?? NO_FEED)
      .u8(weakestStrength)
      .u8(children);
  }
  return writer.finish();
}
