/*
 * Peers that mean harm join the swarm: one forges, one repeats, one lies, one floods. Viewers play on, nothing forged is
 * played or passed on, and who forged is hung up on.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withBrowser } from '../support/chromium.ts';
import { startHostilePeer } from '../support/hostile-peer.ts';
import { startServer } from '../support/server-process.ts';
import { allStats, openViewers, waitForSwarm } from '../support/viewers.ts';
import { waitFor } from '../support/wait.ts';
import { startWebsite } from '../support/website.ts';

/** What an attack by four times as many hostile as honest peers may cost at most. */
const STALLED_MS_MAX = 2_000;

test('viewers play on among forgers, repeaters, liars and flooders', { timeout: 240_000 }, async (t) => {
  await withBrowser(t, async (browser) => {
    const server = await startServer(t);
    const audience = { site: await startWebsite(t), serverUrl: server.url, channel: 'demo' };
    const viewers = await openViewers(browser, audience, 3);
    await waitForSwarm(viewers);
    const before = await allStats(viewers);

    const forger = await startHostilePeer(t, 'forge', server.url, 'demo');
    const others = await Promise.all(
      (['repeat', 'lie', 'flood'] as const).map((vice) => startHostilePeer(t, vice, server.url, 'demo')),
    );
    await waitFor(() => [forger, ...others].every(({ opened }) => opened >= 1), { text: 'all have got links' });
    await waitFor(() => forger.sent > 0 && forger.hungUpOn > 0, {
      text: 'the forger is hung up on',
      timeoutMs: 60_000,
    });
    // Often none: what nobody asked for is dropped before it is looked at, and a liar is left before it is a parent.
    const rejected = (await allStats(viewers)).map(({ packetsRejected }) => packetsRejected);
    t.diagnostic(`packets rejected: ${rejected.join(', ')}`);
    for (const { vice, opened, hungUpOn, sent } of [forger, ...others]) {
      t.diagnostic(`${vice}: ${opened} links, hung up on ${hungUpOn} times, ${sent} harmful messages`);
    }

    const after = await Promise.all(viewers.map((viewer) => viewer.waitForPlayback(10)));
    for (const [index, viewer] of viewers.entries()) {
      const stats = after[index];
      assert.equal(stats?.state, 'playing');
      // More than half of each viewer's neighbours are hostile: a hiccup is allowed, an interruption is not.
      const stalledMs = (stats?.stallMs ?? 0) - (before[index]?.stallMs ?? 0);
      assert.ok(stalledMs <= STALLED_MS_MAX, `viewer ${index} stood for ${stalledMs} ms: ${JSON.stringify(stats)}`);
      const errors = (await viewer.events()).filter(({ type }) => type === 'error');
      assert.deepEqual(errors, [], `viewer ${index}`);
      // Who passes a forged packet on is banned like the forger: honest viewers are still linked to each other.
      assert.ok((stats?.peers ?? 0) >= viewers.length, `viewer ${index} has only ${stats?.peers} peers`);
    }
    // A forger is not let in again: what it sends after the ban counts with nobody.
    const banned = await allStats(viewers);
    await Promise.all(viewers.map((viewer) => viewer.waitForPlayback(5)));
    const later = await allStats(viewers);
    for (const [index, { packetsRejected }] of later.entries()) {
      const more = packetsRejected - (banned[index]?.packetsRejected ?? 0);
      assert.ok(more <= 8, `viewer ${index} still takes ${more} forged packets after the ban`);
    }
  });
});
