/* Real connections set up through the tracker's guard, in every pairing of implementations: nothing that they need is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CandidateBudget } from '../../../tracker/core/ice-candidate.ts';
import { parseNetworkAddress } from '../../../tracker/core/network-address.ts';
import { guardSignal } from '../../../tracker/core/sdp-guard.ts';
import { connectPair, type TestEnd } from '../../support/connected-pair.ts';
import { LOOPBACK, PAIRINGS, withConnectors } from '../../support/with-connectors.ts';

for (const { offering, answering } of PAIRINGS) {
  test(`${offering} and ${answering} connect through the guard`, async () => {
    await withConnectors(offering, answering, LOOPBACK, async (one, other) => {
      const { a, b } = connectPair(one, other);
      guardBetween(a, b);
      guardBetween(b, a);
      await Promise.all([a.opened, b.opened]);
      a.connection.close();
      await b.closed;
    });
  });
}

function guardBetween(from: TestEnd, to: TestEnd): void {
  const loopback = parseNetworkAddress('127.0.0.1');
  assert.ok(loopback);
  const budget = new CandidateBudget();
  from.onSignal = (message) => {
    const guarded = guardSignal(message, { sender: loopback, receiver: loopback }, budget);
    if (guarded) setImmediate(() => to.connection.signal(guarded));
    else assert.equal(message.type, 'candidate', 'no description was stopped');
  };
}
