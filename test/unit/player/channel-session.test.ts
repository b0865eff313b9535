/* What the session makes of a server that answers with something else than a channel. Over a `fetch` of the test's own. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ChannelSession } from '../../../player/channel-session.ts';
import { resolveOptions } from '../../../player/options.ts';
import type { Millis } from '../../../shared/basics/units.ts';
import { OFF_AIR } from '../../support/off-air.ts';

const PAGE = '<!doctype html><title>A page</title>';
/** A refusal with status 502 in place of an answer. */
const BROKEN = undefined;
const CHANNEL = JSON.stringify({
  channel: 'main',
  title: 'Main',
  ...OFF_AIR,
  publicKey: 'A'.repeat(43),
  tracks: [],
  bitrate: 0,
  tracker: '/tracker',
  viewers: 0,
  serverTimeMs: 1,
});

/** A minute of a session whose server gives these answers, the last one again and again. */
async function told(
  t: TestContext,
  bodies: readonly (string | undefined)[],
): Promise<{ errors: string[]; questions: number }> {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const errors: string[] = [];
  let questions = 0;
  t.mock.method(globalThis, 'fetch', async () => {
    const body = bodies[Math.min(questions++, bodies.length - 1)];
    return new Response(body, { status: body === BROKEN ? 502 : 200 });
  });
  const options = resolveOptions({ src: 'https://video.example.org/live/main' }, 'https://shop.example.org/');
  const session = new ChannelSession(options, false, () => performance.now() as Millis, {
    onEpoch: () => {},
    onPacket: () => {},
    onClock: () => {},
    onDescription: () => {},
    onOver: () => {},
    onError: ({ code, message }, isFatal) => errors.push(`${code} ${isFatal ? 'fatal' : 'passing'} ${message}`),
  });
  t.after(() => session.close());
  for (let second = 0; second < 60; second++) {
    await new Promise((resolve) => setImmediate(resolve));
    t.mock.timers.tick(1_000);
  }
  return { errors, questions };
}

test('a page where a channel should be is given up at the fourth answer, and the error says what to do', async (t) => {
  const { errors, questions } = await told(t, [PAGE]);
  assert.match(errors[0] ?? '', /^bad-description passing /);
  assert.deepEqual(errors.slice(1), [
    'bad-description fatal What src names is no channel: copy the embed code from the watch page again.',
  ]);
  assert.equal(questions, 4);
});

test('pages of a proxy that is not through yet are passed over, each time anew', async (t) => {
  const { errors, questions } = await told(t, [PAGE, PAGE, PAGE, BROKEN, PAGE, PAGE, PAGE, CHANNEL]);
  assert.equal(errors.length, 1, errors.join('\n'));
  assert.match(errors[0] ?? '', /^bad-description passing /);
  assert.ok(questions > 7, `${questions}`);
});

test('a channel whose server answers with a page for a while is asked again', async (t) => {
  const { errors, questions } = await told(t, [CHANNEL, PAGE, PAGE, PAGE, PAGE, CHANNEL]);
  assert.equal(errors.length, 1, errors.join('\n'));
  assert.match(errors[0] ?? '', /^bad-description passing /);
  assert.ok(questions > 4, `${questions}`);
});
