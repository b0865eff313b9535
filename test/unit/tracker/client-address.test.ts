/* Whose address counts: the socket's, or behind a declared proxy the last one that it wrote, never one that a client claims. */
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { clientAddress, clientHost } from '../../../tracker/client-address.ts';
import { formatNetworkAddress } from '../../../tracker/core/network-address.ts';

const ROWS: readonly (readonly [string, string | undefined, boolean, string | undefined])[] = [
  ['203.0.113.5', undefined, false, '203.0.113.5'],
  ['203.0.113.5', '8.8.8.8', false, '203.0.113.5'],
  ['::ffff:203.0.113.5', undefined, false, '203.0.113.5'],
  ['fe80::1%eth0', undefined, false, 'fe80:0:0:0:0:0:0:1'],
  ['127.0.0.1', '8.8.8.8', true, '8.8.8.8'],
  ['127.0.0.1', '1.1.1.1, 8.8.8.8', true, '8.8.8.8'],
  ['127.0.0.1', '8.8.8.8:4711', true, '8.8.8.8'],
  ['127.0.0.1', '[2001:db8::1]:4711', true, '2001:db8:0:0:0:0:0:1'],
  ['127.0.0.1', 'unknown', true, '127.0.0.1'],
  ['127.0.0.1', undefined, true, '127.0.0.1'],
  ['', undefined, false, undefined],
];

for (const [remoteAddress, forwarded, trustProxy, expected] of ROWS) {
  test(`${remoteAddress || 'a closed socket'}, forwarded for ${forwarded}, ${trustProxy ? '' : 'not '}trusted: ${expected}`, () => {
    const address = clientAddress(request(remoteAddress, { 'x-forwarded-for': forwarded }), trustProxy);
    assert.equal(address && formatNetworkAddress(address), expected);
  });
}

test('the name we were reached by is the one in front of the proxy', () => {
  const asked = request('127.0.0.1', { host: 'backend:8080', 'x-forwarded-host': 'video.example.org, inner' });
  assert.equal(clientHost(asked, true), 'video.example.org');
  assert.equal(clientHost(asked, false), 'backend:8080');
});

function request(remoteAddress: string, headers: Record<string, string | undefined>): IncomingMessage {
  return { headers, socket: { remoteAddress } } as unknown as IncomingMessage;
}
