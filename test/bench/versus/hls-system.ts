import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findFfmpeg, NO_FFMPEG } from '../../support/ffmpeg.ts';
import { waitFor, within } from '../../support/wait.ts';
import type { HlsOriginOptions, HlsOriginPorts, HlsTraffic } from './hls-origin.ts';
import { type CountingWindow, type HlsTuning, hlsPage, scriptsOf } from './hls-page.ts';
import { gzippedBytes } from './packages.ts';
import type { System } from './system.ts';

const ORIGIN = fileURLToPath(new URL('hls-origin.ts', import.meta.url));

export type HlsSystem = {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly tuning: HlsTuning;
  /** How much of the stream there must be before the first viewer comes: no player shall start short of segments. */
  readonly listedSeconds: number;
};

/** An origin of segments and a page with hls.js, with p2p-media-loader or without. */
export function hlsSystem({ id, title, text, tuning, listedSeconds }: HlsSystem): System {
  return {
    id,
    title,
    text,
    async start({ camera, website }) {
      const origin = await startOrigin(camera.url, tuning.segmentSeconds);
      try {
        const traffic = async () => (await (await fetch(`${origin.url}/traffic`)).json()) as HlsTraffic;
        await waitFor(async () => (await traffic()).listedSeconds >= listedSeconds, {
          timeoutMs: 120_000,
          text: `${listedSeconds} s of segments are there`,
        });
        return {
          pageUrl: website.publish(hlsPage(origin.url, origin.trackerUrl, tuning)),
          serverPid: origin.pid,
          scriptBytes: await gzippedBytes(scriptsOf(tuning)),
          traffic,
          delivered: ({ page }) => page.evaluate(() => (globalThis as CountingWindow).delivered),
          close: () => origin.close(),
        };
      } catch (error) {
        await origin.close();
        throw error;
      }
    },
  };
}

async function startOrigin(cameraUrl: string, segmentSeconds: number) {
  const ffmpeg = findFfmpeg();
  if (ffmpeg === undefined) throw new Error(NO_FFMPEG);
  const folder = await mkdtemp(join(tmpdir(), 'swarmtube-versus-hls-'));
  const options: HlsOriginOptions = { ffmpeg, cameraUrl, folder, segmentSeconds };
  const child = spawn(process.execPath, [ORIGIN, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      child.stdin.end();
      await within(exit, { timeoutMs: 10_000, text: 'the origin ends' }).catch(() => child.kill('SIGKILL'));
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  try {
    const line = once(createInterface({ input: child.stdout }), 'line');
    const [text] = (await within(line, { text: 'the origin tells its ports' })) as [string];
    const ports = JSON.parse(text) as HlsOriginPorts;
    const host = '127.0.0.1';
    return {
      url: `http://${host}:${ports.http}`,
      trackerUrl: `ws://${host}:${ports.tracker}`,
      pid: child.pid ?? 0,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
