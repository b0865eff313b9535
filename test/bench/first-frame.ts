/*
 * How long until the first picture, and where the time goes: opens the demo again and again in Chromium, each time as a new
 * viewer on a page of another origin, all on this machine:
 *   node test/bench/first-frame.ts --rounds 10 --attributes 'p2p="off"'
 * A probe listens to what the player asks of the browser; the player itself is left as it is. Milliseconds from the moment
 * that its script began to run, medians of all rounds.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'puppeteer-core';
import { liveChannel } from '../support/channel-facts.ts';
import { findChromium, launchChromium } from '../support/chromium.ts';
import { ServerProcess } from '../support/server-process.ts';
import { waitFor } from '../support/wait.ts';
import { embeddingPage, openWebsite } from '../support/website.ts';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '10' }, attributes: { type: 'string', default: '' } },
});

const executablePath = findChromium();
if (executablePath === undefined) throw new Error('no Chromium found: install it, or name one in SWARMTUBE_CHROMIUM');
const server = new ServerProcess({}, await mkdtemp(join(tmpdir(), 'swarmtube-bench-')));
const website = await openWebsite('127.0.0.1');
const chromium = await launchChromium(executablePath);
try {
  await server.start();
  const { publicKey: key } = await liveChannel(server.url, 'demo');
  const { attributes } = options;
  const url = website.publish(embeddingPage([{ serverUrl: server.url, channel: 'demo', key, attributes }]));
  const rounds: Marks[] = [];
  // The first one warms the browser up.
  for (let round = 0; round <= Number(options.rounds); round++) {
    const marks = await openOnce(chromium.browser, url);
    if (round > 0) rounds.push(marks);
  }
  for (const name of Object.keys(rounds[0] ?? {})) {
    const times = rounds.map((marks) => marks[name] ?? Number.NaN).sort((first, second) => first - second);
    const [least, median, most] = [times[0], times[times.length >> 1], times.at(-1)].map((ms) => Math.round(ms ?? 0));
    console.log(`${name.padEnd(28)} ${String(median).padStart(5)}   (${least} to ${most})`);
  }
} finally {
  await chromium.close();
  website.close();
  await server.dispose();
}

type Marks = Record<string, number>;

async function openOnce(browser: Browser, url: string): Promise<Marks> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.evaluateOnNewDocument(listen);
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  const marks: Marks = await waitFor(
    () =>
      page.evaluate((): Marks | undefined => {
        const { marks } = globalThis as unknown as { marks: Marks };
        const firstFrameMs = document.querySelector<HTMLElement & { stats: Marks }>('swarm-player')?.stats.firstFrameMs;
        return firstFrameMs ? { ...marks, 'stats.firstFrameMs': firstFrameMs } : undefined;
      }),
    { text: 'the first picture' },
  );
  await context.close();
  const startMs = marks['script begins'] ?? 0;
  const entries = Object.entries(marks).map(([name, atMs]) => [name, name.includes('.') ? atMs : atMs - startMs]);
  return Object.fromEntries(entries);
}

/** Runs in the page: refers to nothing outside of itself. */
function listen(): void {
  const marks: Marks = {};
  const mark = (name: string): void => {
    marks[name] ??= performance.now();
  };
  Object.assign(globalThis, { marks });
  const define = customElements.define.bind(customElements);
  customElements.define = (...given) => {
    mark('script begins');
    define(...given);
  };
  const call = globalThis.fetch;
  globalThis.fetch = async (...given) => {
    const what = String(given[0]).includes('.json') ? 'description' : 'stream';
    mark(`${what} asked for`);
    const response = await call(...given);
    mark(`${what} answered`);
    return response;
  };
  const read = ReadableStreamDefaultReader.prototype.read;
  ReadableStreamDefaultReader.prototype.read = async function (this: ReadableStreamDefaultReader) {
    const result = await read.call(this);
    if (marks['stream answered'] !== undefined) mark('first bytes of the stream');
    return result;
  };
  const verify = SubtleCrypto.prototype.verify;
  SubtleCrypto.prototype.verify = async function (this: SubtleCrypto, ...given) {
    const isPacket = marks['first bytes of the stream'] !== undefined;
    if (isPacket) mark('first packet to check');
    const isRight = await verify.apply(this, given);
    if (isPacket) mark('first packet checked');
    return isRight;
  } as SubtleCrypto['verify'];
  const append = SourceBuffer.prototype.appendBuffer;
  SourceBuffer.prototype.appendBuffer = function (this: SourceBuffer, data) {
    mark('first append');
    append.call(this, data);
    if (marks['media appended'] === undefined) {
      this.addEventListener('updateend', () => {
        if (this.buffered.length > 0) mark('media appended');
      });
    }
  };
  const open = MediaSource.prototype.addSourceBuffer;
  MediaSource.prototype.addSourceBuffer = function (this: MediaSource, type) {
    mark('tracks known');
    return open.call(this, type);
  };
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (this: Element, init) {
    const root = attach.call(this, init);
    queueMicrotask(() => {
      const video = root.querySelector('video');
      for (const type of ['loadedmetadata', 'loadeddata', 'seeked', 'playing']) {
        video?.addEventListener(type, () => mark(type));
      }
      video?.requestVideoFrameCallback(() => mark('picture on screen'));
    });
    return root;
  };
}
