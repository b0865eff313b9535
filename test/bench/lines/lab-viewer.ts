import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LaunchedBrowser, launchChromium } from '../../support/chromium.ts';
import { installProbe } from '../../support/page-probe.ts';
import { PlayerPage, type PlayerStats } from '../../support/player-page.ts';
import type { LabLine } from './lab-line.ts';
import type { LabSite } from './lab-network.ts';
import { installEars, type LinkFacts, readLinks, takeArrivals } from './page-ears.ts';

export type LabViewerOptions = {
  readonly chromium: string;
  readonly site: LabSite;
  readonly line: LabLine;
  readonly url: string;
  /** For what must be written. */
  readonly folder: string;
};

/** One person: a Chromium of her own in the namespace behind her line, and a page with a player. */
export class LabViewer {
  readonly line: LabLine;
  private readonly url: string;
  private readonly launched: LaunchedBrowser;
  private page: PlayerPage | undefined;

  private constructor({ line, url }: LabViewerOptions, launched: LaunchedBrowser) {
    this.line = line;
    this.url = url;
    this.launched = launched;
  }

  /** Starts the browser. The page is opened later: what the start of a browser costs is no part of what is measured. */
  static async launch(options: LabViewerOptions): Promise<LabViewer> {
    const { chromium, site, url, folder } = options;
    const program = join(folder, `chromium-${site.namespace}`);
    const command = `exec ip netns exec ${site.namespace} ${quoted(chromium)} "$@"`;
    await writeFile(program, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
    // The page is trusted with what it would have over HTTPS.
    const flag = `--unsafely-treat-insecure-origin-as-secure=${new URL(url).origin}`;
    return new LabViewer(options, await launchChromium(program, [flag]));
  }

  get pid(): number {
    return this.launched.pid;
  }

  async open(): Promise<void> {
    const page = await this.launched.browser.newPage();
    await page.evaluateOnNewDocument(installProbe);
    await page.evaluateOnNewDocument(installEars);
    this.page = new PlayerPage(page);
    await page.goto(this.url, { waitUntil: 'domcontentloaded' });
  }

  waitForPlayback(): Promise<PlayerStats> {
    return this.opened.waitForPlayback(1);
  }

  stats(): Promise<PlayerStats> {
    return this.opened.stats();
  }

  /** What came over data channels since this was asked the last time: ms from capture to arrival. */
  arrivals(): Promise<number[]> {
    return this.opened.page.evaluate(takeArrivals);
  }

  links(): Promise<LinkFacts[]> {
    return this.opened.page.evaluate(readLinks);
  }

  close(): Promise<void> {
    return this.launched.close();
  }

  private get opened(): PlayerPage {
    if (this.page === undefined) throw new Error('the page is not open');
    return this.page;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
