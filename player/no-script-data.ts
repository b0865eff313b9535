/*
 * The build puts this in the place of shared/tags/amf0.ts: a player has no use for the encoder's script data.
 */

export function decodeAmf0Leniently(): [] {
  return [];
}
