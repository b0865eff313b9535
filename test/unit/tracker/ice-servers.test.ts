/* Which STUN and TURN servers a peer is told, and that credentials are those that coturn will accept. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { iceServersFor } from '../../../tracker/ice-servers.ts';

test('the built-in STUN responder is named as the peer named us', () => {
  for (const [host, urls] of [
    ['localhost:8080', ['stun:localhost:3478']],
    ['video.example.org', ['stun:video.example.org:3478']],
    ['[2001:db8::1]:8080', ['stun:[2001:db8::1]:3478']],
    ['evil host', []],
    ['x?transport=tcp', []],
    ['a@b', []],
    [undefined, []],
  ] as const) {
    const servers = iceServersFor({ stunPort: 3478 }, host, 'peer', 0);
    assert.deepEqual(
      servers.map((server) => server.urls),
      urls,
      host,
    );
  }
  assert.deepEqual(iceServersFor({}, 'localhost', 'peer', 0), []);
});

test('TURN servers without credentials get short-lived ones, others keep theirs', () => {
  const own = { urls: 'turn:b.example', username: 'u', credential: 'c' };
  const stun = { urls: 'stun:c.example' };
  const options = { turnSecret: 'north', iceServers: [{ urls: 'turns:a.example?transport=tcp' }, own, stun] };
  const [made, ...rest] = iceServersFor(options, undefined, 'peer', 1_000_000);
  assert.deepEqual(rest, [own, stun]);
  const username = `${1000 + 6 * 3600}:peer`;
  const credential = createHmac('sha1', 'north').update(username).digest('base64');
  assert.deepEqual(made, { urls: 'turns:a.example?transport=tcp', username, credential });
});
