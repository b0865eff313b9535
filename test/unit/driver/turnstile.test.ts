// A turnstile of few places: who comes first goes first, the line has an end, and closing it turns everybody away.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turnstile } from '../../../shared/driver/turnstile.ts';

test('no more than the allowed number are inside, and they enter in the order they came', async () => {
  const turnstile = new Turnstile(2, 10);
  const entered: number[] = [];
  const leave: (() => void)[] = [];
  const all = [0, 1, 2, 3, 4].map((visitor) =>
    turnstile.pass(() => {
      entered.push(visitor);
      return new Promise<number>((resolve) => leave.push(() => resolve(visitor)));
    }),
  );
  for (const inside of [
    [0, 1],
    [0, 1, 2],
    [0, 1, 2, 3],
    [0, 1, 2, 3, 4],
  ]) {
    await settled();
    assert.deepEqual(entered, inside);
    leave.shift()?.();
  }
  leave.shift()?.();
  assert.deepEqual(await Promise.all(all), [0, 1, 2, 3, 4]);
});

test('work that fails gives its place to the next', async () => {
  const turnstile = new Turnstile(1, 1);
  const failing = turnstile.pass(() => Promise.reject(new Error('broken')));
  const next = turnstile.pass(async () => 'through');
  await assert.rejects(failing, /broken/);
  assert.equal(await next, 'through');
});

test('a full line and a closed turnstile refuse at once', async () => {
  const turnstile = new Turnstile(1, 1);
  let leave: () => void = () => {};
  const inside = turnstile.pass(() => new Promise<void>((resolve) => (leave = resolve)));
  await settled();
  const waiting = turnstile.pass(async () => {});
  await assert.rejects(
    turnstile.pass(async () => {}),
    { code: 'too-many-waiting' },
  );
  const refused = assert.rejects(waiting, { code: 'closed' });
  turnstile.close();
  await refused;
  await assert.rejects(
    turnstile.pass(async () => {}),
    { code: 'closed' },
  );
  leave();
  await inside;
});

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
