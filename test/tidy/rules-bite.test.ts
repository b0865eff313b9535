/*
 * Planted faults: one snippet a rule that must be found, and near misses that must not be.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDocuments, checkFile, checkImportGraph, checkLibraries } from './rules.ts';

type Plant = { readonly path: string; readonly text: string; readonly rule: string; readonly says: RegExp };

const ENGINE = 'shared/swarm/engine.ts';

const PLANTS: readonly Plant[] = [
  { path: ENGINE, text: 'const now = Date.now();\n', rule: 'pure', says: /nowMs/ },
  { path: ENGINE, text: 'const now = Date\n  .now();\n', rule: 'pure', says: /nowMs/ },
  { path: ENGINE, text: 'const then = new Date();\n', rule: 'pure', says: /arguments/ },
  { path: ENGINE, text: 'const luck = Math.random();\n', rule: 'pure', says: /Random/ },
  { path: ENGINE, text: 'setTimeout(() => {}, 1);\n', rule: 'pure', says: /nextWakeup/ },
  { path: ENGINE, text: 'const text = `now ${Date.now()} ms`;\n', rule: 'pure', says: /nowMs/ },
  { path: ENGINE, text: 'const text = `a ${`b ${Math.random()}`} c`;\n', rule: 'pure', says: /Random/ },
  { path: ENGINE, text: "const half = 4 / 2; const other = 'x'; Math.random();\n", rule: 'pure', says: /Random/ },
  { path: ENGINE, text: 'const quote = /[\'"]/; Math.random();\n', rule: 'pure', says: /Random/ },
  { path: ENGINE, text: 'performance.now();\n', rule: 'pure', says: /nowMs/ },
  { path: ENGINE, text: 'process.exit(1);\n', rule: 'pure', says: /argument/ },
  { path: ENGINE, text: "console.log('x');\n", rule: 'pure', says: /Logger/ },
  { path: ENGINE, text: 'crypto.getRandomValues(bytes);\n', rule: 'pure', says: /verify/ },
  { path: ENGINE, text: 'export async function handle() {}\n', rule: 'pure', says: /intentions/ },
  { path: ENGINE, text: 'class Engine {\n  async handle() {}\n}\n', rule: 'pure', says: /intentions/ },
  { path: ENGINE, text: 'const run = async () => {};\n', rule: 'pure', says: /intentions/ },
  { path: ENGINE, text: "fetch('/x');\n", rule: 'pure', says: /shared\/driver/ },
  { path: 'tracker/core/tracker.ts', text: 'Date.now();\n', rule: 'pure', says: /nowMs/ },
  { path: 'player/playback/clock.ts', text: 'performance.now();\n', rule: 'pure', says: /nowMs/ },
  {
    path: 'test/unit/tags/amf0.test.ts',
    text: "import fc from 'fast-check';\n",
    rule: 'import-direction',
    says: /same cases/,
  },
  {
    path: 'shared/fmp4/boxes.ts',
    text: "import { Buffer } from 'node:buffer';\n",
    rule: 'import-direction',
    says: /pure/,
  },
  {
    path: ENGINE,
    text: "import type { Tag } from '../tags/tag.ts';\n",
    rule: 'import-direction',
    says: /shared\/tags/,
  },
  {
    path: ENGINE,
    text: "import {\n  a,\n  b,\n} from '../driver/ports.ts';\n",
    rule: 'import-direction',
    says: /shared\/driver/,
  },
  {
    path: ENGINE,
    text: "export * from '../driver/ports.ts';\nconst x = 1;\n",
    rule: 'import-direction',
    says: /driver/,
  },
  { path: ENGINE, text: "const x = import('../driver/ports.ts');\n", rule: 'import-direction', says: /driver/ },
  { path: 'shared/basics/units.ts', text: "import '../bytes/utf8.ts';\n", rule: 'import-direction', says: /bytes/ },
  {
    path: 'shared/packets/packet.ts',
    text: "import { x } from '../wire/y.ts';\n",
    rule: 'import-direction',
    says: /wire/,
  },
  {
    path: 'shared/tags/tag.ts',
    text: "import { x } from '../packets/y.ts';\n",
    rule: 'import-direction',
    says: /packets/,
  },
  {
    path: 'shared/fmp4/remuxer.ts',
    text: "import { x } from '../packets/y.ts';\n",
    rule: 'import-direction',
    says: /packets/,
  },
  {
    path: 'player/player.ts',
    text: "import { x } from '../seeder/channel.ts';\n",
    rule: 'import-direction',
    says: /seeder/,
  },
  { path: 'player/player.ts', text: "import { x } from 'node:fs';\n", rule: 'import-direction', says: /page/ },
  {
    path: 'player/player.ts',
    text: "import { x } from '../shared/driver/node/y.ts';\n",
    rule: 'import-direction',
    says: /node/,
  },
  {
    path: 'shared/driver/swarm-driver.ts',
    text: "import { x } from './node/y.ts';\n",
    rule: 'import-direction',
    says: /node/,
  },
  {
    path: 'shared/driver/swarm-driver.ts',
    text: "import { x } from 'node:fs';\n",
    rule: 'import-direction',
    says: /alike/,
  },
  {
    path: 'seeder/server.ts',
    text: "import { x } from '../tracker/socket-server.ts';\n",
    rule: 'import-direction',
    says: /tracker/,
  },
  {
    path: 'seeder/main.ts',
    text: "import { x } from '../player/player.ts';\n",
    rule: 'import-direction',
    says: /player/,
  },
  {
    path: 'seeder/main.ts',
    text: "import { x } from '../test/support/wait.ts';\n",
    rule: 'import-direction',
    says: /test/,
  },
  {
    path: 'seeder/main.ts',
    text: "import { x } from '../../shared/x.ts';\n",
    rule: 'import-direction',
    says: /outside/,
  },
  { path: 'seeder/main.ts', text: "import { x } from './channel';\n", rule: 'import-direction', says: /\.ts/ },
  {
    path: 'tracker/core/tracker.ts',
    text: "import { x } from '../socket-server.ts';\n",
    rule: 'import-direction',
    says: /tracker\/core/,
  },
  {
    path: 'tracker/socket-server.ts',
    text: "import { x } from '../shared/swarm/e.ts';\n",
    rule: 'import-direction',
    says: /swarm/,
  },
  { path: 'seeder/channel.ts', text: 'export default 1;\n', rule: 'house', says: /name/ },
  { path: 'seeder/channel.ts', text: 'export enum State { Idle }\n', rule: 'house', says: /union/ },
  { path: 'seeder/channel.ts', text: 'const enum State { Idle }\n', rule: 'house', says: /union/ },
  {
    path: 'seeder/index.ts',
    text: "// all\nexport { a } from './a.ts';\nexport type { B } from './b.ts';\n",
    rule: 'barrel',
    says: /themselves/,
  },
  { path: 'seeder/Channel.ts', text: 'const x = 1;\n', rule: 'file-name', says: /kebab/ },
  { path: 'seeder/packet_log.ts', text: 'const x = 1;\n', rule: 'file-name', says: /kebab/ },
  { path: 'seeder/channel.ts', text: '\n'.repeat(460), rule: 'long-file', says: /LONG_FILES/ },
  { path: 'seeder/channel.ts', text: `// ${'TO'}DO later\n`, rule: 'unfinished', says: /issue/ },
  { path: 'seeder/channel.ts', text: 'const x = 1;', rule: 'last-newline', says: /newline/ },
  { path: ENGINE, text: '// SWARM 3.6.7: as many as its slots are worth\n', rule: 'document', says: /docs\/ALGORITHM/ },
  { path: ENGINE, text: '/** Believed at first (DESIGN section 3). */\n', rule: 'document', says: /say why/ },
  { path: 'test/unit/tags/amf0.test.ts', text: "test('forgiven (TRAPS 3.7)');\n", rule: 'document', says: /TRAPS/ },
  { path: 'docs/TESTING.md', text: 'as in TRAPS 10\n', rule: 'document', says: /TRAPS 10/ },
  { path: 'README.md', text: 'run it in /home/someone/swarmtube/dist\n', rule: 'machine-path', says: /machine/ },
  {
    path: 'seeder/channel.ts',
    text: "const path = '/home/someone/demo.flv';\n",
    rule: 'machine-path',
    says: /machine/,
  },
];

