/*
 * A page's wakeups, with a page and a worker of the test's own: by setTimeout in sight, by the worker where timers are throttled.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createBrowserTimer } from '../../../shared/driver/browser/worker-timer.ts';

type Asked = { readonly id: number; readonly delayMs: number };

class Page extends EventTarget {
  visibilityState = 'visible';
  nowMs = 0;
  isWorkerRefused = false;
  readonly workers: FakeWorker[] = [];

  show(state: 'visible' | 'hidden'): void {
    this.visibilityState = state;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

class FakeWorker {
  onmessage: ((event: { data: number }) => void) | undefined;
  onerror: (() => void) | undefined;
  readonly asked: Asked[] = [];
  isTerminated = false;

  postMessage([id, delayMs]: [number, number]): void {
    this.asked.push({ id, delayMs });
  }

  terminate(): void {
    this.isTerminated = true;
  }

  answer(asked = this.asked.at(-1)): void {
    this.onmessage?.({ data: asked?.id ?? -1 });
  }
}

function openPage(t: TestContext): Page {
  const page = new Page();
  const scope = globalThis as Record<string, unknown>;
  const before = { document: scope.document, Worker: scope.Worker };
  scope.document = page;
  scope.Worker = class extends FakeWorker {
    constructor() {
      super();
      if (page.isWorkerRefused) throw new Error('refused');
      page.workers.push(this);
    }
  };
  t.after(() => Object.assign(scope, before));
  t.mock.method(performance, 'now', () => page.nowMs);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  return page;
}

function pass(t: TestContext, page: Page, ms: number): void {
  page.nowMs += ms;
  t.mock.timers.tick(ms);
}

test('in sight a wakeup is a timeout, and there is no worker', (t) => {
  const page = openPage(t);
  const timer = createBrowserTimer();
  let wakeups = 0;
  timer.schedule(100, () => wakeups++);
  timer.schedule(50, () => wakeups++);
  pass(t, page, 200);
  assert.equal(wakeups, 1);
  assert.equal(page.workers.length, 0);
  timer.close();
});

test('what was waited for when the page is hidden comes from a worker, and once', (t) => {
  const page = openPage(t);
  const timer = createBrowserTimer();
  let wakeups = 0;
  timer.schedule(100, () => wakeups++);
  pass(t, page, 40);
  page.show('hidden');
  const [worker] = page.workers;
  assert.equal(worker?.asked.at(-1)?.delayMs, 60);
  page.nowMs += 60;
  worker?.answer();
  pass(t, page, 200);
  assert.equal(wakeups, 1);

  const last = worker?.asked.at(-1);
  page.show('visible');
  timer.schedule(100, () => wakeups++);
  worker?.answer(last);
  assert.equal(wakeups, 1, 'an answer to what was asked before is none');
  pass(t, page, 100);
  assert.equal(wakeups, 2, 'back in sight it is a timeout again');
  timer.close();
  assert.equal(worker?.isTerminated, true);
});

test('a page that is in sight and throttled all the same goes on with a worker', (t) => {
  const page = openPage(t);
  const timer = createBrowserTimer();
  timer.schedule(50, () => timer.schedule(50, () => {}));
  page.nowMs += 900;
  t.mock.timers.tick(50);
  assert.equal(page.workers[0]?.asked.length, 1);
  timer.close();
});

test('where workers are refused, at once or later, timeouts have to do', (t) => {
  const page = openPage(t);
  page.isWorkerRefused = true;
  page.visibilityState = 'hidden';
  const first = createBrowserTimer();
  let wakeups = 0;
  first.schedule(50, () => wakeups++);
  pass(t, page, 50);
  assert.equal(wakeups, 1);

  page.isWorkerRefused = false;
  const second = createBrowserTimer();
  second.schedule(50, () => wakeups++);
  page.workers[0]?.onerror?.();
  pass(t, page, 50);
  assert.equal(wakeups, 2);
  for (const timer of [first, second]) timer.close();
});
