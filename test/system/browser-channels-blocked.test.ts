/*
 * Data channels that worked stop working: closed and forbidden by a policy, or silently dropped by a firewall. The viewer
 * plays on from the server.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withBrowser } from '../support/chromium.ts';
import { startServer } from '../support/server-process.ts';
import { assertUndisturbed, openViewers, waitForSwarm } from '../support/viewers.ts';
import { startWebsite } from '../support/website.ts';

test('a viewer plays on when its data channels are closed and new ones forbidden', { timeout: 180_000 }, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    const audience = { site: await startWebsite(t), serverUrl: server.url, channel: 'demo' };
    const viewers = await openViewers(browser, audience, 2);
    const [blocked, free] = viewers;
    assert.ok(blocked !== undefined && free !== undefined);
    await waitForSwarm(viewers);

    await blocked.forbidPeerConnections();
    const { bytesFromPeers } = await blocked.waitForStats(({ peers }) => peers === 0, 'the links are gone');
    const atBlock = await blocked.stats();
    const after = await blocked.waitForStats(
      ({ bytesFromServer }) => bytesFromServer > atBlock.bytesFromServer + 100_000,
      'the server takes over',
    );
    assert.ok(after.bytesFromPeers - bytesFromPeers < 50_000, 'nothing more comes from peers');
    assertUndisturbed([await blocked.waitForPlayback(5), await free.stats()]);
  });
});

test('viewers play on when nothing sent over data channels arrives any more', { timeout: 180_000 }, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    const audience = { site: await startWebsite(t), serverUrl: server.url, channel: 'demo' };
    const viewers = await openViewers(browser, audience, 3);
    await waitForSwarm(viewers);

    await Promise.all(viewers.map((viewer) => viewer.muteDataChannels()));
    assertUndisturbed(await Promise.all(viewers.map((viewer) => viewer.waitForPlayback(12))));
  });
});
