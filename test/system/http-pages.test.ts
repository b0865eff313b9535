/* Pages and scripts of a running server, as built: what is served, under which policies. */
import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { liveChannel } from '../support/channel-facts.ts';
import { ServerProcess } from '../support/server-process.ts';

let server: ServerProcess;

before(async () => {
  server = new ServerProcess({}, await mkdtemp(join(tmpdir(), 'swarmtube-pages-')));
  await server.start();
  await liveChannel(server.url, 'demo');
});
after(() => server.dispose());

const PAGES = ['/', '/watch/demo', '/embed/demo'];

for (const path of PAGES) {
  test(`${path} runs nothing inline and loads nothing from elsewhere`, async () => {
    const response = await fetch(server.url + path);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    const policy = response.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /script-src[^;]*unsafe/);
    assert.equal(/frame-ancestors 'self'/.test(policy), path !== '/embed/demo');
    const html = await response.text();
    assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)[^>]*>|\son[a-z]+=|(?:src|href)="(?:https?:)?\/\//i);
  });
}

test('everything that a page refers to is there', async () => {
  for (const path of PAGES) {
    const html = await (await fetch(server.url + path)).text();
    for (const [, address = ''] of html.matchAll(/(?:src|href)="([^"#][^"]*)"/g)) {
      if (address.startsWith('data:')) continue;
      const response = await fetch(new URL(address, server.url + path));
      assert.ok(response.ok, `${path} refers to ${address}: ${response.status}`);
    }
  }
});

test('the player is readable from any page, classic and as a module', async () => {
  for (const path of ['/player.js', '/player.mjs']) {
    const response = await fetch(server.url + path);
    assert.equal(response.headers.get('content-type'), 'text/javascript; charset=utf-8');
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    assert.ok(response.headers.has('etag'));
    assert.ok((await response.text()).length > 1000);
  }
});

test('an unknown channel has a page that says so', async () => {
  for (const path of ['/watch/nobody', '/embed/nobody']) {
    const response = await fetch(server.url + path);
    assert.equal(response.status, 404);
    assert.match(await response.text(), /no channel of this name/);
  }
});

test('a slash too many leads to the page, whatever is in front of us', async () => {
  for (const page of ['/watch/demo', '/embed/demo']) {
    const response = await fetch(`${server.url}${page}/?p2p=off`, { redirect: 'manual' });
    assert.equal(response.status, 308);
    const location = response.headers.get('location') ?? '';
    assert.equal(new URL(location, `${server.url}/tv${page}/`).href, `${server.url}/tv${page}?p2p=off`);
  }
});

test('the desk lists what is on', async () => {
  const html = await (await fetch(server.url)).text();
  assert.match(html, /swarmtube.*Live video that its own viewers deliver.*href="\/watch\/demo".*Demo.*live.*640×360/);
});
