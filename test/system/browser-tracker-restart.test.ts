/*
 * The tracker goes away and comes back, with nothing remembered of its viewers: they play on without it, and rejoin.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withBrowser } from '../support/chromium.ts';
import { startServer } from '../support/server-process.ts';
import { startTrackerGate } from '../support/tracker-gate.ts';
import { allStats, assertUndisturbed, openViewers, waitForSwarm } from '../support/viewers.ts';
import { waitFor } from '../support/wait.ts';
import { startWebsite } from '../support/website.ts';

test('viewers play on without the tracker, and rejoin when it is back', { timeout: 240_000 }, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    const gate = await startTrackerGate(t, server.url);
    const audience = { site: await startWebsite(t), serverUrl: gate.url, channel: 'demo' };
    const viewers = await openViewers(browser, audience, 3);
    await waitForSwarm(viewers);
    assert.equal(gate.sockets, viewers.length, 'each viewer holds one websocket to the tracker');

    gate.shut();
    const before = await allStats(viewers);
    const without = await Promise.all(viewers.map((viewer) => viewer.waitForPlayback(8)));
    assertUndisturbed(without);
    for (const [index, stats] of without.entries()) {
      assert.ok(stats.peers > 0, `viewer ${index} keeps its links without the tracker`);
      assert.ok(stats.bytesFromPeers > (before[index]?.bytesFromPeers ?? 0), `viewer ${index} is fed by peers`);
    }

    gate.open();
    await waitFor(() => gate.sockets === viewers.length, { text: 'all viewers are back', timeoutMs: 90_000 });
    // The tracker knows them again: a newcomer is introduced to others than the seeder.
    const [newcomer] = await openViewers(browser, audience, 1);
    assert.ok(newcomer !== undefined);
    await newcomer.waitForStats(({ peers }) => peers > 1, 'the newcomer meets viewers that rejoined');
    assertUndisturbed(await allStats(viewers));
  });
});