for (const { path, text, rule, says } of PLANTS) {
  test(`found: [${rule}] ${path}: ${text.slice(0, 60).trim()}`, () => {
    const findings = checkFile({ path, text });
    const hit = findings.find((finding) => finding.rule === rule);
    assert.ok(hit !== undefined, `not found; instead ${JSON.stringify(findings)}`);
    assert.match(hit.text, says);
  });
}

const INNOCENT: readonly { readonly path: string; readonly text: string }[] = [
  { path: ENGINE, text: '// Date.now() would be wrong here\nconst x = 1;\n' },
  { path: ENGINE, text: '/* Math.random,\n setTimeout */\nconst x = 1;\n' },
  { path: ENGINE, text: "const text = 'Date.now()';\n" },
  { path: ENGINE, text: "const text = 'it is \\' Date.now()';\n" },
  { path: ENGINE, text: 'const pattern = /Date.now/;\n' },
  { path: ENGINE, text: 'const text = `Date.now()`;\n' },
  { path: ENGINE, text: "const x = { at: 1 }; const text = `${x.at} import 'y'`;\n" },
  { path: ENGINE, text: "import type { Packet } from '../packets/packet.ts';\nexport const x = 1;\n" },
  { path: ENGINE, text: 'const preprocess = { a: 1 }; preprocess.a = 2;\n' },
  { path: 'shared/driver/node/wakeup-timer.ts', text: "import { x } from '../ports.ts';\nsetTimeout(x, 1);\n" },
  {
    path: 'seeder/commands/serve.ts',
    text: "import { x } from '../../tracker/socket-server.ts';\nexport const y = x;\n",
  },
  { path: 'seeder/server.ts', text: "import { a } from './a.ts';\nexport { a };\n" },
  { path: 'vite.config.ts', text: 'export default {};\n' },
  { path: 'docs/PROTOCOL.md', text: 'GET /live/main.json, /tmp and http://example.org/work/x\n' },
  { path: 'README.md', text: 'swarmtube seed ./live.flv\n' },
  { path: ENGINE, text: '// docs/ALGORITHM.md 5, RFC 8445 section 10, ISO/IEC 14496-15 8.3.3.1, HTTP 404, MPEG-2\n' },
];

