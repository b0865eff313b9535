/*
 * swarmtube beside what others use, one after the other on this machine, with the same clip, viewers and minutes:
 *   npm run bench:versus -- --viewers 6 --minutes 2 --only swarmtube,hls
 * Prints a table; with --json one line of JSON. docs/COMPARISON.md tells how each figure is measured.
 */
import { parseArgs } from 'node:util';
import { Camera } from '../../support/camera.ts';
import { findChromium, launchChromium } from '../../support/chromium.ts';
import { numberedClip } from '../../support/clips.ts';
import { positive } from '../../support/figures.ts';
import { openWebsite } from '../../support/website.ts';
import { type Figures, measure } from './measure.ts';
import { installedVersions, installPackages } from './packages.ts';
import type { System } from './system.ts';
import { SYSTEMS } from './systems.ts';
import { table } from './table.ts';

/** Longer than any latency, so that a picture's number tells when it was made. */
const CLIP_SECONDS = 60;

const { values: options } = parseArgs({
  options: {
    viewers: { type: 'string', default: '6' },
    minutes: { type: 'string', default: '2' },
    kbps: { type: 'string', default: '500' },
    only: { type: 'string', default: SYSTEMS.map(({ id }) => id).join(',') },
    screenshots: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const viewers = positive('viewers', options.viewers);
const minutes = positive('minutes', options.minutes);
const kbps = positive('kbps', options.kbps);
const chosen = options.only.split(',').map(systemOf);

const executablePath = findChromium();
if (executablePath === undefined) throw new Error('no Chromium found: install it, or name one in SWARMTUBE_CHROMIUM');
await installPackages();
// Sound has 64 kbit/s of it, and FLV a little.
const videoKbps = Math.max(50, kbps - 70);
const clip = await numberedClip({ width: 640, height: 360, videoKbps, seconds: CLIP_SECONDS });

const results: { readonly id: string; readonly title: string; readonly figures: Figures }[] = [];
for (const system of chosen) {
  console.error(`${system.id}: ${system.text}`);
  try {
    const figures = await runOne(system, executablePath);
    for (const complaint of figures.complaints) console.error(`  ${complaint}`);
    results.push({ id: system.id, title: system.title, figures });
  } catch (error) {
    // The others' figures stand without it.
    console.error(`  not measured: ${(error as Error).message}`);
  }
}
const versions = await installedVersions();
if (options.json) console.log(JSON.stringify({ viewers, minutes, kbps, versions, results }));
else {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  console.log(`${viewers} viewers, ${minutes} min each; ${named.join(', ')}\n\n${table(results)}`);
}

/** Everything is new for each system, and gone after it. */
async function runOne(system: System, chromiumPath: string): Promise<Figures> {
  const camera = await Camera.open(clip);
  const website = await openWebsite('127.0.0.1');
  try {
    const running = await system.start({ camera, website });
    try {
      const chromium = await launchChromium(chromiumPath);
      try {
        const { screenshots } = options;
        const screenshot = screenshots === undefined ? {} : { screenshot: `${screenshots}/${system.id}` };
        return await measure({ camera, chromium, system: running, viewers, minutes, ...screenshot });
      } finally {
        await chromium.close();
      }
    } finally {
      await running.close();
    }
  } finally {
    website.close();
    camera.close();
  }
}

function systemOf(id: string): System {
  const system = SYSTEMS.find((candidate) => candidate.id === id);
  if (system !== undefined) return system;
  throw new TypeError(`--only takes ${SYSTEMS.map((known) => known.id).join(', ')}, not ${id}`);
}
