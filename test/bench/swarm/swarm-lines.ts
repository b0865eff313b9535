import type { SimulationOptions } from '../../../shared/simulator/scenarios.ts';

/** One line of the table: a swarm, and what it should reach. */
export type SwarmLine = {
  readonly name: string;
  readonly aim: string;
  readonly options: Partial<SimulationOptions> & { readonly minutes: number };
  /** Not run unless it is named. */
  readonly isHuge?: true;
};

const WARM_MS = 60_000;
/** A minute to come together, and a minute that counts. */
const STEADY = { peers: 1000, minutes: 2, warmUpMs: WARM_MS } as const;

export const SWARM_LINES: readonly SwarmLine[] = [
  { name: 'rich', aim: '4.5 copies, 99.55 %, p99 1050 ms', options: STEADY },
  { name: 'rich-100', aim: '2.7 copies', options: { ...STEADY, peers: 100, minutes: 4 } },
  { name: 'rich-2s', aim: '4.5 copies at 2.0 s', options: { ...STEADY, latencyMs: 2000 } },
  { name: 'churn', aim: '7 copies', options: { ...STEADY, scenario: 'churn' } },
  { name: 'flash', aim: '16 copies, 98 %', options: { peers: 1000, minutes: 95 / 60, scenario: 'flash' } },
  { name: 'mass-departure', aim: '10 copies', options: { ...STEADY, minutes: 110 / 60, scenario: 'mass-departure' } },
  { name: 'tight', aim: '90 %', options: { ...STEADY, scenario: 'tight' } },
  { name: 'poor', aim: '46 %', options: { ...STEADY, scenario: 'poor' } },
  { name: 'opt-in', aim: '45 %', options: { ...STEADY, scenario: 'opt-in' } },
  { name: 'free-riders', aim: '92 %', options: { ...STEADY, scenario: 'free-riders' } },
  { name: 'wobble', aim: '7 copies', options: { ...STEADY, scenario: 'wobble' } },
  { name: 'black-holes', aim: '6 copies', options: { ...STEADY, scenario: 'black-holes' } },
  { name: 'polluters', aim: 'no forged byte, nobody honest banned', options: { ...STEADY, scenario: 'polluters' } },
  { name: 'tracker-restart', aim: 'no stall', options: { ...STEADY, scenario: 'tracker-restart' } },
  { name: 'browser-limit', aim: 'upload of 1.2 bitrates at most', options: { ...STEADY, uploadLimit: 1.2 } },
  {
    name: 'rich-10000',
    aim: '16 copies, 99.84 %',
    options: { peers: 10_000, minutes: 80 / 60, warmUpMs: WARM_MS },
    isHuge: true,
  },
];
