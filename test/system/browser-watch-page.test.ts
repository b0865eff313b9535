/*
 * The watch page of a fresh install: moving pictures, live figures, and the embed code with the broadcaster's key in it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveChannel } from '../support/channel-facts.ts';
import { withBrowser } from '../support/chromium.ts';
import { openPlayerPage } from '../support/player-page.ts';
import { startServer } from '../support/server-process.ts';
import { waitFor } from '../support/wait.ts';

test('the watch page plays and offers the embed code', { timeout: 120_000 }, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    assert.match(server.output, /\/watch\/demo/);
    const { publicKey } = await liveChannel(server.url, 'demo');
    const viewer = await openPlayerPage(browser, `${server.url}/watch/demo`);
    const { firstFrameMs } = await viewer.waitForPlayback(2);
    t.diagnostic(`first frame after ${Math.round(firstFrameMs)} ms`);
    assert.ok((await viewer.pictures()).frames > 0);
    await waitFor(
      () =>
        viewer.page.evaluate((key) => {
          const fields = [...document.querySelectorAll('textarea, input, code, pre')];
          return fields.some((field) => {
            const text = 'value' in field ? String(field.value) : (field.textContent ?? '');
            return text.includes('<swarm-player') && text.includes(key) && text.includes('/live/demo');
          });
        }, publicKey),
      { text: 'the embed code is on the page' },
    );
    await openPlayerPage(browser, `${server.url}/watch/demo`);
    await waitFor(
      () => viewer.page.evaluate(() => document.querySelector('#facts')?.textContent?.startsWith('2 viewers')),
      { text: 'the page that was there first counts the second viewer' },
    );
    const alone = await openPlayerPage(browser, `${server.url}/watch/demo?p2p=off`);
    await alone.waitForPlayback(1);
    assert.equal((await alone.stats()).peers, 0);
    assert.equal(await alone.page.evaluate(() => document.querySelector('swarm-player')?.getAttribute('p2p')), 'off');
    assert.deepEqual(
      viewer.console.filter((line) => /^(error|thrown)/.test(line)),
      [],
      'nothing is wrong in the console',
    );
  });
});

test('the embed page plays in a frame of another site', { timeout: 120_000 }, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    await liveChannel(server.url, 'demo');
    const viewer = await openPlayerPage(browser, `${server.url}/embed/demo`);
    await viewer.waitForPlayback(2);
  });
});
