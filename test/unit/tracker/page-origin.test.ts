// Which pages may play from a server that names them.
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { isOriginAllowed } from '../../../tracker/page-origin.ts';

const ALLOWED = ['https://example.org'];

const ROWS: readonly (readonly [headers: Record<string, string>, allowed: readonly string[], expected: boolean])[] = [
  [{ host: 'tv.example' }, ALLOWED, true],
  [{ host: 'tv.example', origin: 'https://example.org' }, ALLOWED, true],
  [{ host: 'tv.example', origin: 'https://tv.example' }, ALLOWED, true],
  [{ host: 'tv.example:8080', origin: 'http://tv.example:8080' }, ALLOWED, true],
  [{ host: 'tv.example', origin: 'https://thief.example' }, ALLOWED, false],
  [{ host: 'tv.example', origin: 'https://tv.example.thief.example' }, ALLOWED, false],
  [{ host: 'tv.example', origin: 'null' }, ALLOWED, false],
  [{ host: 'tv.example', origin: 'https://thief.example' }, [], true],
];

for (const [headers, allowed, expected] of ROWS) {
  const page = headers.origin ?? 'no page';
  test(`${page} ${expected ? 'may' : 'may not'} play from ${headers.host}, allowed: ${allowed.join() || 'any'}`, () => {
    assert.equal(isOriginAllowed({ headers } as unknown as IncomingMessage, allowed, false), expected);
  });
}
