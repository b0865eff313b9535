/*
 * Viewers look at another tab: browsers slow the timers of hidden pages down, and still they relay.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withBrowser } from '../support/chromium.ts';
import { openPlayerPage, type PlayerPage } from '../support/player-page.ts';
import { startServer } from '../support/server-process.ts';
import {
  allStats,
  assertUndisturbed,
  openViewers,
  publishViewer,
  waitForPeerShare,
  waitForSwarm,
} from '../support/viewers.ts';
import { waitFor } from '../support/wait.ts';
import { startWebsite } from '../support/website.ts';

test('hidden viewers relay what a visible one plays', { timeout: 240_000 }, async (t) => {
  await withBrowser(t, async (browser) => {
    // One pushed copy: what the visible viewer lacks of it, it has from the hidden ones.
    const server = await startServer(t, { args: ['--copies', '1'] });
    const audience = { site: await startWebsite(t), serverUrl: server.url, channel: 'demo' };
    const hidden: PlayerPage[] = [];
    for (let count = 0; count < 2; count++) {
      const [viewer] = await openViewers(browser, audience, 1);
      assert.ok(viewer !== undefined);
      // A tab opens in the viewer's window, in front of it.
      await viewer.page.browserContext().newPage();
      await waitFor(() => isHidden(viewer), { text: 'the viewer is hidden' });
      hidden.push(viewer);
    }
    // It gives nothing, so that all which the one pushed copy does not cover is relayed by the hidden ones.
    const [visible] = await openViewers(browser, { ...audience, attributes: 'p2p="receive"' }, 1);
    assert.ok(visible !== undefined);
    await waitForSwarm([visible]);
    const before = await allStats(hidden);

    await waitForPeerShare([visible], 0.7);
    const relayed = await waitFor(
      async () => {
        const bytes = (await allStats(hidden)).map(
          (stats, index) => stats.bytesToPeers - (before[index]?.bytesToPeers ?? 0),
        );
        return bytes.some((count) => count > 250_000) ? bytes : undefined;
      },
      { text: 'hidden viewers relay', timeoutMs: 60_000 },
    );
    t.diagnostic(`bytes relayed by hidden viewers: ${relayed.join(', ')}`);
    assertUndisturbed([await visible.waitForPlayback(5)]);
    assert.equal((await visible.stats()).bytesToPeers, 0, 'p2p="receive" gives nothing');
    for (const viewer of hidden) {
      assert.ok(await isHidden(viewer), 'it was hidden all the time');
      await viewer.waitForStats(({ state }) => state === 'paused', 'the browser paused what nobody sees');
    }

    const [returning] = hidden;
    assert.ok(returning !== undefined);
    await returning.page.bringToFront();
    const { latencyMs, targetLatencyMs } = await returning.waitForPlayback(1);
    assert.ok(latencyMs < targetLatencyMs + 2_000, `back at live, not ${latencyMs} ms behind`);
  });
});

test('a tab that was opened in the background begins at live when it is shown', { timeout: 120_000 }, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    const url = await publishViewer({ site: await startWebsite(t), serverUrl: server.url, channel: 'demo' });
    const viewer = await openPlayerPage(browser, 'about:blank');
    await viewer.page.browserContext().newPage();
    await waitFor(() => isHidden(viewer), { text: 'the tab is hidden' });
    await viewer.page.goto(url, { waitUntil: 'domcontentloaded' });
    const first = await viewer.waitForStats(({ newestSequence }) => newestSequence > 0, 'packets come');
    // More than ten seconds of the broadcast.
    await viewer.waitForStats(({ newestSequence }) => newestSequence > first.newestSequence + 200, 'more packets come');
    const { state, firstFrameMs } = await viewer.stats();
    assert.deepEqual(
      { state, firstFrameMs },
      { state: 'joining', firstFrameMs: 0 },
      'the browser loads no media unseen',
    );

    await viewer.page.bringToFront();
    const stats = await viewer.waitForPlayback(3);
    t.diagnostic(JSON.stringify(stats));
    assert.ok(stats.latencyMs < stats.targetLatencyMs + 2_000, `begins ${stats.latencyMs} ms behind`);
    assert.ok(stats.firstFrameMs < 5_000, `counted from being seen: ${stats.firstFrameMs} ms`);
    assert.equal(stats.stalls, 0);
  });
});

function isHidden({ page }: PlayerPage): Promise<boolean> {
  return page.evaluate(() => document.visibilityState === 'hidden');
}
