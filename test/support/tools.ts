import { accessSync, constants } from 'node:fs';
import { delimiter } from 'node:path';
import type { TestContext } from 'node:test';

/** The first of these programs that is there: a name is looked for in PATH, a path taken as it is. */
export function findProgram(candidates: readonly (string | undefined)[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  for (const candidate of candidates) {
    if (candidate === undefined || candidate === '') continue;
    const paths = candidate.includes('/') ? [candidate] : folders.map((folder) => `${folder}/${candidate}`);
    const found = paths.find(isExecutable);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * What a test does without its program: in continuous integration it fails, elsewhere it is skipped and says why.
 * Returns false, so that `if (program === undefined) return skipOrFail(…)` reads well.
 */
export function skipOrFail(t: TestContext, text: string): void {
  if (process.env.CI === 'true') throw new Error(text);
  t.skip(text);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
