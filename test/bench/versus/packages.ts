import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const run = promisify(execFile);

/** Scripts of the others' pages, by the name under which their origin serves them. */
export const SCRIPTS = {
  // The smallest edition that plays this stream: no subtitles, no other languages, no DRM.
  'hls.light.min.js': 'hls.js/dist/hls.light.min.js',
  'p2p-media-loader-core.js': 'p2p-media-loader-core/dist/p2p-media-loader-core.es.min.js',
  'p2p-media-loader-hlsjs.js': 'p2p-media-loader-hlsjs/dist/p2p-media-loader-hlsjs.es.min.js',
} as const;

export type ScriptName = keyof typeof SCRIPTS;

/**
 * Installs the packages of this folder where they are missing, or others than package.json asks for. Without install scripts:
 * the tracker brings a WebRTC library for Node, which a server that only introduces browsers does not need.
 */
export async function installPackages(): Promise<void> {
  const { dependencies } = await versionsOf('package.json');
  const isInstalled = await Promise.all(
    Object.entries(dependencies).map(async ([name, version]) => {
      const installed = await versionsOf(`node_modules/${name}/package.json`).catch(() => undefined);
      return installed?.version === version;
    }),
  );
  if (isInstalled.every(Boolean)) return;
  console.error('installing what the comparison needs into test/bench/versus/node_modules');
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save'], { cwd: FOLDER });
}

export function scriptPath(name: ScriptName): string {
  return `${FOLDER}node_modules/${SCRIPTS[name]}`;
}

/** As a page loads them. */
export async function gzippedBytes(names: readonly ScriptName[]): Promise<number> {
  const scripts = await Promise.all(names.map((name) => readFile(scriptPath(name))));
  return scripts.reduce((bytes, script) => bytes + gzipSync(script, { level: 9 }).byteLength, 0);
}

/** `p2p-media-loader-hlsjs 2.3.1, …`, as installed. */
export async function installedVersions(): Promise<Record<string, string>> {
  const { dependencies } = await versionsOf('package.json');
  return dependencies;
}

async function versionsOf(path: string): Promise<{ version: string; dependencies: Record<string, string> }> {
  await stat(FOLDER + path);
  return JSON.parse(await readFile(FOLDER + path, 'utf8'));
}
