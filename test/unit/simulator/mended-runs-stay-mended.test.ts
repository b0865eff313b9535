// Runs that once broke a promise, as short as `swarmtube simulate --shrink` could make them: each keeps it now.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFault } from '../../../shared/simulator/fault-plan.ts';
import { type SimulationOptions, simulationOptions } from '../../../shared/simulator/scenarios.ts';
import { runTrial } from '../../../shared/simulator/trials.ts';

type Mended = {
  readonly what: string;
  readonly run: Partial<SimulationOptions> & { readonly minutes: number };
};

const MENDED: readonly Mended[] = [
  {
    what: 'cut off together: neighbours who live and have nothing either were taken for a pause of the source',
    run: {
      scenario: 'partition',
      peers: 11,
      minutes: 0.4334,
      seed: 100,
      warmUpMs: 6000,
      faults: [parseFault('partition@8+3.501')],
      without: [0, 2, 3, 5, 8, 9, 10],
      untilMs: 10_596,
    },
  },
  {
    what: 'the same among 24',
    run: { scenario: 'partition', peers: 24, minutes: 0.4, seed: 16_003, untilMs: 20_500 },
  },
];

for (const { what, run } of MENDED) {
  test(what, () => {
    assert.deepEqual(runTrial(simulationOptions(run)), []);
  });
}
