import { planFaults } from './fault-plan.ts';
import type { Failure } from './invariants.ts';
import { planAudience } from './population.ts';
import type { SimulationOptions } from './scenarios.ts';

/** A failing run, and what of its failures is looked at. */
export type FailingRun = { readonly options: SimulationOptions; readonly failure: Failure };

export type ShrinkExtras = {
  /** Runs it: its failures. */
  readonly run: (options: SimulationOptions) => readonly Failure[];
  /** Runs that may be spent. */
  readonly runsMax: number;
  readonly onStep?: (smaller: FailingRun) => void;
};

/** Another audience altogether is drawn for so many: several seeds are tried before it counts as one that does not fail. */
const FEW_PEERS = 12;
const SEEDS = 4;
/** A run ends so long after its failure. */
const TAIL_MS = 200;
const FAULT_MS_MIN = 500;

/**
 * The shortest run that breaks the same promise: less time, fewer faults, shorter ones, fewer viewers. Greedy: the first change
 * that still fails is kept, and all are tried again from there.
 */
export function shrink(options: SimulationOptions, failure: Failure, extras: ShrinkExtras): FailingRun {
  let best: FailingRun = { options: { ...options, faults: planFaults(options) }, failure };
  let runs = 0;
  for (;;) {
    let smaller: FailingRun | undefined;
    for (const candidate of candidates(best)) {
      if (++runs > extras.runsMax) return best;
      const again = extras.run(candidate).find(({ rule }) => rule === failure.rule);
      if (again === undefined) continue;
      smaller = { options: candidate, failure: again };
      break;
    }
    if (smaller === undefined) return best;
    best = smaller;
    extras.onStep?.(best);
  }
}

/** Each smaller than the one that failed, the greatest step first. */
function* candidates({ options, failure }: FailingRun): Generator<SimulationOptions> {
  const { peers, minutes, faults = [] } = options;
  const endsMs = options.untilMs ?? minutes * 60_000;
  if (failure.atMs + TAIL_MS < endsMs) yield { ...options, untilMs: failure.atMs + TAIL_MS };
  for (const at of faults.keys()) yield { ...options, faults: faults.toSpliced(at, 1) };
  if (peers > FEW_PEERS) {
    for (let at = 0; at < SEEDS; at++) {
      yield {
        ...options,
        peers: Math.ceil(peers / 2),
        seed: (options.seed + at) >>> 0,
        without: [],
        untilMs: undefined,
      };
    }
  } else {
    yield* fewerViewers(options, endsMs);
  }
  for (const [at, fault] of faults.entries()) {
    const lastsMs = Math.round((fault.healsMs - fault.strikesMs) / 2);
    if (lastsMs < FAULT_MS_MIN) continue;
    yield { ...options, faults: faults.with(at, { ...fault, healsMs: fault.strikesMs + lastsMs }) };
  }
}

/** The same audience without half of it, without a quarter, and so on to each one. */
function* fewerViewers(options: SimulationOptions, endsMs: number): Generator<SimulationOptions> {
  const numbers = planAudience(options)
    .filter(({ arrivesMs }) => arrivesMs < endsMs)
    .map(({ number }) => number);
  for (let size = Math.ceil(numbers.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = numbers.length - size; from > -size; from -= size) {
      const gone = numbers.slice(Math.max(0, from), from + size);
      if (gone.length > 0)
        yield { ...options, without: [...options.without, ...gone].sort((one, other) => one - other) };
    }
  }
}
