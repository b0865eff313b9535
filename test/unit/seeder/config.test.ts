/*
 * The configuration: defaults, precedence of its layers, and one row a refusal. Every refusal is one line that names the
 * wrong thing as it was spelt, and the nearest right one.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Config, DEFAULT_CONFIG, resolveConfig } from '../../../seeder/config.ts';
import {
  commandLineLayer,
  environmentLayer,
  environmentName,
  fileLayer,
  OPTION_KEYS,
  optionName,
  resolveSource,
} from '../../../seeder/config-layers.ts';
import { UsageError } from '../../../seeder/usage-error.ts';

const fromCommandLine = (options: Record<string, unknown>): Config => resolveConfig([commandLineLayer(options)]);
const fromEnvironment = (environment: NodeJS.ProcessEnv): Config => resolveConfig([environmentLayer(environment)]);

async function fromFile(text: string): Promise<Config> {
  const folder = await mkdtemp(join(tmpdir(), 'swarmtube-config-'));
  try {
    const path = join(folder, 'c.json');
    await writeFile(path, text);
    return resolveConfig([await fileLayer(path)]);
  } catch (thrown) {
    if (thrown instanceof Error) thrown.message = thrown.message.replaceAll(`${folder}/`, '');
    throw thrown;
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('nothing set gives the defaults, and the defaults pass', () => {
  assert.deepEqual(resolveConfig([]), DEFAULT_CONFIG);
  const settings = Object.entries(DEFAULT_CONFIG).filter(([key]) => key !== 'channels');
  assert.deepEqual(fromCommandLine(Object.fromEntries(settings)), DEFAULT_CONFIG);
});

test('command line comes before environment before file before defaults', async () => {
  const layers = [
    commandLineLayer({ port: '1' }),
    environmentLayer({ SWARMTUBE_PORT: '2', SWARMTUBE_HOST: '::1' }),
    { ...environmentLayer({}), values: { port: 3, host: '0.0.0.0', copies: 4 } },
  ];
  const { port, host, copies, logLevel } = resolveConfig(layers);
  assert.deepEqual({ port, host, copies, logLevel }, { port: 1, host: '::1', copies: 4, logLevel: 'info' });
});

test('every option has a name in each layer', () => {
  assert.deepEqual(OPTION_KEYS.map(optionName).slice(-3), ['--copies', '--upload-limit', '--memory']);
  assert.equal(environmentName('stunPort'), 'SWARMTUBE_STUN_PORT');
});

test('texts of command line and environment become values', () => {
  const config = fromEnvironment({
    SWARMTUBE_STUN_PORT: 'off',
    SWARMTUBE_TRUST_PROXY: 'yes',
    SWARMTUBE_ICE_SERVER: 'stun:a.example:3478, turn:me:p%40ss@b.example?transport=tcp',
    SWARMTUBE_UPLOAD_LIMIT: '5000',
    SWARMTUBE_COPIES: '',
    SWARMTUBE_PORT_8080_TCP: 'the platform set this',
  });
  assert.equal(config.stunPort, 'off');
  assert.equal(config.trustProxy, true);
  assert.equal(config.uploadLimit, 5000);
  assert.equal(config.copies, undefined);
  assert.deepEqual(config.iceServer, [
    { urls: 'stun:a.example:3478' },
    { urls: 'turn:b.example?transport=tcp', username: 'me', credential: 'p@ss' },
  ]);
});

test('a TURN server without a user needs the secret that makes some', () => {
  const iceServer = ['turn:x.example:3478'];
  assert.throws(() => fromCommandLine({ iceServer }), /a TURN server without USER:PASSWORD needs --turn-secret/);
  const config = fromCommandLine({ iceServer, turnSecret: 'hush' });
  assert.deepEqual(config.iceServer, [{ urls: 'turn:x.example:3478' }]);
  assert.equal(config.turnSecret, 'hush');
});

test('pages that may join are origins', () => {
  const allowed = fromEnvironment({ SWARMTUBE_ALLOW_ORIGIN: 'https://Example.org, http://localhost:8000/' });
  assert.deepEqual(allowed.allowOrigin, ['https://example.org', 'http://localhost:8000']);
  for (const wrong of ['example.org', 'https://example.org/live', 'ftp://example.org', '*', 'https://a@example.org']) {
    assert.throws(() => fromCommandLine({ allowOrigin: [wrong] }), /--allow-origin: must be an origin: https:/);
  }
});

test('a channel may have any name of letters, digits, _ and -', async () => {
  const { channels } = await fromFile('{"channels": {"__proto__": {"source": "-"}, "constructor": {"source": "-x"}}}');
  assert.deepEqual(
    channels.map(({ name }) => name),
    ['__proto__', 'constructor'],
  );
});

test('a file holds the channels, and its paths are relative to it', async () => {
  const config = await fromFile(
    JSON.stringify({
      port: 9000,
      iceServer: { urls: 'turn:x.example', username: 'u', credential: 'c' },
      channels: { main: { source: 'live.flv', title: 'Main stage' }, loop: { source: 'https://x/y.flv', loop: true } },
    }),
  );
  assert.equal(config.port, 9000);
  assert.deepEqual(config.iceServer, [{ urls: 'turn:x.example', username: 'u', credential: 'c' }]);
  const [main, loop] = config.channels;
  assert.match(main?.source ?? '', /^\/.*\/live\.flv$/);
  assert.deepEqual({ ...main, source: '' }, { name: 'main', title: 'Main stage', source: '', loop: false });
  assert.deepEqual(loop, { name: 'loop', title: 'loop', source: 'https://x/y.flv', loop: true });
  assert.equal(resolveSource('/a', '-'), '-');
});

test('a byte order mark before the file is no mistake', async () => {
  assert.equal((await fromFile('\ufeff{"port": 9000}')).port, 9000);
});

const COMMAND_LINE_REFUSALS: readonly (readonly [options: Record<string, unknown>, message: string])[] = [
  [{ port: '70000' }, '--port: must be a port, 0 to 65535'],
  [{ port: '-1' }, '--port: must be a port, 0 to 65535'],
  [{ port: '80a' }, '--port: must be a port, 0 to 65535'],
  [{ port: '' }, '--port: must be a port, 0 to 65535'],
  [{ port: true }, '--port: must be a port, 0 to 65535'],
  [{ stunPort: 'of' }, '--stun-port: must be a port, 0 to 65535, or off'],
  [{ host: ' ' }, '--host: must be an address to listen on'],
  [{ logLevel: 'warning' }, '--log-level: "warning" is none of debug, info, warn, error, silent; did you mean warn?'],
  [{ copies: '0' }, '--copies: must be a whole number of copies, 1 to 16'],
  [{ copies: '1.5' }, '--copies: must be a whole number of copies, 1 to 16'],
  [{ uploadLimit: '0' }, '--upload-limit: must be a whole number of kbit/s, 1 or more'],
  [{ memory: '8' }, '--memory: must be a whole number of MiB, 16 or more'],
  [{ tlsCert: 'a.pem' }, '--tls-cert needs --tls-key beside it'],
  [{ tlsKey: 'a.pem' }, '--tls-key needs --tls-cert beside it'],
];

for (const [options, message] of COMMAND_LINE_REFUSALS) {
  test(`refused: ${JSON.stringify(options)}`, () => {
    assert.throws(() => fromCommandLine(options), new UsageError(message));
  });
}

const ICE_REFUSALS = ['example.org', 'stun:', 'http://x', 'turn:u@x', 'stun:u:p@x', 'turn:a:%zz@x'];

for (const url of ICE_REFUSALS) {
  test(`refused: an ICE server ${url}`, () => {
    assert.throws(() => fromCommandLine({ iceServer: [url] }), /^UsageError: --ice-server: must be stun:HOST:PORT/);
  });
}

const FILE_REFUSALS: readonly (readonly [text: string, message: string | RegExp])[] = [
  ['{"prot": 1}', 'unknown "prot" in c.json; did you mean "port" in c.json?'],
  ['{"stun-port": 1}', 'unknown "stun-port" in c.json; did you mean "stunPort" in c.json?'],
  ['{"port": "x"}', '"port" in c.json: must be a port, 0 to 65535'],
  ['{"trustProxy": "yes"}', '"trustProxy" in c.json: must be true or false'],
  ['{"channels": {"a": {"sorce": "x.flv"}}}', 'unknown "sorce" in "channels" in c.json › a; did you mean "source"?'],
  [
    '{"channels": {"a": {"source": "x", "titel": "y"}}}',
    'unknown "titel" in "channels" in c.json › a; did you mean "title"?',
  ],
  [
    '{"channels": {"a": {"title": "y"}}}',
    '"channels" in c.json › a › source: must be an address, a file, or - for standard input',
  ],
  [
    '{"channels": {"a b": {"source": "x"}}}',
    '"channels" in c.json: "a b" is no channel name: 1 to 64 letters, digits, _ and -',
  ],
  ['{"iceServer": ["stun:a", 7]}', /^UsageError: "iceServer" in c\.json › 1: must be stun:HOST:PORT/],
  ['{"channels": {"a": {"source": "x", "colour": "y"}}}', /"colour" in .* › a; there are source, title, loop$/],
  [
    '{"channels": {"a": {"source": "-"}, "b": {"source": "x"}, "c": {"source": "-"}}}',
    '"channels" in c.json: only one channel can read standard input, not a and c',
  ],
  ['{"channels": ["a"]}', '"channels" in c.json: must be an object: channel name, then its settings'],
  ['[]', 'the config file c.json must hold one JSON object'],
  ['{', /^UsageError: the config file c\.json is no JSON: [^\n]+$/],
];

for (const [text, message] of FILE_REFUSALS) {
  test(`refused: a file with ${text}`, async () => {
    await assert.rejects(fromFile(text), typeof message === 'string' ? new UsageError(message) : message);
  });
}

test('refused: a variable, by its own name', () => {
  assert.throws(
    () => fromEnvironment({ SWARMTUBE_TRUST_PROXY: 'maybe' }),
    /SWARMTUBE_TRUST_PROXY: must be true or false/,
  );
});

test('refused: a config file that is not there', async () => {
  await assert.rejects(
    fileLayer('/nowhere/at/all.json'),
    new UsageError('cannot read the config file /nowhere/at/all.json: no such file'),
  );
});
