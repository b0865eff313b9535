// A wakeup by setTimeout: one at a time, never twice, none after it was cancelled or closed, however far away.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimeoutTimer } from '../../../shared/driver/timeout-timer.ts';

test('the newest wakeup replaces the one before, and comes once', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const timer = new TimeoutTimer();
  const woken: string[] = [];
  timer.schedule(100, () => woken.push('first'));
  timer.schedule(200, () => woken.push('second'));
  context.mock.timers.tick(199);
  assert.deepEqual(woken, []);
  context.mock.timers.tick(500);
  assert.deepEqual(woken, ['second']);
});

test('a delay in the past wakes at the next turn, one beyond what setTimeout can hold does not wake at once', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const timer = new TimeoutTimer();
  let wakeups = 0;
  timer.schedule(2 ** 40, () => wakeups++);
  context.mock.timers.tick(1_000_000);
  assert.equal(wakeups, 0);
  timer.schedule(-5, () => wakeups++);
  assert.equal(wakeups, 0);
  context.mock.timers.tick(1);
  assert.equal(wakeups, 1);
});

test('cancelled it does not wake but can be set again; closed it cannot', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const timer = new TimeoutTimer();
  let wakeups = 0;
  timer.schedule(10, () => wakeups++);
  timer.cancel();
  context.mock.timers.tick(100);
  assert.equal(wakeups, 0);
  timer.schedule(10, () => wakeups++);
  timer.close();
  timer.schedule(10, () => wakeups++);
  context.mock.timers.tick(100);
  assert.equal(wakeups, 0);
});
