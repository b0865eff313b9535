/*
 * A page on plain http at an address that other machines could reach: no secure context, so no WebCrypto. Packets are
 * checked all the same, and come from peers.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withBrowser } from '../support/chromium.ts';
import { startServer } from '../support/server-process.ts';
import { allStats, assertUndisturbed, openViewers, publishViewer, waitForSwarm } from '../support/viewers.ts';
import { lanAddress, startWebsite } from '../support/website.ts';

test('viewers at a plain-http LAN address verify packets and share them', { timeout: 180_000 }, async (t) => {
  const address = lanAddress();
  if (address === undefined) {
    t.skip('this machine has no address but its loopback ones');
    return;
  }
  await withBrowser(t, async (browser) => {
    const server = await startServer(t, { host: '0.0.0.0' });
    const serverUrl = `http://${address}:${server.port}`;
    const audience = { site: await startWebsite(t, address), serverUrl, channel: 'demo' };
    const viewers = await openViewers(browser, audience, 2);
    for (const { page } of viewers) {
      assert.equal(await page.evaluate(() => isSecureContext), false);
      assert.equal(await page.evaluate(() => typeof crypto.subtle), 'undefined');
    }
    await waitForSwarm(viewers);
    await Promise.all(viewers.map((viewer) => viewer.waitForPlayback(5)));
    assertUndisturbed(await allStats(viewers));

    await t.test('and a page that pins another key plays nothing there', async () => {
      const url = await publishViewer(audience);
      const page = viewers[0]?.page;
      assert.ok(page !== undefined);
      const html = (await (await fetch(url)).text()).replace(/key="[^"]*"/, `key="${'A'.repeat(43)}"`);
      await page.goto(audience.site.publish(html));
      await viewers[0]?.waitForStats(({ state }) => state === 'failed', 'the player refuses the stream');
      assert.equal((await viewers[0]?.pictures())?.frames, 0);
    });
  });
});
