/*
 * Mistakes at the command line: the exit code, and one line on standard error that names the mistake and the nearest right
 * thing. The real process, each time.
 */
import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCommand } from '../support/command-run.ts';
import { audioConfiguration, scriptTag, videoConfiguration } from '../unit/packets/sample-tags.ts';
import { flvFile } from '../unit/seeder/feeds/feed-harness.ts';

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmtube-cli-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function assertRefused(
  args: readonly string[],
  code: number,
  message: string | RegExp,
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const end = await runCommand(args, environment);
  const lines = end.stderr.split('\n').filter((line) => line !== '');
  assert.equal(lines.length, 1, `one line\n${end.stderr}`);
  if (typeof message === 'string') assert.equal(lines[0], `swarmtube: ${message}`);
  else assert.match(lines[0] as string, message);
  assert.equal(end.code, code);
  assert.equal(end.stdout, '');
}

const MISTAKES: readonly (readonly [args: readonly string[], message: string])[] = [
  [['--prot', '9000'], 'unknown option --prot; did you mean --port?'],
  [['--prot=9000'], 'unknown option --prot; did you mean --port?'],
  [['serv'], 'unknown command serv; did you mean serve?'],
  [['serve', '--stun', '1'], 'unknown option --stun; did you mean --stun-port?'],
  [['serve', '--port', 'http'], '--port: must be a port, 0 to 65535'],
  [['serve', '--log-level', 'verbose'], '--log-level: "verbose" is none of debug, info, warn, error, silent'],
  [
    ['serve', '--log-level', 'eror'],
    '--log-level: "eror" is none of debug, info, warn, error, silent; did you mean error?',
  ],
  [['relay', 'http://h/'], 'unknown command relay; there are serve, seed, tracker, inspect, simulate'],
  [['edge', '--help'], 'unknown command edge; there are serve, seed, tracker, inspect, simulate'],
  [['simulate', '--peers', '3.5'], '--peers must be a whole number, not 3.5'],
  [['simulate', '--copies', '0'], '--copies must be a number from 1 to 16, not 0'],
  [['simulate', '--upload-limit', '0'], '--upload-limit must be a number from 0.01 to 100, not 0'],
  [['simulate', '--minutes', '0.5', '--until', '0'], '--until must be a number from 0.1 to 30, not 0'],
  [
    ['simulate', '--peers', '3', '--minutes', '0.1', '--without', '1,999'],
    '--without 999: there is no such viewer; with these options they are 0 to 2',
  ],
  [['simulate', '--engine', '__proto__=3'], 'Engine configuration: there is no engine setting "__proto__".'],
  [
    ['simulate', '--minutes', '0.2', '--fault', 'partition@17+10'],
    '--fault partition@17+10 would strike after the end of the run: give it more --minutes',
  ],
  [['--port', '0', 'export', '--help'], 'unknown command export; there are serve, seed, tracker, inspect, simulate'],
  [['serve', '--ice-server', 'stun:'], '--ice-server: must be stun:HOST:PORT or turn:USER:PASSWORD@HOST:PORT'],
  [['seed', 'x.flv'], '--channel NAME is missing: it is the name in the addresses, as in --channel main'],
  [['seed', 'x.flv', '--chanel', 'a'], 'unknown option --chanel; did you mean --channel?'],
  [['seed', '--channel', 'a'], "missing required argument 'source'"],
  [['seed', 'x.flv', '--channel', 'a b'], '--channel a b is no channel name: 1 to 64 letters, digits, _ and -'],
  [['inspect', 'a.flv', '--jsn'], 'unknown option --jsn; did you mean --json?'],
  [['tracker', '--copies', '2'], 'unknown option --copies; swarmtube tracker --help tells all'],
  [
    ['simulate', '--minutes', '0.5', '--warm-up', '60'],
    'nothing is left to measure: --minutes must be more than --warm-up, which is in seconds',
  ],
];

for (const [args, message] of MISTAKES) {
  test(`swarmtube ${args.join(' ')}`, () => assertRefused(args, 2, message));
}

test('a source that nothing here reads is refused with the ffmpeg line that helps', async (t) => {
  const data = await temporaryFolder(t);
  const args = ['seed', 'rtsp://camera.example/1', '--channel', 'a', '--data', data];
  await assertRefused(
    args,
    2,
    /^swarmtube: channel a: .*ffmpeg -i rtsp:\/\/camera\.example\/1 .* \| swarmtube seed - --channel a$/,
  );
});

