import { SwarmtubeError } from '../basics/errors.ts';
import { Random } from '../basics/random.ts';
import { FAULT_NAMES, type FaultName, type PlannedFault } from './fault-names.ts';
import { FAULTS } from './faults.ts';
import { SCENARIOS, type Scenario, type SimulationOptions } from './scenarios.ts';

/** After the warm-up; of short runs a tenth of what is measured. */
const FIRST_STRIKE_MS = 5000;
const FIRST_STRIKE_SHARE = 0.1;
/** No fault fills more of the measured time than this: what is left is for healing. */
const LASTS_SHARE = 0.35;
const CHAOS_FAULTS: readonly [number, number] = [2, 4];

/** What befalls a run, and when: as told, or as its scenario has it. */
export function planFaults(options: SimulationOptions): readonly PlannedFault[] {
  if (options.faults !== undefined) return options.faults;
  const scenario: Scenario = SCENARIOS[options.scenario];
  const measuredMs = options.minutes * 60_000 - options.warmUpMs;
  const strikesMs = Math.round(options.warmUpMs + Math.min(FIRST_STRIKE_MS, FIRST_STRIKE_SHARE * measuredMs));
  const mostMs = LASTS_SHARE * measuredMs;
  const plan = (name: FaultName, fromMs: number): PlannedFault => {
    const lastsMs = Math.min(FAULTS[name].lastsMs, strikesMs + mostMs - fromMs);
    return { name, strikesMs: Math.round(fromMs), healsMs: Math.round(fromMs + lastsMs) };
  };
  if (!scenario.isChaos) return scenario.faults.map((name) => plan(name, strikesMs));
  const random = new Random(options.seed ^ 0x63686f73);
  const count = CHAOS_FAULTS[0] + random.below(CHAOS_FAULTS[1] - CHAOS_FAULTS[0] + 1);
  return Array.from({ length: count }, () => {
    const name = FAULT_NAMES[random.below(FAULT_NAMES.length)] as FaultName;
    return plan(name, strikesMs + random.fraction() * mostMs * 0.6);
  });
}

/** `name@7.5+4`: strikes 7.5 s after the start and heals 4 s later. */
export function parseFault(text: string): PlannedFault {
  const [, given = text, at = '', lasts = ''] = /^([\w-]+)@(\d+(?:\.\d+)?)\+(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  const name = FAULT_NAMES.find((known) => known === given);
  if (name === undefined || at === '') {
    const sentence = `A fault is name@seconds+seconds, not "${text}". There are ${FAULT_NAMES.join(', ')}.`;
    throw new SwarmtubeError('simulation-fault', sentence);
  }
  const strikesMs = Math.round(Number(at) * 1000);
  return { name, strikesMs, healsMs: strikesMs + Math.round(Number(lasts) * 1000) };
}

export function faultText({ name, strikesMs, healsMs }: PlannedFault): string {
  return `${name}@${strikesMs / 1000}+${(healsMs - strikesMs) / 1000}`;
}
