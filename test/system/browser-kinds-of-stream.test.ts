/*
 * What a broadcast may be made of: sound alone, pictures alone, AV1 with Opus, and configurations that change on the way.
 * Each clip is looped as a live channel and watched by two viewers that share it.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { withBrowser } from '../support/chromium.ts';
import { audioOnlyClip, av1OpusClip, cameraOffClip, changingClip, videoOnlyClip } from '../support/clips.ts';
import { findFfmpeg, NO_FFMPEG } from '../support/ffmpeg.ts';
import type { PlayerPage } from '../support/player-page.ts';
import { startLoop } from '../support/server-process.ts';
import { skipOrFail } from '../support/tools.ts';
import { assertUndisturbed, openViewers, waitForSwarm } from '../support/viewers.ts';
import { waitFor } from '../support/wait.ts';
import { startWebsite } from '../support/website.ts';

const OPTIONS = { timeout: 180_000 };

async function watchLoop(
  t: TestContext,
  makeClip: () => Promise<string>,
  look: (viewers: readonly PlayerPage[]) => Promise<void>,
): Promise<void> {
  if (findFfmpeg() === undefined) {
    skipOrFail(t, NO_FFMPEG);
    return;
  }
  const clip = await makeClip();
  await withBrowser(t, async (browser) => {
    const server = await startLoop(t, clip, 'main');
    const audience = { site: await startWebsite(t), serverUrl: server.url, channel: 'main' };
    const viewers = await openViewers(browser, audience, 2);
    await waitForSwarm(viewers);
    await look(viewers);
    assertUndisturbed(await Promise.all(viewers.map((viewer) => viewer.waitForPlayback(3))));
  });
}

test('sound alone is played and shared', OPTIONS, async (t) => {
  await watchLoop(t, audioOnlyClip, async (viewers) => {
    for (const viewer of viewers) assert.equal((await viewer.pictures()).width, 0);
  });
});

test('pictures alone are played and shared', OPTIONS, async (t) => {
  await watchLoop(t, videoOnlyClip, async (viewers) => {
    for (const viewer of viewers) {
      await waitFor(async () => (await viewer.pictures()).frames > 25, { text: 'pictures are shown' });
      assert.equal((await viewer.pictures()).width, 320);
    }
  });
});

test('AV1 with Opus is played and shared', OPTIONS, async (t) => {
  await watchLoop(t, av1OpusClip, async (viewers) => {
    for (const viewer of viewers) {
      await waitFor(async () => (await viewer.pictures()).frames > 25, { text: 'pictures are shown' });
    }
  });
});

test('size and sample rate change in mid-stream, there and back, without a stall', OPTIONS, async (t) => {
  await watchLoop(t, changingClip, async (viewers) => {
    for (const width of [320, 480, 320, 480]) {
      for (const viewer of viewers) {
        await waitFor(async () => (await viewer.pictures()).width === width, { text: `the picture is ${width} wide` });
      }
    }
  });
});

test('a camera that goes off stops neither the sound nor what comes after', OPTIONS, async (t) => {
  if (findFfmpeg() === undefined) {
    skipOrFail(t, NO_FFMPEG);
    return;
  }
  const clip = await cameraOffClip();
  await withBrowser(t, async (browser) => {
    const server = await startLoop(t, clip, 'main');
    const audience = { site: await startWebsite(t), serverUrl: server.url, channel: 'main' };
    const [viewer] = await openViewers(browser, audience, 1);
    assert.ok(viewer !== undefined);
    // More than a round: twelve seconds of it have no pictures.
    const { stallMs } = await viewer.waitForPlayback(30);
    t.diagnostic(`stood for ${stallMs} ms`);
    assert.ok(stallMs < 6_000, `stood for ${stallMs} ms`);
  });
});
