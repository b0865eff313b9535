import assert from 'node:assert/strict';
import type { Browser } from 'puppeteer-core';
import { liveChannel } from './channel-facts.ts';
import { openPlayerPage, type PlayerPage, type PlayerStats } from './player-page.ts';
import { waitFor } from './wait.ts';
import { embeddingPage, type Website } from './website.ts';

export type Audience = {
  readonly site: Website;
  readonly serverUrl: string;
  readonly channel: string;
  /** More attributes of the players. */
  readonly attributes?: string;
};

/** The address of a page with one player of a live channel, whose key it pins. */
export async function publishViewer({ site, serverUrl, channel, attributes = '' }: Audience): Promise<string> {
  const { publicKey } = await liveChannel(serverUrl, channel);
  return site.publish(embeddingPage([{ serverUrl, channel, key: publicKey, attributes }]));
}

/** Opens so many viewers, each in a window of its own, and waits until all of them play. */
export async function openViewers(browser: Browser, audience: Audience, count: number): Promise<PlayerPage[]> {
  const url = await publishViewer(audience);
  const viewers: PlayerPage[] = [];
  for (let index = 0; index < count; index++) viewers.push(await openPlayerPage(browser, url));
  await Promise.all(viewers.map((viewer) => viewer.waitForPlayback(1)));
  return viewers;
}

export function allStats(viewers: readonly PlayerPage[]): Promise<PlayerStats[]> {
  return Promise.all(viewers.map((viewer) => viewer.stats()));
}

/** Waits until every viewer has a connection to a peer, and has packets from one. */
export async function waitForSwarm(viewers: readonly PlayerPage[]): Promise<void> {
  await Promise.all(
    viewers.map((viewer) =>
      viewer.waitForStats(
        ({ peers, packetsFromPeers }) => peers > 0 && packetsFromPeers > 0,
        'packets come from peers',
      ),
    ),
  );
}

/**
 * Waits until, over some packets in a row, each viewer had at least this share of its bytes from peers. The window moves on
 * until it is so: when the swarm settles is not what is tested, that it does is.
 */
export async function waitForPeerShare(viewers: readonly PlayerPage[], share: number): Promise<void> {
  const windowBytes = 100_000;
  await Promise.all(
    viewers.map(async (viewer, index) => {
      let start = await viewer.stats();
      let reached = 0;
      await waitFor(
        async () => {
          const stats = await viewer.stats();
          const fromPeers = stats.bytesFromPeers - start.bytesFromPeers;
          const all = fromPeers + stats.bytesFromServer - start.bytesFromServer;
          if (all < windowBytes) return false;
          reached = fromPeers / all;
          start = stats;
          return reached >= share;
        },
        { timeoutMs: 90_000, text: `viewer ${index} gets ${share * 100} % from peers` },
      ).catch(async (error: Error) => {
        const percent = Math.round(reached * 100);
        throw new Error(`${error.message}; last ${percent} %, ${JSON.stringify(await viewer.stats())}`);
      });
    }),
  );
}

/** Nothing was interrupted, and nothing arrived that the broadcaster had not signed. */
export function assertUndisturbed(stats: readonly PlayerStats[]): void {
  for (const [index, { state, stalls, packetsRejected }] of stats.entries()) {
    assert.deepEqual(
      { state, stalls, packetsRejected },
      { state: 'playing', stalls: 0, packetsRejected: 0 },
      `viewer ${index}: ${JSON.stringify(stats[index])}`,
    );
  }
}
