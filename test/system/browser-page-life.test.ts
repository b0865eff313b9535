/*
 * What pages do to players: two of them on one page, one taken out and put back in, one moved, one pointed elsewhere, one in the
 * page's own video.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveChannel } from '../support/channel-facts.ts';
import { withBrowser } from '../support/chromium.ts';
import type { ProbedWindow } from '../support/page-probe.ts';
import { openPlayerPage, type PlayerStats } from '../support/player-page.ts';
import { startServer } from '../support/server-process.ts';
import { openViewers } from '../support/viewers.ts';
import { waitFor } from '../support/wait.ts';
import { embeddingPage, startWebsite } from '../support/website.ts';

type DestroyedElement = EventTarget & {
  readonly stats: PlayerStats;
  readonly player?: {
    readonly stats: PlayerStats;
    readonly video: HTMLVideoElement;
    play(): void;
    destroy(): void;
  };
  play(): void;
};

test('two players on one page play, each with its own stats', { timeout: 120_000 }, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    const site = await startWebsite(t);
    const { publicKey } = await liveChannel(server.url, 'demo');
    const player = { serverUrl: server.url, channel: 'demo', key: publicKey };
    const url = site.publish(embeddingPage([player, { ...player, attributes: 'p2p="off"' }]));
    const viewer = await openPlayerPage(browser, url);
    const [sharing, alone] = await Promise.all([
      viewer.waitForPlayback(4, { index: 0 }),
      viewer.waitForPlayback(4, { index: 1 }),
    ]);
    assert.equal(alone.source, 'server');
    assert.equal(alone.bytesFromPeers, 0);
    assert.equal(sharing.epoch, alone.epoch);
    await viewer.waitForStats(({ peers }) => peers > 0, 'the first has peers', { index: 0 });
  });
});

test('a player taken off the page lets go of everything, and plays again when put back', {
  timeout: 120_000,
}, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    const audience = { site: await startWebsite(t), serverUrl: server.url, channel: 'demo' };
    const [viewer] = await openViewers(browser, audience, 1);
    assert.ok(viewer !== undefined);
    await viewer.waitForStats(({ peers }) => peers > 0, 'it has a peer');

    await viewer.page.evaluate(() => {
      const page = globalThis as ProbedWindow & { kept?: Element | null };
      page.kept = document.querySelector('swarm-player');
      page.kept?.remove();
    });
    await waitFor(
      () =>
        viewer.page.evaluate(() => {
          const { peerConnections } = (globalThis as ProbedWindow).probe;
          return peerConnections.every(({ connectionState }) => connectionState === 'closed');
        }),
      { text: 'its connections are closed' },
    );
    const kept = await viewer.page.evaluate(() => {
      const { stats } = (globalThis as { kept?: { readonly stats: PlayerStats } }).kept ?? {};
      return { state: stats?.state, peers: stats?.peers, latencyMs: stats?.latencyMs, source: stats?.source };
    });
    assert.deepEqual(kept, { state: 'idle', peers: 0, latencyMs: 0, source: 'none' });

    await viewer.page.evaluate(() => {
      const page = globalThis as ProbedWindow & { kept?: Element | null };
      if (page.kept) document.body.append(page.kept);
    });
    await viewer.waitForPlayback(3);
    await viewer.waitForStats(({ peers }) => peers > 0, 'it has a peer again');

    await t.test('and a player that is only moved plays on', async () => {
      await viewer.page.evaluate(() => {
        const box = document.body.appendChild(document.createElement('div'));
        const player = document.querySelector('swarm-player');
        if (player !== null) box.append(player);
      });
      await viewer.waitForPlayback(3);
    });

    await t.test('and one that the page destroyed says so, and plays again when told to', async () => {
      const states = await viewer.page.evaluate(() => {
        const element = document.querySelector('swarm-player') as unknown as DestroyedElement;
        const told: string[] = [];
        element.addEventListener('statechange', () => told.push(element.stats.state));
        const { player } = element;
        player?.destroy();
        const isGone = element.player === undefined;
        player?.play();
        return {
          told,
          isGone,
          isVideoLeftAlone: player?.video.paused,
          own: player?.stats.state,
          peers: element.stats.peers,
          bytes: element.stats.bytesFromServer,
        };
      });
      const { bytes, ...rest } = states;
      assert.deepEqual(rest, { told: ['idle'], isGone: true, isVideoLeftAlone: true, own: 'idle', peers: 0 });
      assert.ok(bytes > 0, 'what was counted stays');
      await viewer.page.evaluate(() => (document.querySelector('swarm-player') as unknown as DestroyedElement).play());
      await viewer.waitForPlayback(3);
    });
  });
});

test("the classic script's class plays in a video of the page's own", { timeout: 120_000 }, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    const site = await startWebsite(t);
    const { publicKey } = await liveChannel(server.url, 'demo');
    const options = JSON.stringify({ src: `${server.url}/live/demo`, key: publicKey });
    const url = site.publish(`<!doctype html><title>own video</title><video muted playsinline></video>
      <script src="${server.url}/player.js"></script>
      <script>window.player = new SwarmPlayer(document.querySelector('video'), ${options}); player.play();</script>`);
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForFunction(
      () => {
        const { player } = globalThis as unknown as { readonly player: { readonly stats: { readonly state: string } } };
        return player.stats.state === 'playing' && (document.querySelector('video')?.currentTime ?? 0) > 0;
      },
      { timeout: 60_000 },
    );
  });
});

test('a wrong attribute is told to a page that listens in the script behind the element, unless that puts it right', {
  timeout: 60_000,
}, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    const site = await startWebsite(t);
    const url = site.publish(`<!doctype html><title>wrong</title><script src="${server.url}/player.js"></script>
      <swarm-player src="${server.url}/live/demo" p2p="maybe" autoplay muted></swarm-player>
      <script>const told = (window.told = []);
        for (const type of ['statechange', 'error'])
          document.querySelector('swarm-player').addEventListener(type, ({ code }) => told.push(code ?? type));</script>
      <swarm-player src="${server.url}/live/demo" p2p="maybe" autoplay muted></swarm-player>
      <script>const toldOfMended = (window.toldOfMended = []);
        const mended = document.querySelectorAll('swarm-player')[1];
        for (const type of ['stats', 'error']) mended.addEventListener(type, ({ code }) => toldOfMended.push(code ?? type));
        mended.setAttribute('p2p', 'off');</script>`);
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForFunction(
      () => (globalThis as unknown as { readonly told: string[] }).told.join() === 'statechange,bad-attribute',
    );
    const toldOfMended = await waitFor(
      async () => {
        const told = await page.evaluate(() => (globalThis as unknown as { toldOfMended: string[] }).toldOfMended);
        return told.filter((type) => type === 'stats').length >= 2 ? told : undefined;
      },
      { text: 'the other player begins' },
    );
    assert.ok(!toldOfMended.includes('bad-attribute'), toldOfMended.join());
  });
});
