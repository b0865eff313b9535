/*
 * What is said over the picture when there is none: it names the reason, and stays while that holds.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveChannel } from '../support/channel-facts.ts';
import { withBrowser } from '../support/chromium.ts';
import { noticeText, waitForNotice } from '../support/notice.ts';
import { openPlayerPage } from '../support/player-page.ts';
import { startServer } from '../support/server-process.ts';
import { embeddingPage, startWebsite } from '../support/website.ts';

const OPTIONS = { timeout: 120_000 };

test(
  'a channel that is not there is told in the words of the server, for as long as it is not there',
  OPTIONS,
  async (t) => {
    await withBrowser(t, async (browser) => {
      const server = await startServer(t);
      const { publicKey: key } = await liveChannel(server.url, 'demo');
      const site = await startWebsite(t);
      const url = site.publish(embeddingPage([{ serverUrl: server.url, channel: 'nope', key }]));
      const viewer = await openPlayerPage(browser, url);
      await waitForNotice(viewer, /^There is no channel/);
      // Three questions later, the last of them seconds after the first.
      let answers = 0;
      viewer.page.on('response', (response) => {
        if (response.status() === 404 && response.url().includes('/live/')) answers++;
      });
      while (answers < 3) {
        assert.match(await noticeText(viewer), /^There is no channel/);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    });
  },
);
