/** What a channel's description says of a broadcast while there is none. */
export const OFF_AIR = {
  live: false,
  epoch: null,
  firstSequence: null,
  newestSequence: null,
  doorSequence: null,
  doorCaptureMs: null,
} as const;
