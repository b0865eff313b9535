/*
 * The project's own files are held against the rules of ARCHITECTURE.md and the house style: directions of imports, what
 * the pure layers must not touch, names, and what must not be committed. `rules-bite.test.ts` shows that they bite.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { projectFiles } from './project-files.ts';
import { checkDocuments, checkFile, checkImportGraph, checkLibraries, type Finding } from './rules.ts';

const files = await projectFiles();

function textOf(path: string): string {
  const file = files.find((candidate) => candidate.path === path);
  assert.ok(file !== undefined, `${path} is missing`);
  return file.text;
}

function assertNone(findings: readonly Finding[]): void {
  const text = findings.map(({ path, line, rule, text }) => `  ${path}:${line} [${rule}] ${text}`).join('\n');
  assert.equal(findings.length, 0, `${findings.length} broken rules\n${text}`);
}

test('each file keeps the rules of the house', () => {
  assertNone(files.flatMap(checkFile));
});

test('no files import each other in a circle, and every import exists', () => {
  assertNone(checkImportGraph(files));
});

test('every document that is named is there', () => {
  assertNone(checkDocuments(files));
});

test('every dependency is explained in ARCHITECTURE.md', () => {
  assertNone(checkLibraries(textOf('package.json'), textOf('ARCHITECTURE.md')));
});

test('the walk sees the whole house', () => {
  for (const folder of ['shared/', 'tracker/', 'seeder/', 'player/', 'test/']) {
    assert.ok(files.filter(({ path }) => path.startsWith(folder)).length > 1, `no files seen in ${folder}`);
  }
});
