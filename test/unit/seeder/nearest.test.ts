/* The suggestion in a refusal: the known name that takes the fewest edits. */
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
  ['', '--port'],
];

for (const [word, expected] of ROWS) {
  test(`${word} is nearest to ${expected}`, () => assert.equal(nearest(word, OPTIONS), expected));
}

test('among nothing there is no nearest', () => assert.equal(nearest('a', []), undefined));

test('an endless word costs little', () => assert.ok(nearest('x'.repeat(1_000_000), OPTIONS)));
