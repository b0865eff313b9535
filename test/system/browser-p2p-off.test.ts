/*
 * p2p="off": the stream comes from the server, and no connection to a peer is ever made. Viewers' addresses stay private, until the page
 * changes its mind.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withBrowser } from '../support/chromium.ts';
import { startServer } from '../support/server-process.ts';
import { allStats, assertUndisturbed, openViewers } from '../support/viewers.ts';
import { startWebsite } from '../support/website.ts';

test('a player with p2p="off" plays and makes no RTCPeerConnection, until setP2p says on', {
  timeout: 120_000,
}, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    const audience = { site: await startWebsite(t), serverUrl: server.url, channel: 'demo' };
    // One that would gladly connect watches beside it.
    const [open] = await openViewers(browser, audience, 1);
    const [shy] = await openViewers(browser, { ...audience, attributes: 'p2p="off"' }, 1);
    assert.ok(open !== undefined && shy !== undefined);
    await open.waitForStats(({ peers }) => peers > 0, 'the other viewer is connected to the seeder');
    const { source, bytesFromPeers, bytesToPeers, peers } = await shy.waitForPlayback(5);

    assert.deepEqual(
      { source, bytesFromPeers, bytesToPeers, peers },
      { source: 'server', bytesFromPeers: 0, bytesToPeers: 0, peers: 0 },
    );
    assert.equal(await shy.peerConnectionCount(), 0);
    assert.ok((await open.peerConnectionCount()) > 0, 'the probe counts connections');
    assertUndisturbed(await allStats([shy]));

    await shy.page.evaluate(() => {
      const element = document.querySelector('swarm-player') as unknown as { player: { setP2p(mode: string): void } };
      element.player.setP2p('on');
    });
    await shy.waitForStats((stats) => stats.peers > 0, 'it joins the swarm once the page says so');
  });
});
