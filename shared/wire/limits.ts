import { PACKET_BYTES_MAX } from '../packets/packet.ts';

/*
 * What one peer may say to another, each bound beside its reason. A message over a bound is not shortened: it is refused.
 */

/** Said in HELLO. Another version is hung up on, not banned. */
export const WIRE_PROTOCOL_VERSION = 1;

/** Bits of the open-slot mask in HAVE, and rows of its table. 8 are used (docs/ALGORITHM.md 2); 16 is what tight swarms may want later. */
export const SUBSTREAMS_MAX = 16;

/** Packets in one have-map: 6.4 s at 20 packets a second, more than any deadline we play at. */
export const HAVE_BITS = 128;

/** Nobody feeds from deeper than this: 8 hops carry 10,000 viewers, and a path must fit a small message. */
export const PATH_LENGTH_MAX = 30;

/** Sequences in one REQUEST: twice what may be outstanding on a link at a time. */
export const REQUEST_SEQUENCES_MAX = 16;

/** Control messages are a few dozen bytes; the longest is an ACCEPT with a full path. */
export const CONTROL_BYTES_MAX = 256;

/** Head of the messages that carry a packet: type and flags. */
export const DATA_HEAD_BYTES = 2;

export const DATA_BYTES_MAX = PACKET_BYTES_MAX + DATA_HEAD_BYTES;
