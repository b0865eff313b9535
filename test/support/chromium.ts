import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Browser, launch } from 'puppeteer-core';
import { findProgram, skipOrFail } from './tools.ts';
import { within } from './wait.ts';

const CANDIDATES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--mute-audio',
  '--autoplay-policy=no-user-gesture-required',
];

const CLOSE_TIMEOUT_MS = 10_000;

export function findChromium(): string | undefined {
  return findProgram([process.env.SWARMTUBE_CHROMIUM, ...CANDIDATES]);
}

export type LaunchedBrowser = {
  readonly browser: Browser;
  /** Process id of the browser's main process. */
  readonly pid: number;
  /** Ends the browser and removes its profile; a browser that will not end is killed. */
  close(): Promise<void>;
};

/** Starts Chromium, headless, with an empty profile of its own. */
export async function launchChromium(executablePath: string, flags: readonly string[] = []): Promise<LaunchedBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'swarmtube-chromium-'));
  let browser: Browser;
  try {
    browser = await launch({
      executablePath,
      userDataDir: profile,
      headless: true,
      pipe: true,
      args: [...FLAGS, ...flags],
      // Puppeteer's own list has switches that change what is tested here: hidden tabs shall be throttled as at a viewer's.
      ignoreDefaultArgs: [
        '--disable-backgrounding-occluded-windows',
        '--disable-renderer-backgrounding',
        '--disable-background-timer-throttling',
      ],
      protocolTimeout: 120_000,
    });
  } catch (error) {
    await removeFolder(profile);
    throw error;
  }
  return {
    browser,
    pid: browser.process()?.pid ?? 0,
    async close() {
      const child = browser.process();
      await within(browser.close(), { timeoutMs: CLOSE_TIMEOUT_MS, text: 'Chromium closes' }).catch(() => {
        child?.kill('SIGKILL');
      });
      await removeFolder(profile);
    },
  };
}

/** Runs `use` with a fresh browser, which is gone afterwards however `use` ends. */
export async function withBrowser(t: TestContext, use: (browser: Browser) => Promise<void>): Promise<void> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    skipOrFail(
      t,
      'no Chromium found: install it (Debian: apt-get install chromium), or name one in SWARMTUBE_CHROMIUM',
    );
    return;
  }
  const launched = await launchChromium(executablePath);
  try {
    await use(launched.browser);
  } finally {
    await launched.close();
  }
}

/** Chromium's last processes may still write into it for a moment. */
async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
