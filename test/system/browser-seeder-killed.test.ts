/*
 * The whole server dies by SIGKILL and is started again on its port, with its key but another epoch: viewers go on with
 * the new broadcast by themselves.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withBrowser } from '../support/chromium.ts';
import { waitForNotice } from '../support/notice.ts';
import type { PlayerPage } from '../support/player-page.ts';
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

    for (const viewer of viewers) await recordStates(viewer);
    await server.kill();
    await Promise.all(viewers.map((viewer) => waitForNotice(viewer, /^The server cannot be reached; trying again\.$/)));
    await server.start();
    for (const viewer of viewers) {
      await viewer.waitForStats(({ epoch }) => epoch !== oldEpoch && epoch > 0, 'the new epoch is seen', {
        timeoutMs: 90_000,
      });
      await viewer.waitForPlayback(3, { timeoutMs: 90_000 });
    }
    for (const viewer of viewers) {
      await waitForNotice(viewer, /^$/);
      const states = await recordedStates(viewer);
      t.diagnostic(states.join(' → '));
      assert.ok(!states.includes('ended'), `nothing was over: ${states.join(', ')}`);
    }
    await waitForSwarm(viewers);
    const stats = await allStats(viewers);
    assert.equal(stats[0]?.epoch, stats[1]?.epoch, 'both play the same epoch');
    for (const { packetsRejected } of stats) assert.equal(packetsRejected, 0, 'the key outlived the kill');
  });
});

type RecordingWindow = typeof globalThis & { states?: string[] };

function recordStates({ page }: PlayerPage): Promise<void> {
  return page.evaluate(() => {
    const states: string[] = [];
    (globalThis as RecordingWindow).states = states;
    const player = document.querySelector('swarm-player') as HTMLElement & { stats: { state: string } };
    player.addEventListener('statechange', () => states.push(player.stats.state));
  });
}

function recordedStates({ page }: PlayerPage): Promise<string[]> {
  return page.evaluate(() => (globalThis as RecordingWindow).states ?? []);
}
