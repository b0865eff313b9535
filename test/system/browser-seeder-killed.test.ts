/*
 * The whole server dies by SIGKILL and is started again on its port, with its key but another epoch: viewers go on with
 * the new broadcast by themselves.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withBrowser } from '../support/chromium.ts';
import { startServer } from '../support/server-process.ts';
import { allStats, openViewers, waitForSwarm } from '../support/viewers.ts';
import { startWebsite } from '../support/website.ts';

test('viewers play the new epoch after the server was killed and restarted', { timeout: 240_000 }, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    const audience = { site: await startWebsite(t), serverUrl: server.url, channel: 'demo' };
    const viewers = await openViewers(browser, audience, 2);
    await waitForSwarm(viewers);
    const oldEpoch = (await viewers[0]?.stats())?.epoch;

    await server.kill();
    await server.start();
    for (const viewer of viewers) {
      await viewer.waitForStats(({ epoch }) => epoch !== oldEpoch && epoch > 0, 'the new epoch is seen', {
        timeoutMs: 90_000,
      });
      await viewer.waitForPlayback(3, { timeoutMs: 90_000 });
    }
    await waitForSwarm(viewers);
    const stats = await allStats(viewers);
    assert.equal(stats[0]?.epoch, stats[1]?.epoch, 'both play the same epoch');
    for (const { packetsRejected } of stats) assert.equal(packetsRejected, 0, 'the key outlived the kill');
  });
});
