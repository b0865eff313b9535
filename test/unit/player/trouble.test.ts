/* What a viewer is told who waits, by what the server answered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainWait } from '../../../player/trouble.ts';
import { SwarmtubeError } from '../../../shared/basics/errors.ts';
import type { Millis } from '../../../shared/basics/units.ts';
import type { ChannelDescription } from '../../../shared/wire/channel-description.ts';

const at = (ms: number): Millis => ms as Millis;
const wait = (waitedMs: number, nextSequence = 90) => ({
  sinceMs: at(1_000),
  nowMs: at(1_000 + waitedMs),
  nextSequence,
});
const told = (facts: Partial<ChannelDescription> & { notice?: string }) => ({
  atMs: at(1_500),
  description: facts as ChannelDescription,
});
const failed = (code: string, message: string) => ({ atMs: at(1_500), error: new SwarmtubeError(code, message) });
const SILENT = 'The broadcaster sends nothing at the moment.';
const AWAY = 'The server cannot be reached; trying again.';

test('a broadcaster that sends nothing is named after three seconds', () => {
  const nothingNew = told({ newestSequence: 89 as never });
  assert.equal(explainWait(nothingNew, wait(2_900)), undefined);
  assert.equal(explainWait(nothingNew, wait(3_100)), SILENT);
  assert.equal(explainWait(told({ newestSequence: null, live: false }), wait(3_100)), SILENT);
});

test('where the server has more, the broadcaster is not blamed', () => {
  assert.equal(explainWait(told({ newestSequence: 90 as never }), wait(9_000)), undefined);
  assert.equal(explainWait(told({ newestSequence: 90 as never }), wait(9_000, 0)), undefined);
});

test("the server's own notice goes before", () => {
  assert.equal(
    explainWait(told({ newestSequence: 89 as never, notice: 'It is being mended.' }), wait(3_100)),
    'It is being mended.',
  );
});

test('a server that is away is named, one that refuses has its say', () => {
  assert.equal(explainWait(failed('http-unreachable', 'x'), wait(1_000)), AWAY);
  assert.equal(explainWait(failed('http-timeout', 'x'), wait(1_000)), AWAY);
  assert.equal(explainWait(failed('http-404', 'there is no such channel'), wait(1_000)), 'There is no such channel.');
});

test('nothing is said by what was known before the picture stopped', () => {
  assert.equal(explainWait({ ...failed('http-404', 'x'), atMs: at(900) }, wait(9_000)), undefined);
  assert.equal(explainWait(undefined, wait(9_000)), undefined);
});
