// The invariants bite: each mistake that can be planted in the engines of a run makes the run fail, by the rule that it breaks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFault } from '../../../shared/simulator/fault-plan.ts';
import { PLANTED_BUGS, type PlantedBug } from '../../../shared/simulator/planted-bugs.ts';
import { type SimulationOptions, simulationOptions } from '../../../shared/simulator/scenarios.ts';
import { Simulation } from '../../../shared/simulator/simulation.ts';

type Occasion = Partial<SimulationOptions>;

const POLLUTERS: Occasion = { scenario: 'polluters', minutes: 0.25 };
const CUT_OFF: Occasion = { scenario: 'partition', minutes: 0.35 };
const RICH: Occasion = { scenario: 'rich', minutes: 0.25 };
const LOSSES: Occasion = { ...RICH, faults: [parseFault('loss@5+10'), parseFault('uplink-collapse@5+10')] };
const NEW_EPOCH: Occasion = { ...RICH, minutes: 0.45, faults: [parseFault('epoch-change@8+2')] };

/** By which rule, and where the mistake has an occasion. */
const CAUGHT_BY: Readonly<Record<PlantedBug, readonly [rule: string, occasion: Occasion]>> = {
  'trust-everybody': ['forged-played', POLLUTERS],
  'forget-rescue': ['no-rescue', CUT_OFF],
  'forget-timers': ['livelock', RICH],
  'deliver-twice': ['twice', RICH],
  'fetch-what-is-here': ['fetch-of-held', RICH],
  'fetch-storm': ['fetch-storm', CUT_OFF],
  'ignore-upload-limit': ['upload-cap', { scenario: 'free-riders', minutes: 0.25 }],
  'ban-who-leaves': ['honest-banned', { scenario: 'churn', minutes: 0.3 }],
  'ban-for-no-time': ['ban-too-short', POLLUTERS],
  'speak-to-banned': ['banned-is-asked', POLLUTERS],
  'endless-control-message': ['size', RICH],
  'mix-epochs': ['epoch', RICH],
  'relay-garbage': ['unverified-relayed', RICH],
  'trust-no-map': ['asked-unannounced', LOSSES],
  'request-everything': ['requests-cap', LOSSES],
  'wait-for-ever': ['request-ends', CUT_OFF],
  'push-to-anybody': ['sent-unasked', RICH],
  'relay-nothing': ['size', RICH],
  'relay-cut': ['unverified-relayed', RICH],
  'relay-wrong-head': ['unverified-relayed', RICH],
  'forget-closed-links': ['sent-to-nobody', { scenario: 'churn', minutes: 0.3 }],
  'keep-banned-link': ['banned-is-linked', { ...POLLUTERS, engine: { banMs: 120_000 } }],
  'call-banned': ['banned-is-called', POLLUTERS],
  'ignore-opt-out': ['opted-out', { scenario: 'opt-out', minutes: 0.25, peers: 60 }],
  'rescue-late': ['rescue-late', CUT_OFF],
  'forget-epochs': ['not-healed', NEW_EPOCH],
  'fetch-in-old-epoch': ['epoch', CUT_OFF],
  'keep-everything': ['state', { ...RICH, minutes: 1.2, peers: 4 }],
  'call-everybody': ['links', { ...RICH, peers: 24, engine: { linksMax: 6 } }],
  chatter: ['control-flood', RICH],
  'pester-the-tracker': ['tracker-storm', RICH],
  'lose-packets': ['gap', RICH],
  'send-what-is-over': ['pushed-too-late', RICH],
  'never-catch-up': ['behind', { ...RICH, minutes: 0.45, faults: [parseFault('freeze@8+6')] }],
  'give-up-the-swarm': ['offload-lost', { scenario: 'tracker-restart', minutes: 0.85, warmUpMs: 12_000 }],
};

for (const bug of PLANTED_BUGS) {
  test(`caught: ${bug}`, () => {
    const [rule, occasion] = CAUGHT_BY[bug];
    const options = simulationOptions({ peers: 16, minutes: 0.3, warmUpMs: 5000, seed: 1, ...occasion });
    const { failures } = new Simulation(options, { bug }).run();
    const rules = new Set(failures.map((failure) => failure.rule));
    assert.ok(rules.has(rule), `caught by ${[...rules].join(', ') || 'nothing'}`);
    const { failures: others } = new Simulation(options).run();
    assert.ok(
      others.every((failure) => failure.rule !== rule),
      'without the bug the rule is kept',
    );
  });
}
