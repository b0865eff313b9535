/**
 * Branded numbers and strings: what must not be mixed cannot be.
 * A brand costs nothing at run time; `as` is allowed only where a value enters the program (a decoder, a clock, a parser).
 */

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** Milliseconds on a local, monotonic clock of unknown origin. What the engine is given as `nowMs`. */
export type Millis = Branded<number, 'Millis'>;

/** Milliseconds since 1970 on the seeder's wall clock. Capture times, and viewers' clocks once they have been offset. */
export type WallMillis = Branded<number, 'WallMillis'>;

/** Milliseconds on the media line of one epoch: unwrapped, shared by audio and video, up to 48 bits. */
export type MediaMillis = Branded<number, 'MediaMillis'>;

/** Number of a packet within its epoch: 0, 1, 2, … up to 2^32 - 1 (6.8 years at 20 packets a second). */
export type Sequence = Branded<number, 'Sequence'>;

/** Random 32-bit number of one unbroken numbering of packets. Never 0. */
export type Epoch = Branded<number, 'Epoch'>;

/** A peer's id in its swarm: 16 random base64url characters, made by the tracker, new for each session. */
export type PeerId = Branded<string, 'PeerId'>;

/** `^[A-Za-z0-9_-]{1,64}$`; checked by `parseChannelName`. */
export type ChannelName = Branded<string, 'ChannelName'>;

const NAME_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** Returns the text as a channel name, or undefined where it is not one. */
export function parseChannelName(text: unknown): ChannelName | undefined {
  return typeof text === 'string' && NAME_PATTERN.test(text) ? (text as ChannelName) : undefined;
}

const PEER_ID_PATTERN = /^[A-Za-z0-9_-]{16}$/;

export function parsePeerId(text: unknown): PeerId | undefined {
  return typeof text === 'string' && PEER_ID_PATTERN.test(text) ? (text as PeerId) : undefined;
}
