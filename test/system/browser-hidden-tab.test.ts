/*
 * Viewers look at another tab: browsers slow the timers of hidden pages down, and still they relay.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withBrowser } from '../support/chromium.ts';
import { startServer } from '../support/server-process.ts';
import { allStats, assertUndisturbed, openViewers, waitForPeerShare, waitForSwarm } from '../support/viewers.ts';
import { waitFor } from '../support/wait.ts';
import { startWebsite } from '../support/website.ts';

test('hidden viewers relay what a visible one plays', { timeout: 240_000 }, async (t) => {
  await withBrowser(t, async (browser) => {
    // One pushed copy: what the visible viewer lacks of it, it has from the hidden ones.
    const server = await startServer(t, { args: ['--copies', '1'] });
    const audience = { site: await startWebsite(t), serverUrl: server.url, channel: 'demo' };
    const hidden = await openViewers(browser, audience, 2);
    for (const { page } of hidden) {
      await page.bringToFront();
      // A tab opens in the window that is in front.
      await (await browser.newPage()).bringToFront();
      await waitFor(() => page.evaluate(() => document.visibilityState === 'hidden'), { text: 'the viewer is hidden' });
    }
    const [visible] = await openViewers(browser, audience, 1);
    assert.ok(visible !== undefined);
    await waitForSwarm([visible]);
    const before = await allStats(hidden);

    await waitForPeerShare([visible], 0.7);
    assertUndisturbed([await visible.waitForPlayback(10)]);
    const relayed = (await allStats(hidden)).map(
      (stats, index) => stats.bytesToPeers - (before[index]?.bytesToPeers ?? 0),
    );
    t.diagnostic(`bytes relayed by hidden viewers: ${relayed.join(', ')}`);
    assert.ok(
      relayed.some((bytes) => bytes > 50_000),
      `hidden viewers relayed ${relayed.join(' and ')} bytes`,
    );
    for (const { page } of hidden) {
      assert.equal(await page.evaluate(() => document.visibilityState), 'hidden');
    }
  });
});
