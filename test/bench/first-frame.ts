/*
 * How long until the first picture and until it moves, and where the time goes: opens the demo again and again in Chromium,
 * each time as a new viewer on a page of another origin, all on this machine:
 *   node test/bench/first-frame.ts --rounds 10 --attributes 'p2p="off"' --webrtc blocked
 * A probe listens to what the player asks of the browser; the player itself is left as it is. Milliseconds from the moment
 * that its script began to run, medians of all rounds. Each round lasts until the picture has moved for some seconds; what
 * the server sent meanwhile is told in seconds of the stream.
 * --webrtc blocked: connections are made and never come about, as behind a firewall; absent: the browser has none.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'puppeteer-core';
import { channelBytes, liveChannel } from '../support/channel-facts.ts';
import { findChromium, launchChromium } from '../support/chromium.ts';
import { ServerProcess } from '../support/server-process.ts';
import { waitFor } from '../support/wait.ts';
import { embeddingPage, openWebsite } from '../support/website.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    attributes: { type: 'string', default: '' },
    webrtc: { type: 'string', default: 'on' },
  },
});
/** The picture has to go on for so long, and what stalls by then counts. */
const MOVES_FOR_MS = 4_000;

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
    const { bitrate } = await liveChannel(server.url, 'demo');
    const before = await channelBytes(server.url, 'demo');
    const marks = await openOnce(chromium.browser, url);
    const after = await channelBytes(server.url, 'demo');
    for (const [path, bytes] of after.origin) {
      const ms = (bytes - (before.origin.get(path) ?? 0)) / (bitrate / 8000);
      if (ms > 0) marks[`ms of the stream by ${path}`] = ms;
    }
    if (round > 0) rounds.push(marks);
  }
  for (const name of new Set(rounds.flatMap((marks) => Object.keys(marks)))) {
    const times = rounds.flatMap((marks) => marks[name] ?? []).sort((first, second) => first - second);
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
  await page.evaluateOnNewDocument(hinder, options.webrtc);
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  const marks: Marks = await waitFor(
    () =>
      page.evaluate((movesForMs): Marks | undefined => {
        const { marks } = globalThis as unknown as { marks: Marks };
        const stats = document.querySelector<HTMLElement & { stats: Marks }>('swarm-player')?.stats ?? {};
        if (performance.now() < (marks['picture moves'] ?? Number.POSITIVE_INFINITY) + movesForMs) return undefined;
        const names = ['firstFrameMs', 'latencyMs', 'targetLatencyMs', 'stalls', 'stallMs', 'peers'];
        return { ...marks, ...Object.fromEntries(names.map((name) => [`stats.${name}`, stats[name] ?? Number.NaN])) };
      }, MOVES_FOR_MS),
    { text: 'the picture moves' },
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
      const listenForMove = (): void => {
        const began = video?.currentTime ?? 0;
        const look = (): void => {
          if ((video?.currentTime ?? 0) > began) mark('picture moves');
          else requestAnimationFrame(look);
        };
        look();
      };
      video?.addEventListener('playing', listenForMove, { once: true });
    });
    return root;
  };
}

/** Runs in the page. */
function hinder(webrtc: string): void {
  if (webrtc === 'absent') Reflect.deleteProperty(globalThis, 'RTCPeerConnection');
  if (webrtc !== 'blocked') return;
  const Original = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super({ ...configuration, iceServers: [], iceTransportPolicy: 'relay' });
    }
  };
}
