/*
 * The page pins a key that the broadcaster does not sign with: nothing is played, and the owner is told what to do.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withBrowser } from '../support/chromium.ts';
import { openPlayerPage } from '../support/player-page.ts';
import { startServer } from '../support/server-process.ts';
import { waitFor } from '../support/wait.ts';
import { embeddingPage, startWebsite } from '../support/website.ts';

test('a wrong key in the page plays nothing and says so', { timeout: 120_000 }, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    const other = await startServer(t);
    const { publicKey } = (await (await fetch(`${other.url}/live/demo.json`)).json()) as { publicKey: string };
    const site = await startWebsite(t);
    const wrongKeys = { 'of another broadcaster': publicKey, 'that is none': 'not-a-key' };
    for (const [what, key] of Object.entries(wrongKeys)) {
      await t.test(`a key ${what}`, async () => {
        const html = embeddingPage([{ serverUrl: server.url, channel: 'demo', key }]);
        const viewer = await openPlayerPage(browser, site.publish(html));
        const error = await waitFor(async () => (await viewer.events()).find(({ type }) => type === 'error'), {
          text: 'the player dispatches an error event',
        });
        assert.match(error.code ?? '', /^[a-z]+(-[a-z]+)*$/);
        assert.match(error.message ?? '', /key/i);
        assert.match(error.message ?? '', /\s\S+\s/, 'a sentence');
        await viewer.waitForStats(({ state }) => state === 'failed', 'the player gives up');
        assert.equal((await viewer.pictures()).frames, 0);
      });
    }
  });
});
