/* What an address means to others, and that no two spellings of one address are told apart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatNetworkAddress,
  neighbourhoodKey,
  ownerKey,
  parseNetworkAddress,
  subscriberKey,
} from '../../../tracker/core/network-address.ts';

const REACHES: readonly (readonly [string, string | undefined])[] = [
  ['8.8.8.8', 'public'],
  ['192.0.2.2', 'public'],
  ['10.255.0.1', 'private'],
  ['172.15.0.1', 'public'],
  ['172.16.0.1', 'private'],
  ['172.32.0.1', 'public'],
  ['192.168.0.1', 'private'],
  ['100.63.0.1', 'public'],
  ['100.64.0.1', 'private'],
  ['127.0.0.1', 'loopback'],
  ['0.0.0.0', 'nowhere'],
  ['169.254.169.254', 'nowhere'],
  ['224.0.0.1', 'nowhere'],
  ['255.255.255.255', 'nowhere'],
  ['2001:db8::1', 'public'],
  ['2a00:1450:4001::', 'public'],
  ['::1', 'loopback'],
  ['::', 'nowhere'],
  ['fe80::1', 'nowhere'],
  ['ff02::fb', 'nowhere'],
  ['fd00::2', 'private'],
  ['64:ff9b::1.2.3.4', 'nowhere'],
  ['2002:0102:0304::1', 'nowhere'],
  ['::ffff:192.168.1.1', 'private'],
  ['::ffff:8.8.8.8', 'public'],
  ['::8.8.8.8', 'nowhere'],
  ['01.2.3.4', undefined],
  ['1.2.3', undefined],
  ['1.2.3.4.5', undefined],
  ['1.2.3.256', undefined],
  [':::', undefined],
  ['1::2::3', undefined],
  ['1:2:3:4:5:6:7', undefined],
  ['1:2:3:4:5:6:7:8:9', undefined],
  ['1:2:3:4:5:6:7::8', undefined],
  ['12345::', undefined],
  ['fe80::1%eth0', undefined],
  ['[::1]', undefined],
  ['', undefined],
  ['host', undefined],
];

for (const [text, reach] of REACHES) {
  test(`"${text}" is ${reach ?? 'no address'}`, () => {
    assert.equal(parseNetworkAddress(text)?.reach, reach);
  });
}

test('spellings of one address are one address', () => {
  for (const [a, b] of [
    ['2001:db8::1', '2001:0DB8:0:0:0:0:0:1'],
    ['::ffff:8.8.8.8', '8.8.8.8'],
    ['2001:db8::102:304', '2001:db8::1.2.3.4'],
  ]) {
    assert.equal(format(a), format(b));
  }
});

test('a subscriber is an IPv4 address or a /64, a neighbourhood a /24 or /48, an owner a /16 or /32', () => {
  const same = (key: typeof subscriberKey, a: string, b: string) => key(address(a)) === key(address(b));
  assert.ok(same(subscriberKey, '2001:db8:1:2::1', '2001:db8:1:2:ffff::'));
  assert.ok(!same(subscriberKey, '2001:db8:1:2::1', '2001:db8:1:3::1'));
  assert.ok(!same(subscriberKey, '8.8.8.8', '8.8.8.9'));
  assert.ok(same(neighbourhoodKey, '8.8.8.8', '8.8.8.9'));
  assert.ok(!same(neighbourhoodKey, '8.8.8.8', '8.8.9.8'));
  assert.ok(same(ownerKey, '8.8.8.8', '8.8.9.8'));
  assert.ok(!same(ownerKey, '8.8.8.8', '8.9.8.8'));
});

function address(text: string | undefined) {
  const parsed = parseNetworkAddress(text ?? '');
  assert.ok(parsed, text);
  return parsed;
}

function format(text: string | undefined): string {
  return formatNetworkAddress(address(text));
}
