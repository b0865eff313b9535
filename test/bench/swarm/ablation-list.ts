import type { EngineConfig } from '../../../shared/swarm/engine-config.ts';

/** One rule of the swarm, and the settings that turn it off. */
export type Ablation = { readonly rule: string; readonly engine: Partial<EngineConfig> };

const NEVER_MS = 1e9;

export const ABLATIONS: readonly Ablation[] = [
  { rule: '(nothing: as shipped)', engine: {} },
  { rule: 'the start from the keyframe: the server stream brings it', engine: { startBacklogMax: 0 } },
  { rule: 'parents by lag: drawn by lot', engine: { scoreJitterMs: 100_000 } },
  {
    rule: 'upgrades',
    engine: { upgradeIntervalInteriorMs: [NEVER_MS, NEVER_MS], upgradeIntervalLeafMs: [NEVER_MS, NEVER_MS] },
  },
  { rule: 'displacing where a free slot is known: only where none is', engine: { displacingPenaltyMs: NEVER_MS } },
  { rule: 'grace for the displaced', engine: { graceMs: 0 } },
  {
    rule: "the tracker's answers to who lacks a parent",
    engine: { askIntervalMs: NEVER_MS, askIntervalMsMax: NEVER_MS },
  },
  { rule: 'leaving a late parent soon: after a second', engine: { overdueMs: 1000 } },
  { rule: 'a gain worth an upgrade: 40 ms', engine: { upgradeGainInteriorMs: 40, upgradeGainLeafMs: 40 } },
  { rule: 'maps each second only: each half', engine: { haveIntervalMs: 500 } },
  { rule: 'repair by neighbours', engine: { requestsPerLinkMax: 0 } },
  { rule: 'patience of repair at the front', engine: { frontRepairDelayMs: 0 } },
  { rule: 'backlog from the new parent', engine: { backlogPushes: 0, backlogRepairs: 0 } },
  { rule: 'a tenth of the uplink kept free', engine: { uplinkShare: 1 } },
  { rule: 'shedding of full lines', engine: { shedTicks: 1_000_000 } },
  { rule: 'the seeder preferred', engine: { seederBonusMs: 0 } },
  { rule: 'bursts: two packets at most', engine: { burstMs: 0, burstBytesMin: 16_384 } },
  { rule: 'leases: rescue packet by packet', engine: { rescuesBeforeLease: 1_000_000, patienceMs: NEVER_MS } },
  { rule: 'pulling while upload is short', engine: { pulledSubstreamsMax: 0 } },
  { rule: 'a margin of half a second for rescue: 150 to 300 ms', engine: { rescueMarginMs: [150, 300] } },
];
