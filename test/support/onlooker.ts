/*
 * Somebody who sits in front of a player and knows nothing of it: looks at its video, reads the numbers of the pictures
 * (picture-clock.ts), and notes when the first one came and how long it stood still. The same for every player.
 */
import type { Browser, Page } from 'puppeteer-core';
import type { Camera } from './camera.ts';
import { PICTURE_CLOCK, readPictureClock } from './picture-clock.ts';
import { waitFor } from './wait.ts';

export type Sighting = {
  /** Wall clock. */
  readonly seenMs: number;
  readonly brightness: readonly number[];
};

/** Since the page began to load. */
export type Watched = {
  /** From the first byte of the page asked for; undefined while there is no picture. */
  readonly firstFrameMs?: number;
  /** When it began to move: players may show the first picture before they play. */
  readonly playingMs?: number;
  /** Once it plays. */
  readonly stalls: number;
  readonly stallMs: number;
  /** Of the programme, left out by jumps forward. */
  readonly skippedMs: number;
  /** How far the picture has moved on. */
  readonly playedMs: number;
};

type Eyes = { watched: Watched; sightings: Sighting[] };
type WatchedWindow = typeof globalThis & { onlooker: Eyes };

/** One viewer: a window of its own, with cookies, cache and connections of its own. */
export class Onlooker {
  readonly page: Page;
  /** What the page wrote to its console, and what it threw. */
  readonly console: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('console', (message) => this.console.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => this.console.push(`thrown: ${error instanceof Error ? error.message : error}`));
  }

  static async open(browser: Browser, url: string): Promise<Onlooker> {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    const onlooker = new Onlooker(page);
    await page.evaluateOnNewDocument(openEyes, PICTURE_CLOCK);
    await page.goto(url, { waitUntil: 'domcontentloaded' });
    return onlooker;
  }

  watched(): Promise<Watched> {
    return this.page.evaluate(() => (globalThis as WatchedWindow).onlooker.watched);
  }

  async waitForPlayback(ms: number, timeoutMs = 60_000): Promise<void> {
    let last: Watched | undefined;
    const hasPlayed = async () => {
      last = await this.watched();
      return last.playedMs >= ms;
    };
    await waitFor(hasPlayed, { timeoutMs, text: `a viewer plays ${ms} ms` }).catch((error: Error) => {
      throw new Error([`${error.message}; last ${JSON.stringify(last)}`, ...this.console.slice(-12)].join('\n  '));
    });
  }

  /** Delays of the pictures seen since the last call, from made to on screen; undefined for one that could not be read. */
  async delays(camera: Camera): Promise<(number | undefined)[]> {
    const sightings = await this.page.evaluate(() => (globalThis as WatchedWindow).onlooker.sightings.splice(0));
    return sightings.map(({ seenMs, brightness }) => {
      const number = readPictureClock(brightness);
      const madeMs = number === undefined ? undefined : camera.madeAt(number, seenMs);
      return madeMs === undefined ? undefined : seenMs - madeMs;
    });
  }
}

/** Runs in the page: refers to nothing outside of itself. */
function openEyes({ bits, blockPx }: typeof PICTURE_CLOCK): void {
  const LOOK_MS = 1000;
  const TICK_MS = 50;
  /** Standing still for longer is a stall: two pictures at the least that were missed. */
  const STALL_MS = 250;
  /** More than real time and what a player that catches up adds to it, in one tick, is a jump. */
  const JUMP_MS = 500;

  const sightings: Sighting[] = [];
  const watched = { stalls: 0, stallMs: 0, skippedMs: 0, playedMs: 0 } as {
    -readonly [K in keyof Watched]: Watched[K];
  };
  (globalThis as WatchedWindow).onlooker = { watched, sightings };

  const canvas = new OffscreenCanvas(bits, 1);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const look = (video: HTMLVideoElement): void => {
    video.requestVideoFrameCallback((_, { presentationTime }) => {
      if (context === null) return;
      // Only the middle of each block: its edges are blurred.
      for (let bit = 0; bit < bits; bit++) {
        const middle = [bit * blockPx + blockPx / 4, blockPx / 4, blockPx / 2, blockPx / 2] as const;
        context.drawImage(video, ...middle, bit, 0, 1, 1);
      }
      const pixels = context.getImageData(0, 0, bits, 1).data;
      const brightness = Array.from({ length: bits }, (_, bit) => pixels[bit * 4 + 1] ?? 128);
      sightings.push({ seenMs: performance.timeOrigin + presentationTime, brightness });
    });
  };

  const watch = (video: HTMLVideoElement): void => {
    video.requestVideoFrameCallback((_, { presentationTime }) => {
      watched.firstFrameMs = presentationTime;
    });
    let last: { readonly atMs: number; readonly mediaMs: number } | undefined;
    let stallMsBefore: number | undefined;
    setInterval(() => {
      if (watched.firstFrameMs === undefined) return;
      const now = { atMs: performance.now(), mediaMs: video.currentTime * 1000 };
      if (last === undefined) last = now;
      const stillMs = now.atMs - last.atMs;
      const movedMs = now.mediaMs - last.mediaMs;
      if (watched.playingMs === undefined) {
        if (movedMs > 0 && movedMs < stillMs + JUMP_MS) watched.playingMs = now.atMs;
        last = now;
        return;
      }
      if (movedMs === 0) {
        if (stillMs <= STALL_MS) return;
        if (stallMsBefore === undefined) watched.stalls++;
        stallMsBefore ??= watched.stallMs;
        watched.stallMs = stallMsBefore + stillMs;
        return;
      }
      if (stallMsBefore !== undefined) watched.stallMs = stallMsBefore + stillMs;
      stallMsBefore = undefined;
      const jumpMs = movedMs - stillMs;
      if (jumpMs > JUMP_MS) watched.skippedMs += jumpMs;
      watched.playedMs += Math.max(0, Math.min(movedMs, stillMs + JUMP_MS));
      last = now;
    }, TICK_MS);
    setInterval(() => look(video), LOOK_MS);
  };

  const search = setInterval(() => {
    const video =
      document.querySelector('video') ?? document.querySelector('swarm-player')?.shadowRoot?.querySelector('video');
    if (video === null || video === undefined) return;
    clearInterval(search);
    watch(video);
  }, 5);
}
