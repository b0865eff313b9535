import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findProgram } from './tools.ts';

/*
 * Clips that tests need are made once, with ffmpeg, and kept in node_modules/.cache: small ones, drawn by ffmpeg itself.
 */

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/swarmtube-clips', import.meta.url));
const run = promisify(execFile);

export const NO_FFMPEG =
  'no ffmpeg found: install it (Debian: apt-get install ffmpeg), or name one in SWARMTUBE_FFMPEG';

export function findFfmpeg(): string | undefined {
  return findProgram([process.env.SWARMTUBE_FFMPEG, 'ffmpeg']);
}

/**
 * The path of a clip. `recipe` is all that decides what is in it: a changed recipe is another file.
 * `make` writes into a folder of its own, and the clip appears whole or not at all, so that test processes may race.
 */
export async function cachedClip(
  name: string,
  recipe: unknown,
  make: (folder: string) => Promise<Uint8Array>,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
  const path = join(CACHE, `${name}-${hash}.flv`);
  await mkdir(CACHE, { recursive: true });
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) return path;
  const folder = await mkdtemp(join(CACHE, 'making-'));
  try {
    const whole = join(folder, 'whole.flv');
    await writeFile(whole, await make(folder));
    await rename(whole, path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return path;
}

/** Runs ffmpeg once and returns the file it wrote, `output` inside `folder`. */
export async function ffmpegFile(folder: string, args: readonly string[], output: string): Promise<Uint8Array> {
  const ffmpeg = findFfmpeg();
  if (ffmpeg === undefined) throw new Error(NO_FFMPEG);
  const path = join(folder, output);
  await run(ffmpeg, ['-hide_banner', '-nostdin', '-loglevel', 'error', '-y', ...args, path]);
  return readFile(path);
}
