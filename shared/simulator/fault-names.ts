/** Everything that can go wrong in a simulated world (faults.ts). */
export const FAULT_NAMES = [
  'tracker-restart',
  'tracker-away',
  'seeder-crash',
  'seeder-restart',
  'source-gap',
  'epoch-change',
  'server-faults',
  'server-down',
  'server-slow',
  'server-hangs',
  'server-truncating',
  'partition',
  'one-way',
  'clogged-links',
  'channels-closed',
  'jitter',
  'loss',
  'duplicates',
  'uplink-collapse',
  'freeze',
  'clock-jump',
  'crash',
] as const;

export type FaultName = (typeof FAULT_NAMES)[number];

/** A fault with its place in time. */
export type PlannedFault = { readonly name: FaultName; readonly strikesMs: number; readonly healsMs: number };
