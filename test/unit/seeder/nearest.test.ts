/* The suggestion in a refusal: the known name that takes the fewest edits, where one is near. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../../seeder/nearest.ts';

const OPTIONS = ['--port', '--host', '--stun-port', '--trust-proxy', '--log-level'];

const ROWS: readonly (readonly [word: string, expected: string])[] = [
  ['--prot', '--port'],
  ['--Port', '--port'],
  ['-port', '--port'],
  ['--stunport', '--stun-port'],
  ['--stun_port', '--stun-port'],
  ['--loglvl', '--log-level'],
  ['--trust', '--trust-proxy'],
  ['--stun', '--stun-port'],
  ['--hosts', '--host'],
  ['--trust-proxies', '--trust-proxy'],
];

for (const [word, expected] of ROWS) {
  test(`${word} is nearest to ${expected}`, () => assert.equal(nearest(word, OPTIONS), expected));
}

for (const word of ['', 'loud', '--copies', '--stop', '--pt', 'relay', 'x'.repeat(1_000_000)]) {
  test(`nothing is near to ${word.slice(0, 9)}`, () => assert.equal(nearest(word, OPTIONS), undefined));
}

test('among nothing there is no nearest', () => assert.equal(nearest('a', []), undefined));
