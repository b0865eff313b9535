/*
 * What is said over the picture when there is none: it names the reason, and stays while that holds.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveChannel } from '../support/channel-facts.ts';
import { withBrowser } from '../support/chromium.ts';
import { h263Clip } from '../support/clips.ts';
import { findFfmpeg, NO_FFMPEG } from '../support/ffmpeg.ts';
import { noticeText, waitForNotice } from '../support/notice.ts';
import { openPlayerPage } from '../support/player-page.ts';
import { startLoop, startServer } from '../support/server-process.ts';
import { skipOrFail } from '../support/tools.ts';
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

test('codecs that no browser plays are named, and the player does not wait for them', OPTIONS, async (t) => {
  if (findFfmpeg() === undefined) return skipOrFail(t, NO_FFMPEG);
  const clip = await h263Clip(false);
  await withBrowser(t, async (browser) => {
    const server = await startLoop(t, clip, 'main');
    await liveChannel(server.url, 'main');
    const viewer = await openPlayerPage(browser, `${server.url}/embed/main`);
    await viewer.waitForStats(({ state }) => state === 'failed', 'it gives up');
    assert.match(await noticeText(viewer), /^No browser plays Sorenson H\.263; /);
    const errors = (await viewer.events()).filter(({ type }) => type === 'error');
    assert.ok(errors.length > 0 && errors.every(({ code }) => code === 'codec-unsupported'), JSON.stringify(errors));
  });
});

test('where only the sound plays, a lasting note says why', OPTIONS, async (t) => {
  if (findFfmpeg() === undefined) return skipOrFail(t, NO_FFMPEG);
  const clip = await h263Clip(true);
  await withBrowser(t, async (browser) => {
    const server = await startLoop(t, clip, 'main');
    await liveChannel(server.url, 'main');
    const viewer = await openPlayerPage(browser, `${server.url}/embed/main`);
    await viewer.waitForPlayback(12);
    const note = await viewer.page.evaluate(() => {
      const shown = document.querySelector('swarm-player')?.shadowRoot?.querySelector('.note:not([hidden])');
      return shown?.textContent;
    });
    assert.equal(note, 'No browser plays Sorenson H.263: there is no picture.');
    assert.equal(await noticeText(viewer), '');
  });
});

test('a picture of another shape than its frame stands in the middle', OPTIONS, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    await liveChannel(server.url, 'demo');
    const viewer = await openPlayerPage(browser, `${server.url}/embed/demo`);
    for (const [width, height] of [
      [400, 700],
      [700, 200],
    ] as const) {
      await viewer.page.setViewport({ width, height });
      const box = await viewer.page.evaluate(() => {
        const video = document.querySelector('swarm-player')?.shadowRoot?.querySelector('video');
        const { top, left, width, height } = video?.getBoundingClientRect() ?? new DOMRect();
        return { top, left, width, height };
      });
      // The video itself keeps its picture in its middle.
      assert.deepEqual(box, { top: 0, left: 0, width, height });
    }
  });
});
