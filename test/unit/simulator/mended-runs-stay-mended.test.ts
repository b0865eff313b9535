// Runs that once broke a promise, as short as `swarmtube simulate --shrink` could make them: each keeps it now.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFault } from '../../../shared/simulator/fault-plan.ts';
import { type SimulationOptions, simulationOptions } from '../../../shared/simulator/scenarios.ts';
import { runTrial, trialOptions } from '../../../shared/simulator/trials.ts';

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
  { what: 'a server stream that hung for ever kept its viewer from asking for anything else', run: trialOptions(7015) },
  { what: 'a neighbour that had gone on to the next epoch was asked for packets of the last', run: trialOptions(5131) },
  { what: 'a stream of some sub-streams hid that there was more in the others', run: trialOptions(6088) },
  { what: 'after a pause of the source what followed it was given up before it was due', run: trialOptions(954) },
  { what: 'the same among 14', run: trialOptions(3419) },
  { what: 'a server stream ended before it had brought what rescue had left to it', run: trialOptions(7043) },
  { what: 'backlog was sent to one who had long left, since who was frozen plays far behind', run: trialOptions(9974) },
  { what: 'a server stream was widened again and again before its first packet came', run: trialOptions(4869) },
  { what: 'what stood before a line that became poor held up its requests for too long', run: trialOptions(872) },
  { what: 'a probe that was answered slowly hid that what followed was due', run: trialOptions(3003) },
  {
    what: 'a thin line that was asked for repairs answered, one a second, and its own requests to the server waited behind them',
    run: { scenario: 'poor', peers: 100, minutes: 2, seed: 1, warmUpMs: 60_000, untilMs: 17_500 },
  },
  {
    what: 'an uplink with one child that became poor was believed to be the line of that child',
    run: trialOptions(4062),
  },
];

for (const { what, run } of MENDED) {
  test(what, () => {
    assert.deepEqual(runTrial(simulationOptions(run)), []);
  });
}
