/* Which candidates pass between which two places: one row a case. The SDP guard's tests cover what a candidate looks like. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CandidateBudget, guardCandidate } from '../../../tracker/core/ice-candidate.ts';
import { parseNetworkAddress } from '../../../tracker/core/network-address.ts';

const NAME = 'd3581a87-bb83-4b0e-8f96-6a3f50b5f650.local';

/** Sender and receiver as the tracker sees them, the candidate's address and type, and whether it may pass. */
const ROUTES: readonly (readonly [string, string, string, 'host' | 'srflx' | 'relay', boolean, string])[] = [
  ['8.8.8.8', '9.9.9.9', '8.8.8.8', 'srflx', true, 'the address that the tracker sees'],
  ['8.8.8.8', '9.9.9.9', '8.8.8.9', 'srflx', false, "somebody else's address"],
  ['8.8.8.8', '9.9.9.9', '8.8.8.9', 'host', false, "somebody else's address, said to be its own"],
  ['8.8.8.8', '9.9.9.9', '1.1.1.1', 'relay', true, 'a relay may be anywhere public'],
  ['8.8.8.8', '9.9.9.9', '10.0.0.1', 'relay', false, 'but not in a private network'],
  ['8.8.8.8', '9.9.9.9', '192.168.1.5', 'host', false, 'a private address means nothing in another network'],
  ['8.8.8.8', '8.8.8.8', '192.168.1.5', 'host', true, 'two behind one address are in one network'],
  ['192.168.1.5', '192.168.1.6', '192.168.1.5', 'host', true, 'a tracker in the LAN'],
  ['192.168.1.5', '9.9.9.9', '192.168.1.5', 'host', false, 'from the LAN to the outside'],
  ['192.168.1.5', '9.9.9.9', '8.8.8.8', 'srflx', true, 'the public address of one in our LAN, which we do not see'],
  ['127.0.0.1', '9.9.9.9', '8.8.8.8', 'host', true, 'a seeder beside the tracker'],
  ['127.0.0.1', '192.168.1.6', '192.168.1.5', 'host', true, 'a seeder beside a tracker in the LAN'],
  ['9.9.9.9', '127.0.0.1', '192.168.1.6', 'host', false, 'a stranger points at our own LAN'],
  ['127.0.0.1', '::1', '127.0.0.1', 'host', true, 'all on one machine'],
  ['127.0.0.1', '192.168.1.6', '127.0.0.1', 'host', false, "another machine's own loopback"],
  ['8.8.8.8', '127.0.0.1', '127.0.0.1', 'host', false, 'our own loopback'],
  ['8.8.8.8', '9.9.9.9', '2a00:1450::1', 'host', true, 'the other family cannot be checked, and is counted'],
  ['2a00:1450:1:2::1', '9.9.9.9', '2a00:1450:1:2:ffff::1', 'host', true, 'a temporary address of the same line'],
  ['2a00:1450:1:2::1', '9.9.9.9', '2a00:1450:1:3::1', 'host', false, 'the line of somebody else'],
  ['8.8.8.8', '9.9.9.9', NAME, 'host', true, 'a name for multicast DNS'],
  ['8.8.8.8', '9.9.9.9', NAME, 'srflx', false, 'which no server reflects'],
];

for (const [sender, receiver, host, type, isPassed, why] of ROUTES) {
  test(`${sender} to ${receiver}: ${type} ${host} ${isPassed ? 'passes' : 'is stopped'}: ${why}`, () => {
    assert.equal(guard(sender, receiver, host, type) !== undefined, isPassed);
  });
}

test('the related address, which is that of the sender in its own network, is not passed on', () => {
  const budget = new CandidateBudget();
  const guarded = guardCandidate(
    'candidate:1 1 udp 1 8.8.8.8 5000 typ srflx raddr 192.168.1.5 rport 4711',
    between('8.8.8.8', '9.9.9.9'),
    budget,
  );
  assert.equal(guarded, 'candidate:1 1 udp 1 8.8.8.8 5000 typ srflx raddr 0.0.0.0 rport 0');
});

test("libdatachannel's a= before a candidate is taken off", () => {
  const guarded = guardCandidate(
    'a=candidate:1 1 UDP 7 8.8.8.8 5000 typ host',
    between('8.8.8.8', '9.9.9.9'),
    new CandidateBudget(),
  );
  assert.equal(guarded, 'candidate:1 1 udp 7 8.8.8.8 5000 typ host');
});

test('one side of an introduction can name at most four addresses that nobody can check, and forty candidates', () => {
  const budget = new CandidateBudget();
  const relays = [...new Array(10).keys()].map((n) => guard('8.8.8.8', '9.9.9.9', `1.1.1.${n}`, 'relay', budget));
  assert.equal(relays.filter((relay) => relay !== undefined).length, 4);
  const own = [...new Array(100).keys()].map(() => guard('8.8.8.8', '9.9.9.9', '8.8.8.8', 'host', budget));
  assert.equal(own.filter((candidate) => candidate !== undefined).length, 36);
});

function guard(sender: string, receiver: string, host: string, type: string, budget = new CandidateBudget()) {
  const related = type === 'host' ? '' : ' raddr 0.0.0.0 rport 0';
  return guardCandidate(`candidate:1 1 udp 1 ${host} 5000 typ ${type}${related}`, between(sender, receiver), budget);
}

function between(sender: string, receiver: string) {
  const [from, to] = [parseNetworkAddress(sender), parseNetworkAddress(receiver)];
  assert.ok(from && to);
  return { sender: from, receiver: to };
}
