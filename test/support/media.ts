import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

/** Real recordings and vectors, kept beside the project and not in it: `../shared/media` of the project's root. */
const MEDIA_FOLDER = new URL('../../../shared/media/', import.meta.url);

export type MediaFile = {
  /** Relative to the media folder. */
  readonly file: string;
  readonly exercises: string;
  /** What an independent reader says of it. */
  readonly summary: string;
};

export function hasMedia(): boolean {
  return existsSync(MEDIA_FOLDER);
}

/**
 * False: there is nothing to test with, and the run says so. In continuous integration (`CI=true`) that is a failure: there the
 * media must lie beside the clone, or conformance would be claimed without having been tested.
 */
export function requireMedia(): boolean {
  if (hasMedia()) return true;
  const reason = 'the media folder ../shared/media is missing: conformance is not tested here';
  if (process.env.CI === 'true') test('media', () => assert.fail(reason));
  else test('media', { skip: reason }, () => {});
  return false;
}

export function mediaUrl(file: string): URL {
  return new URL(file, MEDIA_FOLDER);
}

export function readMedia(file: string): Uint8Array {
  return new Uint8Array(readFileSync(mediaUrl(file)));
}

/** The rows of MANIFEST.tsv whose file name ends like this. */
export function mediaFiles(ending: string): MediaFile[] {
  const [head, ...lines] = readFileSync(mediaUrl('MANIFEST.tsv'), 'utf8').trimEnd().split('\n');
  const column = (name: string): number => (head as string).split('\t').indexOf(name);
  const [file, exercises, summary] = [column('file'), column('what it exercises'), column('summary')];
  return lines
    .map((line) => line.split('\t'))
    .filter((cells) => cells[file]?.endsWith(ending))
    .map((cells) => ({ file: cells[file] ?? '', exercises: cells[exercises] ?? '', summary: cells[summary] ?? '' }));
}
