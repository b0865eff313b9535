import type { PeerReport } from '../../shared/wire/tracker-messages.ts';

/** What a peer that has and does nothing tells the tracker. */
export const EMPTY_REPORT: PeerReport = {
  slots: 0,
  slotsUsed: 0,
  lagMs: [],
  links: 0,
  bytesFromPeers: 0,
  bytesFromServer: 0,
  bytesToPeers: 0,
  latencyMs: 0,
  stalls: 0,
  stallMs: 0,
  banned: [],
};
