/*
 * Documents that repeat what the code says are held against the code: the constants of docs/ALGORITHM.md, the options of
 * docs/CONFIGURATION.md, the packet of docs/PROTOCOL.md, the files that documents name.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_CONFIG } from '../../seeder/config.ts';
import { environmentName, OPTION_KEYS, optionName } from '../../seeder/config-layers.ts';
import { DEFAULT_ENGINE_CONFIG } from '../../shared/swarm/engine-config.ts';
import { projectFiles } from './project-files.ts';

const files = await projectFiles();
const paths = new Set(files.map(({ path }) => path));

function textOf(path: string): string {
  const file = files.find((candidate) => candidate.path === path);
  assert.ok(file !== undefined, `${path} is missing`);
  return file.text;
}

/** Cells that begin with a name in backquotes, and the numbers that the next cell begins with. */
function constantsOf(text: string): Map<string, readonly number[]> {
  const constants = new Map<string, readonly number[]>();
  for (const [, name = '', value = ''] of text.matchAll(/\| `(\w+)` \| ([^|]*)(?=\|)/g)) {
    const [, low = '', high] = /^([\d.]+)(?: to ([\d.]+))?/.exec(value) ?? [];
    constants.set(name, (high === undefined ? [low] : [low, high]).map(Number));
  }
  return constants;
}

test('the constants of the algorithm are those of the engine, all of them', () => {
  const section = /^## 2\.[\s\S]*?(?=^## 3\.)/m.exec(textOf('docs/ALGORITHM.md'))?.[0] ?? '';
  const told = Object.fromEntries(constantsOf(section));
  const real = Object.fromEntries(Object.entries(DEFAULT_ENGINE_CONFIG).map(([name, value]) => [name, [value].flat()]));
  const byName = (record: Record<string, readonly number[]>) => Object.entries(record).sort();
  assert.deepEqual(byName(told), byName(real), 'docs/ALGORITHM.md section 2 and shared/swarm/engine-config.ts differ');
});

test('every option is told, with its spelling on the command line, in the environment and in a file', () => {
  const text = textOf('docs/CONFIGURATION.md');
  for (const key of OPTION_KEYS) {
    const row = `| \`${optionName(key)}\` | \`${environmentName(key)}\` | \`${key}\` |`;
    assert.ok(text.includes(row), `docs/CONFIGURATION.md has no row that begins ${row}`);
  }
  for (const value of [DEFAULT_CONFIG.host, DEFAULT_CONFIG.port, DEFAULT_CONFIG.data, DEFAULT_CONFIG.stunPort]) {
    assert.ok(text.includes(`\`${value}\``), `docs/CONFIGURATION.md does not tell the default ${value}`);
  }
});

test('the packet that the protocol shows is the one under test', () => {
  const shown = /^01 03 00 03 [\s\S]*?(?=^```)/m.exec(textOf('docs/PROTOCOL.md'))?.[0] ?? '';
  const tested = textOf('test/unit/packets/golden-door.test.ts').replace(/\s/g, '');
  assert.ok(shown.length > 300 && tested.includes(shown.replace(/\s/g, '')));
});

test('sections that are cited are there', () => {
  const gone: string[] = [];
  for (const { path, text } of files) {
    for (const [cited, name = '', section = ''] of text.matchAll(/docs\/([A-Z]+\.md) (\d+)\b/g)) {
      if (path.startsWith('test/tidy/')) continue;
      if (!new RegExp(`^## ${section}\\. `, 'm').test(textOf(`docs/${name}`))) gone.push(`${path}: ${cited}`);
    }
  }
  assert.deepEqual(gone, []);
});

test('every folder of the source has its line in ARCHITECTURE.md', () => {
  const architecture = textOf('ARCHITECTURE.md');
  const folders = new Set<string>();
  for (const { path } of files) {
    const [top = '', folder = '', ...deeper] = path.split('/');
    if (!/^(?:shared|tracker|seeder|player|simulator|test)$/.test(top) || !path.endsWith('.ts')) continue;
    // Of the tests their own document tells; tracker/core stands in the line of the tracker.
    folders.add(deeper.length > 0 && top !== 'test' && top !== 'tracker' ? `${top}/${folder}/` : `${top}/`);
  }
  const untold = [...folders].filter((folder) => !architecture.includes(`\`${folder}\``));
  assert.deepEqual(untold, []);
});

test('files that documents name are there', () => {
  const gone: string[] = [];
  for (const { path, text } of files) {
    if (!/^(?:docs\/)?[A-Z]+\.md$/.test(path) || path === 'CHANGELOG.md') continue;
    for (const [, named = ''] of text.matchAll(/`((?:shared|tracker|seeder|player|simulator|test)\/[\w./-]*\.\w+)`/g)) {
      if (!paths.has(named)) gone.push(`${path}: ${named}`);
    }
    for (const [, named = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
      const target = named.startsWith('../') ? named.slice(3) : path.startsWith('docs/') ? `docs/${named}` : named;
      if (!paths.has(target)) gone.push(`${path}: ${named}`);
    }
  }
  assert.deepEqual(gone, []);
});