test('a wrong environment variable is named as such', () =>
  assertRefused([], 2, 'SWARMTUBE_PORT: must be a port, 0 to 65535', { SWARMTUBE_PORT: '99999' }));

test('an unknown config key is named with the nearest right one', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'swarmtube.json');
  await writeFile(file, JSON.stringify({ port: 0, chanels: {} }));
  await assertRefused(
    ['serve', '--config', file],
    2,
    `unknown "chanels" in ${file}; did you mean "channels" in ${file}?`,
  );
});

test('a port that is in use: one sentence that says what to do, exit 1', async (t) => {
  const folder = await temporaryFolder(t);
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  const args = ['--port', String(port), '--stun-port', 'off', '--data', folder];
  await assertRefused(
    args,
    1,
    `port ${port} of 127.0.0.1 is in use: stop the program that has it, or choose another with --port`,
  );
});

test('certificates that are none: one sentence, exit 1', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'a.pem');
  await writeFile(file, 'no certificate');
  const args = ['--tls-cert', file, '--tls-key', file, '--port', '0', '--stun-port', 'off', '--data', folder];
  await assertRefused(args, 1, /do not work as certificate and key/);
});

test('inspect of what is no feed: the reason, exit 1', () =>
  assertRefused(['inspect', join(import.meta.dirname, 'cli-mistakes.test.ts')], 1, /^swarmtube: /));

test('inspect of an address that nothing here reads says what is read, and how ffmpeg helps, exit 1', () =>
  assertRefused(
    ['inspect', 'ftp://archive.example/a.flv'],
    1,
    /^swarmtube: ftp:.* those are an http\(s\) address of an FLV stream, an FLV file, .* \| swarmtube inspect -$/,
  ));

test('inspect of a file that is not there names it once, exit 1', () =>
  assertRefused(['inspect', '/nowhere.flv'], 1, 'cannot read /nowhere.flv: no such file'));

test('a trace that cannot be written is told before anything is simulated, exit 2: 1 says that a promise was broken', async (t) => {
  const folder = await temporaryFolder(t);
  const simulation = ['simulate', '--peers', '3', '--minutes', '0.1', '--trace'];
  await assertRefused([...simulation, folder], 2, `cannot write the trace ${folder}: it is a folder`);
  const file = join(folder, 'nowhere', 'trace');
  await assertRefused([...simulation, file], 2, `cannot write the trace ${file}: its folder does not exist`);
});

test('a disk that is full ends a simulation with one line, exit 2', { skip: !existsSync('/dev/full') }, async (t) => {
  const full = openSync('/dev/full', 'w');
  t.after(() => closeSync(full));
  const { code, stderr } = await runCommand(['simulate', '--peers', '3', '--minutes', '0.1'], {}, undefined, full);
  assert.equal(stderr, 'swarmtube: cannot write to standard output: the disk is full\n');
  assert.equal(code, 2);
});

const DEAD_PIPES: readonly (readonly [title: string, input: Uint8Array])[] = [
  ['nothing comes', new Uint8Array(0)],
  ['only metadata and configurations come', flvFile([scriptTag(0), videoConfiguration(0), audioConfiguration(0)])],
];

for (const [title, input] of DEAD_PIPES) {
  test(`seed of a pipe through which ${title}: one error in the log, exit 1`, async (t) => {
    const network = ['--port', '0', '--stun-port', 'off', '--data', await temporaryFolder(t)];
    const args = ['seed', '-', '--channel', 'a', '--log-level', 'warn', ...network];
    const { code, stderr } = await runCommand(args, {}, input);
    assert.equal(code, 1);
    const lines = stderr.trim().split('\n');
    assert.equal(lines.length, 1, stderr);
    const { level, channel, msg } = JSON.parse(lines[0] as string);
    assert.deepEqual({ level, channel }, { level: 'error', channel: 'a' });
    assert.match(msg, /^Nothing that can be broadcast came from standard input: /);
  });
}

test('every command has help', async () => {
  for (const command of [[], ['serve'], ['seed'], ['tracker'], ['inspect']]) {
    const end = await runCommand([...command, '--help']);
    assert.equal(end.code, 0);
    assert.match(end.stdout, new RegExp(`^Usage: swarmtube ${command.join(' ')}`));
    assert.equal(end.stderr, '');
  }
  for (const asked of ['-h', 'help']) {
    const { code, stdout, stderr } = await runCommand([asked]);
    assert.match(stdout, /^Usage: swarmtube \[command\]/);
    assert.deepEqual([code, stderr], [0, '']);
  }
});
