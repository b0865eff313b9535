/*
 * Every other viewer leaves at the same moment, without a word: the one that stays sees no interruption.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findChromium, launchChromium, withBrowser } from '../support/chromium.ts';
import { startServer } from '../support/server-process.ts';
import { assertUndisturbed, openViewers, waitForPeerShare, waitForSwarm } from '../support/viewers.ts';
import { startWebsite } from '../support/website.ts';

test('a viewer plays on when every other viewer vanishes at once', { timeout: 180_000 }, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    const audience = { site: await startWebsite(t), serverUrl: server.url, channel: 'demo' };
    // The others live in a browser of their own, which is killed: no goodbye, no closed socket to their peers.
    const others = await launchChromium(findChromium() ?? '');
    try {
      const leaving = await openViewers(others.browser, audience, 3);
      const [staying] = await openViewers(browser, audience, 1);
      assert.ok(staying !== undefined);
      await waitForSwarm([...leaving, staying]);
      await waitForPeerShare([staying], 0.7);

      others.browser.process()?.kill('SIGKILL');
      assertUndisturbed([await staying.waitForPlayback(12)]);
    } finally {
      await others.close();
    }
  });
});