for (const file of INNOCENT) {
  test(`let pass: ${file.path}: ${file.text.slice(0, 60).trim()}`, () => {
    assert.deepEqual(checkFile(file), []);
  });
}

test('a circle of three files is found once, and named in order', () => {
  const findings = checkImportGraph([
    { path: 'seeder/a.ts', text: "import { b } from './b.ts';\n" },
    { path: 'seeder/b.ts', text: "import type { c } from './c.ts';\n" },
    { path: 'seeder/c.ts', text: "import { a } from './a.ts';\n" },
    { path: 'seeder/d.ts', text: "import { a } from './a.ts';\n" },
    // Loaded when it is reached: no circle when the program starts.
    { path: 'seeder/e.ts', text: "const f = () => import('./f.ts');\n" },
    { path: 'seeder/f.ts', text: "import type { e } from './e.ts';\n" },
  ]);
  assert.equal(findings.length, 1);
  assert.match(findings[0]?.text ?? '', /seeder\/a\.ts → seeder\/b\.ts → seeder\/c\.ts → seeder\/a\.ts/);
});

test('an import of a file that is not there is found', () => {
  const findings = checkImportGraph([{ path: 'seeder/a.ts', text: "import { b } from './gone.ts';\n" }]);
  assert.deepEqual(
    findings.map(({ rule }) => rule),
    ['import-of-nothing'],
  );
});

test('a document that is named and not there is found, wherever it is named', () => {
  const findings = checkDocuments([
    { path: 'docs/PROTOCOL.md', text: 'See [TESTING.md](TESTING.md).\n' },
    { path: 'docs/TESTING.md', text: 'See ../README.md and docs/PROTOCOL.md.\n' },
    { path: 'shared/swarm/engine.ts', text: 'const x = 1;\n// as in SWARM.md section 3\n' },
    { path: 'README.md', text: 'the rest is in docs/NOTES.md\n' },
  ]);
  assert.deepEqual(
    findings.map(({ path, line, rule }) => `${path}:${line} ${rule}`),
    ['shared/swarm/engine.ts:2 document', 'README.md:1 document'],
  );
});

test('a library that nobody explained is found', () => {
  const manifest = JSON.stringify({ dependencies: { alpha: '1' }, devDependencies: { beta: '1' } });
  const findings = checkLibraries(manifest, '# A\n\n## Libraries\n\n- `alpha`: because\n\n## More\n\n`beta`\n');
  assert.deepEqual(
    findings.map(({ text }) => text),
    ['`beta` is in package.json but not under "## Libraries"'],
  );
  assert.equal(checkLibraries(manifest, '# A\n')[0]?.rule, 'libraries');
});
