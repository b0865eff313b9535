/*
 * The fragments of a whole broadcast, read by somebody else: ffmpeg decodes the demo clip without a word of complaint,
 * and finds as many frames as the clip has, at the same times.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Fragment, TrackKind } from '../../../shared/fmp4/fragment.ts';
import { Remuxer } from '../../../shared/fmp4/remuxer.ts';
import { FlvTagReader } from '../../../shared/tags/flv-tag-reader.ts';
import { findFfmpeg, NO_FFMPEG } from '../../support/ffmpeg.ts';

const run = promisify(execFile);
const DEMO = fileURLToPath(new URL('../../../seeder/demo/demo.flv', import.meta.url));
/** A packet's worth of time between two takes. */
const TAKE_MS = 60;

function remux(flv: Uint8Array): Fragment[] {
  const remuxer = new Remuxer({ isTypeSupported: () => true, shiftMs: 86_400_000 });
  const fragments: Fragment[] = [];
  let takenMs = 0;
  for (const tag of new FlvTagReader().push(flv)) {
    remuxer.push(tag);
    if (tag.timestampMs - takenMs < TAKE_MS) continue;
    takenMs = tag.timestampMs;
    fragments.push(...remuxer.take());
  }
  return [...fragments, ...remuxer.flush()];
}

function file(fragments: readonly Fragment[], track: TrackKind): Buffer {
  return Buffer.concat(
    fragments.flatMap((fragment) => (fragment.track === track && 'bytes' in fragment ? [fragment.bytes] : [])),
  );
}

/** ffmpeg's list of decoded frames: stream, dts, pts, duration, size, hash. */
async function frames(ffmpeg: string, input: Uint8Array, kind: 'v' | 'a'): Promise<string[]> {
  const args = ['-v', 'error', '-xerror', '-copyts', '-i', '-', '-map', `0:${kind}`, '-f', 'framemd5', '-'];
  const running = run(ffmpeg, args, { maxBuffer: 64 * 1024 * 1024 });
  running.child.stdin?.end(input);
  const { stdout, stderr } = await running;
  assert.equal(stderr, '', 'ffmpeg complains about nothing');
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

const hash = (line: string): string => line.split(',').at(-1)?.trim() ?? '';

test('ffmpeg decodes both tracks to the same frames as the clip they came from', async (t) => {
  const ffmpeg = findFfmpeg();
  if (ffmpeg === undefined) return t.skip(NO_FFMPEG);
  const flv = await readFile(DEMO);
  const fragments = remux(flv);
  for (const [track, kind] of [
    ['video', 'v'],
    ['audio', 'a'],
  ] as const) {
    const remuxed = await frames(ffmpeg, file(fragments, track), kind);
    const original = await frames(ffmpeg, flv, kind);
    assert.ok(original.length > 100);
    assert.deepEqual(remuxed.map(hash), original.map(hash), track);
  }
});

test('fragments of a packet each cost little more than the tags they came from', async () => {
  const flv = await readFile(DEMO);
  const fragments = remux(flv);
  const bytes = file(fragments, 'video').length + file(fragments, 'audio').length;
  assert.ok(bytes < flv.length * 1.06, `${bytes} of ${flv.length}`);
});
