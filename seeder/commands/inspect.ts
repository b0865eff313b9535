import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SwarmtubeError } from '../../shared/basics/errors.ts';
import { SYSTEM_CLOCK } from '../clock.ts';
import { openHttpStream, readChunks } from '../feeds/http-stream.ts';
import { sourceKind, unsupportedSource } from '../feeds/source-kind.ts';
import { fileReason } from '../file-reason.ts';
import { type InspectedTrack, type Inspection, inspectSource } from '../inspect-source.ts';
import type { OptionValues } from './command-input.ts';

const STALL_MS = 10_000;
/** A live stream never ends: this much of it tells what there is to tell. A file is read whole. */
const LIVE_LIMITS = { mediaMsMax: 20_000, bytesMax: 256 * 1024 * 1024 };
const READ_BYTES = 256 * 1024;

/** `swarmtube inspect`: fails with the reason where nothing can be read. */
export async function inspect(source: string, options: OptionValues): Promise<void> {
  const inspection = await inspectAny(source);
  const text = options.json === true ? JSON.stringify(inspection, undefined, 2) : forPeople(source, inspection);
  process.stdout.write(`${text}\n`);
}

async function inspectAny(source: string): Promise<Inspection> {
  switch (sourceKind(source)) {
    case 'standard-input':
      return await inspectSource(process.stdin);
    case 'file':
      return await inspectSource(readFileChunks(source));
    case 'http-flv':
      return await inspectStream(new URL(source));
    case 'unsupported':
      throw unsupportedSource(source, 'swarmtube inspect -');
  }
}

async function inspectStream(url: URL): Promise<Inspection> {
  const abort = new AbortController();
  try {
    const options = { clock: SYSTEM_CLOCK, stallMs: STALL_MS, signal: abort.signal };
    const stream = await openHttpStream(url, options);
    return await inspectSource(readChunks(stream, options), LIVE_LIMITS);
  } finally {
    abort.abort();
  }
}

async function* readFileChunks(source: string): AsyncGenerator<Uint8Array> {
  const path = /^file:\/\//i.test(source) ? fileURLToPath(source) : source;
  try {
    yield* createReadStream(path, { highWaterMark: READ_BYTES });
  } catch (thrown) {
    throw new SwarmtubeError('source-unreadable', `cannot read ${path}: ${fileReason(thrown)}`, { cause: thrown });
  }
}

function forPeople(source: string, { container, durationMs, tracks, faults }: Inspection): string {
  const lines = [`${source}: ${container}, ${(durationMs / 1000).toFixed(3)} s`];
  for (const track of tracks) lines.push(`  track ${track.id}  ${describe(track)}`);
  if (tracks.length === 0) lines.push('  no tracks');
  for (const { code, atMs, count, text } of faults) {
    lines.push(`  fault ${code} at ${(atMs / 1000).toFixed(3)} s${count > 1 ? `, ${count} times` : ''}: ${text}`);
  }
  if (faults.length === 0) lines.push('  no faults');
  return lines.join('\n');
}

function describe(track: InspectedTrack): string {
  const facts = [`${track.type} ${track.codec}`];
  if (track.width !== undefined) facts.push(`${track.width}x${track.height}`);
  if (track.sampleRate !== undefined) facts.push(`${track.sampleRate} Hz`);
  if (track.channels !== undefined) facts.push(track.channels === 1 ? 'mono' : `${track.channels} channels`);
  facts.push(`${Math.round(track.bitrate / 1000)} kbit/s`, `${track.frames} frames`);
  if (track.keyframes !== undefined) facts.push(`${track.keyframes} keyframes`);
  if (track.firstDtsMs !== null) facts.push(`${track.firstDtsMs} to ${track.lastDtsMs} ms`);
  return facts.join(', ');
}
