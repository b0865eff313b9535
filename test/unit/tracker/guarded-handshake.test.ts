/* Real connections set up through the tracker's guard, in every pairing of implementations: nothing that they need is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openNodeDatachannelConnector } from '../../../shared/driver/node/node-datachannel-connector.ts';
import { openWeriftConnector } from '../../../shared/driver/node/werift-connector.ts';
import { CandidateBudget } from '../../../tracker/core/ice-candidate.ts';
import { parseNetworkAddress } from '../../../tracker/core/network-address.ts';
import { guardSignal } from '../../../tracker/core/sdp-guard.ts';
import { connectPair, type TestEnd } from '../../support/connected-pair.ts';

const OPENERS = { libdatachannel: openNodeDatachannelConnector, werift: openWeriftConnector } as const;
const LOOPBACK = { bindAddress: '127.0.0.1' };
const NAMES = ['libdatachannel', 'werift'] as const;

for (const offering of NAMES) {
  for (const answering of NAMES) {
    test(`${offering} and ${answering} connect through the guard`, async () => {
      const connectors = await Promise.all([offering, answering].map((name) => OPENERS[name](LOOPBACK)));
      const [one, other] = connectors;
      assert.ok(one && other);
      try {
        const { a, b } = connectPair(one, other);
        guardBetween(a, b);
        guardBetween(b, a);
        await Promise.all([a.opened, b.opened]);
        a.connection.close();
        await b.closed;
      } finally {
        for (const connector of connectors) connector.close();
      }
    });
  }
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
