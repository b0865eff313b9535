import type { Browser, Page } from 'puppeteer-core';
import { installProbe, type PlayerEvent, type ProbedWindow } from './page-probe.ts';
import { waitFor } from './wait.ts';

/** `player.stats`, as docs/EMBEDDING.md promises it. */
export type PlayerStats = {
  readonly state: 'idle' | 'joining' | 'playing' | 'stalled' | 'paused' | 'ended' | 'failed';
  readonly source: 'swarm' | 'server' | 'both' | 'none';
} & Record<(typeof STATS_NUMBERS)[number], number>;

export const STATS_NUMBERS = [
  'latencyMs',
  'bufferMs',
  'targetLatencyMs',
  'firstFrameMs',
  'stalls',
  'stallMs',
  'peers',
  'bytesFromPeers',
  'bytesFromServer',
  'bytesToPeers',
  'packetsFromPeers',
  'packetsFromServer',
  'packetsRejected',
  'packetsDuplicate',
  'newestSequence',
  'epoch',
] as const;

type PlayerElement = HTMLElement & { readonly stats: PlayerStats };

/** Frames on screen and how far the picture has moved on. */
export type Pictures = {
  readonly frames: number;
  readonly currentTime: number;
  readonly width: number;
  readonly height: number;
};

/** Between two looks, a tenth of a second apart on a busy machine or two, a video does not play more than this. */
const LARGEST_STEP_SECONDS = 2;

/**
 * Opens the address as another person would: with cookies, cache and connections of its own (browsers open only six to one
 * server), in a window of its own, so that it is visible while others are.
 */
export async function openPlayerPage(browser: Browser, url: string): Promise<PlayerPage> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.evaluateOnNewDocument(installProbe);
  const playerPage = new PlayerPage(page);
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  return playerPage;
}

/** A page with players on it, seen through what its owner could see: elements, stats, events. */
export class PlayerPage {
  readonly page: Page;
  /** What the page wrote to its console, and what it threw. */
  readonly console: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('console', (message) => this.console.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => this.console.push(`thrown: ${error instanceof Error ? error.message : error}`));
  }

  async stats(index = 0): Promise<PlayerStats> {
    return this.page.evaluate((at) => {
      const player = document.querySelectorAll('swarm-player')[at] as PlayerElement | undefined;
      if (player === undefined) throw new Error(`no player ${at} on the page`);
      return { ...player.stats };
    }, index);
  }

  async pictures(index = 0): Promise<Pictures> {
    return this.page.evaluate((at) => {
      const player = document.querySelectorAll('swarm-player')[at];
      const video = player?.querySelector('video') ?? player?.shadowRoot?.querySelector('video');
      if (video === null || video === undefined) return { frames: 0, currentTime: 0, width: 0, height: 0 };
      const frames = video.getVideoPlaybackQuality().totalVideoFrames;
      return { frames, currentTime: video.currentTime, width: video.videoWidth, height: video.videoHeight };
    }, index);
  }

  /** Events of one player since the page was opened, oldest first; `stats` left out. */
  async events(index = 0): Promise<PlayerEvent[]> {
    return this.page.evaluate((at) => (globalThis as ProbedWindow).probe.events[at] ?? [], index);
  }

  /** Waits until the stats are as wished, and returns them. The failure tells the last ones. */
  async waitForStats(
    wish: (stats: PlayerStats) => boolean,
    text: string,
    { index = 0, timeoutMs = 60_000 } = {},
  ): Promise<PlayerStats> {
    let last: PlayerStats | undefined;
    try {
      return await waitFor(
        async () => {
          last = await this.stats(index);
          return wish(last) ? last : undefined;
        },
        { timeoutMs, text },
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.report(last, await this.events(index))}`);
    }
  }

  /** Waits until the player plays and the clock of its video has moved on by so many seconds from now. */
  async waitForPlayback(seconds = 1, { index = 0, timeoutMs = 60_000 } = {}): Promise<PlayerStats> {
    let gained = 0;
    let before: number | undefined;
    let last: PlayerStats | undefined;
    try {
      return await waitFor(
        async () => {
          last = await this.stats(index);
          const { currentTime } = await this.pictures(index);
          // Jumps (to the live edge, to another epoch) are not playback.
          if (before !== undefined) gained += Math.min(Math.max(0, currentTime - before), LARGEST_STEP_SECONDS);
          before = currentTime;
          return last.state === 'playing' && gained >= seconds ? last : undefined;
        },
        { timeoutMs, text: `the player plays on by ${seconds} s` },
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.report(last, await this.events(index))}`);
    }
  }

  /** Real-time connections that this page has made so far, closed ones too. */
  async peerConnectionCount(): Promise<number> {
    return this.page.evaluate(() => (globalThis as ProbedWindow).probe.peerConnections.length);
  }

  /** Closes every connection and forbids new ones, as a policy of the network's owner would that comes into force now. */
  async forbidPeerConnections(): Promise<void> {
    await this.page.evaluate(() => {
      const { probe } = globalThis as ProbedWindow;
      probe.areConnectionsForbidden = true;
      for (const connection of probe.peerConnections) connection.close();
    });
  }

  /** From now on nothing that this page sends over data channels arrives, and nobody is told: a firewall that drops packets. */
  async muteDataChannels(): Promise<void> {
    await this.page.evaluate(() => {
      (globalThis as ProbedWindow).probe.areChannelsMute = true;
    });
  }

  private report(stats: PlayerStats | undefined, events: readonly PlayerEvent[]): string {
    return [
      `last stats: ${JSON.stringify(stats)}`,
      `events: ${JSON.stringify(events.slice(-12))}`,
      `console:\n  ${this.console.slice(-12).join('\n  ')}`,
    ].join('\n');
  }
}
