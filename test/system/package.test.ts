/*
 * The package as users get it: packed, installed in an empty folder, started there with `npx swarmtube` by whatever Node is
 * installed on this machine. Needs npm's registry, for the package's own dependencies.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { liveChannel } from '../support/channel-facts.ts';
import { skipOrFail } from '../support/tools.ts';
import { waitFor } from '../support/wait.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** Without the project's own tools in PATH: the package must do with the Node that a user has. */
const environment = { ...process.env, PATH: pathOfUsers() };

test('the packed package runs where it is installed', { timeout: 600_000 }, async (t) => {
  if (!existsSync(join(ROOT, 'dist/server/seeder/main.js')) || !existsSync(join(ROOT, 'dist/player.js'))) {
    throw new Error('dist/ is not built: npm run build');
  }
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'swarmtube-package-')));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await npm(['pack', '--ignore-scripts', '--pack-destination', folder], ROOT);
  const [tarball] = await readdir(folder);
  await writeFile(join(folder, 'package.json'), '{"private": true}');
  try {
    await npm(['install', '--no-audit', '--no-fund', '--prefer-offline', `./${tarball}`], folder);
  } catch (thrown) {
    skipOrFail(t, `npm cannot install the package's dependencies: ${(thrown as Error).message.slice(0, 300)}`);
    return;
  }
  const { url, stop } = await startPackage(t, folder);
  const demo = await liveChannel(url, 'demo');
  assert.equal(demo.tracks.length, 2);
  for (const path of ['/watch/demo', '/embed/demo', '/player.js', '/player.mjs', '/metrics']) {
    assert.equal((await fetch(url + path)).status, 200, path);
  }
  await stop();
});

test('the package holds what it needs and no more', async () => {
  const { stdout } = await npm(['pack', '--ignore-scripts', '--dry-run', '--json'], ROOT);
  const [{ files, size }] = JSON.parse(stdout) as [{ files: { path: string }[]; size: number }];
  const paths = files.map(({ path }) => path);
  for (const path of [
    'dist/server/seeder/main.js',
    'dist/player.js',
    'dist/player.mjs',
    'dist/watch.html',
    'seeder/demo/demo.flv',
  ]) {
    assert.ok(paths.includes(path), path);
  }
  assert.deepEqual(
    paths.filter((path) => /(?:^|\/)(?:test|data|node_modules)\/|\.ts$/.test(path)),
    [],
  );
  assert.ok(size < 6_000_000, `${size} bytes`);
});

async function startPackage(t: TestContext, folder: string) {
  const args = ['swarmtube', '--port', '0', '--stun-port', '0'];
  // A process group of its own, so that Ctrl-C reaches npx and what it runs, as in a terminal.
  const child = spawn('npx', args, {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // False once none of it is left.
  const signalGroup = (signal: NodeJS.Signals | 0): boolean => {
    try {
      return process.kill(-(child.pid as number), signal);
    } catch {
      return false;
    }
  };
  t.after(() => signalGroup('SIGKILL'));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
  }
  const port = await waitFor(
    () => {
      if (child.exitCode !== null) throw new Error(`npx swarmtube ended with ${child.exitCode}:\n${text}`);
      return /http:\/\/localhost:(\d+)\/watch\/demo/.exec(text)?.[1];
    },
    { timeoutMs: 60_000, text: 'the installed package prints its address' },
  );
  const stop = async () => {
    signalGroup('SIGINT');
    await waitFor(() => !signalGroup(0), { text: 'no process is left after Ctrl-C' });
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}

function npm(args: readonly string[], cwd: string): Promise<{ stdout: string }> {
  return run('npm', [...args], { cwd, env: environment, maxBuffer: 64 * 1024 * 1024 });
}

function pathOfUsers(): string {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return folders.join(delimiter);
}
