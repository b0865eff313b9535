/**
 * What stands between a viewer and the others. `cone`: one port for all whom it talks to, let in once spoken to. `symmetric`: a
 * random port for each, so that nobody behind another router can be told which. `closed`: no UDP at all.
 */
export type Nat = 'none' | 'cone' | 'symmetric' | 'closed';

/** A viewer's line, as it is built: kbit/s of packets. */
export type LabLine = {
  readonly name: string;
  readonly uplinkKbps: number;
  readonly downlinkKbps: number;
  readonly nat: Nat;
  /** Watches over plain HTTP: what others are held against. */
  readonly isPlainHttp?: boolean;
};

export type LabScenario = {
  readonly name: string;
  /** One line for people. */
  readonly what: string;
  readonly lines: readonly LabLine[];
  /** A TURN server relays for whoever finds no direct path. */
  readonly hasTurn: boolean;
};

const RATES = {
  fibre: { uplinkKbps: 8000, downlinkKbps: 60_000 },
  cable: { uplinkKbps: 5500, downlinkKbps: 40_000 },
  dsl: { uplinkKbps: 1900, downlinkKbps: 16_000 },
  /** Less than the stream has. */
  poor: { uplinkKbps: 300, downlinkKbps: 6000 },
  /** Enough to ask and to acknowledge. */
  bare: { uplinkKbps: 64, downlinkKbps: 4000 },
} as const;

const line = (name: keyof typeof RATES, nat: Nat = 'none'): LabLine => ({ name, ...RATES[name], nat });

const BLOCKED = [
  line('cable'),
  line('dsl', 'cone'),
  line('cable', 'symmetric'),
  line('cable', 'closed'),
  { ...line('cable'), isPlainHttp: true },
];

export const LAB_SCENARIOS: readonly LabScenario[] = [
  {
    name: 'lines',
    what: 'open paths; one uplink below the bitrate, one with hardly any, and its like over plain HTTP',
    lines: [
      line('fibre'),
      line('dsl'),
      line('cable'),
      line('poor'),
      line('bare'),
      { ...line('bare'), isPlainHttp: true },
    ],
    hasTurn: false,
  },
  {
    name: 'nat',
    what: 'half of them behind routers that translate addresses',
    lines: [line('fibre'), line('cable', 'cone'), line('dsl'), line('dsl', 'cone'), line('cable', 'cone')],
    hasTurn: false,
  },
  {
    name: 'blocked',
    what: 'one router with random ports, one that lets no UDP through, no TURN; one viewer over plain HTTP',
    lines: BLOCKED,
    hasTurn: false,
  },
  {
    name: 'relayed',
    what: 'the same with a TURN server',
    lines: BLOCKED,
    hasTurn: true,
  },
];

/** Whether nothing of one can reach the other: then they meet at a relay or not at all. The seeder is open to everybody. */
export function isBlocked(one: Nat, other: Nat): boolean {
  if (one === 'closed' || other === 'closed') return true;
  if (one === 'symmetric') return other === 'symmetric' || other === 'cone';
  return other === 'symmetric' && one === 'cone';
}
