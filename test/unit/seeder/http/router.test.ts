/* Paths, methods and errors of the router, over a real server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpError } from '../../../../seeder/http/http-error.ts';
import { addPageRoutes } from '../../../../seeder/http/page-routes.ts';
import { StaticFiles } from '../../../../seeder/http/static-files.ts';
import { errorOf, serveRouter } from './http-harness.ts';

const NO_CHANNELS = { channels: () => [], channel: () => undefined, viewers: () => 0 };

test('a pattern takes ids, and tells them apart from endings', async (t) => {
  const ask = await serveRouter(t, (router) =>
    router
      .get('/live/:channel.json', ({ params, response }) => void response.end(`json ${params.channel}`))
      .get('/live/:channel', ({ params, response }) => void response.end(`plain ${params.channel}`)),
  );
  assert.equal((await ask('/live/a_B-9.json?x=1')).body.toString(), 'json a_B-9');
  assert.equal((await ask('/live/a')).body.toString(), 'plain a');
  for (const path of [
    '/live/',
    '/live/a.json/',
    '/live/a%2e',
    `/live/${'a'.repeat(65)}`,
    '/live/ä',
    '//live/a',
    '/live/a.JSON',
  ]) {
    const answer = await ask(encodeURI(path).replaceAll('%25', '%'));
    assert.equal(answer.status, 404, path);
    assert.equal(errorOf(answer).code, 'not-found');
  }
});

test('other methods are refused, and cross-origin readers told what is allowed', async (t) => {
  const ask = await serveRouter(t, (router) => router.get('/a', ({ response }) => void response.end('a')));
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    const answer = await ask('/a', { method });
    assert.equal(answer.status, 405);
    assert.equal(answer.headers.allow, 'GET, HEAD, OPTIONS');
  }
  const preflight = await ask('/a', { method: 'OPTIONS' });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers['access-control-allow-origin'], '*');
});

test('errors are JSON with the right status; ours are not told to strangers', async (t) => {
  const ask = await serveRouter(t, (router) =>
    router
      .get('/gone', () => {
        throw new HttpError(410, 'gone', 'it is gone', { 'Retry-After': '1' });
      })
      .get('/bug', async () => {
        throw new RangeError('secret detail');
      }),
  );
  const gone = await ask('/gone');
  assert.equal(gone.status, 410);
  assert.equal(gone.headers['retry-after'], '1');
  assert.deepEqual(errorOf(gone), { code: 'gone', message: 'it is gone' });
  const bug = await ask('/bug');
  assert.equal(bug.status, 500);
  assert.doesNotMatch(bug.body.toString(), /secret/);
  assert.equal((await ask(`/${'a'.repeat(3000)}`)).status, 414);
});

test('people are told errors on a page, programs as JSON', async (t) => {
  const ask = await serveRouter(t, (router) => {
    addPageRoutes(router, new StaticFiles('/nowhere'), NO_CHANNELS);
    router.get('/gone', () => {
      throw new HttpError(503, 'gone', 'it is <gone>', { 'Retry-After': '2' });
    });
  });
  const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8' };
  const mistyped = await ask('/wacth/demo', { headers: browser });
  assert.equal(mistyped.status, 404);
  assert.equal(mistyped.headers['content-type'], 'text/html; charset=utf-8');
  assert.match(String(mistyped.headers['content-security-policy']), /^default-src 'none'/);
  assert.match(mistyped.body.toString(), /<h1>Nothing is at this address\.<\/h1>.*<a href="\/"/);
  const framed = await ask('/embed/nobody', { headers: browser });
  assert.match(framed.body.toString(), /no channel of this name here/);
  for (const { headers } of [mistyped, framed]) {
    assert.doesNotMatch(String(headers['content-security-policy']), /frame-ancestors/, 'it can be read in a frame');
  }
  const gone = await ask('/gone', { headers: browser });
  assert.deepEqual([gone.status, gone.headers['retry-after']], [503, '2']);
  assert.match(gone.body.toString(), /<h1>It is &#60;gone&#62;\.<\/h1>/);
  for (const accept of ['*/*', 'application/json', 'application/json, text/html', 'image/avif,image/webp,*/*;q=0.8']) {
    assert.equal(errorOf(await ask('/wacth/demo', { headers: { accept } })).code, 'not-found');
  }
});
