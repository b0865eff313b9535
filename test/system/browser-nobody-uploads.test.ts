/*
 * p2p="receive" for everybody: nobody may upload. All play as one over plain HTTP beside them does, and give nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withBrowser } from '../support/chromium.ts';
import { startServer } from '../support/server-process.ts';
import { allStats, assertUndisturbed, openViewers } from '../support/viewers.ts';
import { startWebsite } from '../support/website.ts';

test('where nobody may upload everybody plays as over plain HTTP', { timeout: 120_000 }, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    const audience = { site: await startWebsite(t), serverUrl: server.url, channel: 'demo' };
    const receivers = await openViewers(browser, { ...audience, attributes: 'p2p="receive"' }, 3);
    const [plain] = await openViewers(browser, { ...audience, attributes: 'p2p="off"' }, 1);
    assert.ok(plain !== undefined);
    await Promise.all([...receivers, plain].map((viewer) => viewer.waitForPlayback(10)));

    const stats = await allStats([...receivers, plain]);
    assertUndisturbed(stats);
    assert.ok(stats.every(({ bytesToPeers }) => bytesToPeers === 0));
  });
});
