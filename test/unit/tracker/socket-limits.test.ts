/* Who may open another socket: counted by line, with one line's sins charged to that line alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNetworkAddress } from '../../../tracker/core/network-address.ts';
import { DEFAULT_SOCKET_LIMITS, SocketCounter, type SocketLimits } from '../../../tracker/socket-limits.ts';

test('all sockets of an IPv6 line count together, those of the next line apart', () => {
  const counter = counterWith({ socketsPerAddressMax: 2 });
  counter.opened(address('2001:db8:1:1::1'));
  counter.opened(address('2001:db8:1:1::2'));
  assert.ok(counter.refusal(address('2001:db8:1:1::3'), 0));
  assert.equal(counter.refusal(address('2001:db8:1:2::3'), 0), undefined);
  counter.closed(address('2001:db8:1:1::2'));
  assert.equal(counter.refusal(address('2001:db8:1:1::3'), 0), undefined);
});

test('a line that connects too fast waits', () => {
  const counter = counterWith({ connectsPerAddress: { burst: 2, perSecond: 1 } });
  const refusals = [0, 0, 0, 1000].map((nowMs) => counter.refusal(address('8.8.8.8'), nowMs) !== undefined);
  assert.deepEqual(refusals, [false, false, true, false]);
});

test('a flood costs its line its next connects, and nobody else theirs', () => {
  const counter = counterWith({ connectsPerAddress: { burst: 50, perSecond: 1 } });
  for (let floods = 0; floods < 2; floods++) counter.flooded(address('8.8.8.8'), 0);
  assert.ok(counter.refusal(address('8.8.8.8'), 0));
  assert.equal(counter.refusal(address('8.8.8.9'), 0), undefined);
});

test('this machine is not counted, but for the sockets in all', () => {
  const counter = counterWith({ socketsPerAddressMax: 1, socketsMax: 3 });
  for (let opened = 0; opened < 3; opened++) {
    assert.equal(counter.refusal(address('127.0.0.1'), 0), undefined);
    counter.opened(address('127.0.0.1'));
  }
  assert.ok(counter.refusal(address('127.0.0.1'), 0));
});

function counterWith(limits: Partial<SocketLimits>): SocketCounter {
  return new SocketCounter({ ...DEFAULT_SOCKET_LIMITS, ...limits });
}

function address(text: string) {
  const parsed = parseNetworkAddress(text);
  assert.ok(parsed);
  return parsed;
}
