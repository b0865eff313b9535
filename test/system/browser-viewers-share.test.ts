/*
 * Four viewers of the built-in demo, each on a page of somebody else's website: they play what their neighbours deliver.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channelBytes, copiesBetween } from '../support/channel-facts.ts';
import { withBrowser } from '../support/chromium.ts';
import { STATS_NUMBERS } from '../support/player-page.ts';
import { startServer } from '../support/server-process.ts';
import { allStats, assertUndisturbed, openViewers, waitForPeerShare, waitForSwarm } from '../support/viewers.ts';
import { startWebsite } from '../support/website.ts';

test('four viewers of the demo deliver it to each other', { timeout: 240_000 }, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    const site = await startWebsite(t);
    const viewers = await openViewers(browser, { site, serverUrl: server.url, channel: 'demo' }, 4);

    await waitForSwarm(viewers);
    await waitForPeerShare(viewers, 0.9);
    const before = await channelBytes(server.url, 'demo');
    await Promise.all(viewers.map((viewer) => viewer.waitForPlayback(10)));
    const after = await channelBytes(server.url, 'demo');

    const stats = await allStats(viewers);
    assertUndisturbed(stats);
    assert.ok(
      stats.some(({ bytesToPeers }) => bytesToPeers > 0),
      'somebody relays',
    );
    assert.ok(
      stats.every(({ epoch }) => epoch === stats[0]?.epoch),
      'all play one epoch',
    );
    const copies = copiesBetween(before, after);
    t.diagnostic(`copies once settled: ${copies.toFixed(2)}`);
    assert.ok(copies < 3, `${copies.toFixed(2)} copies left the server for 4 viewers`);
    for (const name of STATS_NUMBERS) assert.equal(typeof stats[0]?.[name], 'number', `stats.${name}`);

    await server.stop();
  });
});
