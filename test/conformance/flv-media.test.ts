// Every FLV file of the media folder is read, whole and in pieces, and agrees with what an independent reader said of it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspectSource } from '../../seeder/inspect-source.ts';
import { Random } from '../../shared/basics/random.ts';
import { type Fault, FlvTagReader } from '../../shared/tags/flv-tag-reader.ts';
import { encodeFlvHeader, encodeFlvTag } from '../../shared/tags/flv-tag-writer.ts';
import type { Tag } from '../../shared/tags/tag.ts';
import { readTagContents, type TagContent } from '../../shared/tags/tag-contents.ts';
import { Timeline } from '../../shared/tags/timeline.ts';
import { TrackObserver } from '../../shared/tags/track-observer.ts';
import { mediaFiles, readMedia, requireMedia } from '../support/media.ts';
import { type FlvSummary, parseFlvSummary } from './flv-summary.ts';

/** Files up to this size are also read byte by byte. */
const BYTE_BY_BYTE_MAX = 40_000;
const OUR_NAMES: Readonly<Record<string, string>> = {
  avc: 'h264',
  hevc12: 'hevc',
  h263: 'h263',
  vp6: 'vp6',
  aac: 'aac',
  mp3: 'mp3',
  adpcm: 'adpcm',
  pcma: 'g711a',
  speex: 'speex',
  av01: 'av1',
  hvc1: 'hevc',
  Opus: 'opus',
};

if (requireMedia()) {
  for (const { file, summary } of mediaFiles('.flv')) {
    describe(file, () => {
      const bytes = readMedia(file);
      const expected = parseFlvSummary(summary);
      const { tags, faults, claims } = readAll([bytes]);
      const contents = tags.map((tag) => ({ tag, contents: readTagContents(tag) }));
      const all = contents.flatMap((entry) => entry.contents);

      test('gives the same tags however it is cut', () => {
        const random = new Random(7);
        const cuts = [randomPieces(bytes, random, 50_000), randomPieces(bytes, random, 1_500)];
        if (bytes.byteLength <= BYTE_BY_BYTE_MAX) cuts.push(Array.from(bytes, (byte) => Uint8Array.of(byte)));
        for (const pieces of cuts) {
          const again = readAll(pieces);
          assert.deepEqual(again.tags, tags);
          assert.deepEqual(again.faults, faults);
        }
      });

      test('has the tags and times that are in it', () => {
        assert.deepEqual(claims, {
          hasAudio: (expected.headerFlags & 4) !== 0,
          hasVideo: (expected.headerFlags & 1) !== 0,
        });
        for (const [letter, kind] of [
          ['a', 'audio'],
          ['v', 'video'],
          ['s', 'data'],
        ] as const) {
          const ofKind = tags.filter((tag) => tag.kind === kind);
          assert.equal(ofKind.length, expected.tags[letter] ?? 0, kind);
          if (kind === 'data') continue;
          const told = ofKind.filter((tag) => tag.body.byteLength > 0);
          assert.equal(told[0]?.timestampMs, expected.first[letter], `first ${kind}`);
          assert.equal(told.at(-1)?.timestampMs, expected.last[letter], `last ${kind}`);
        }
      });

      test('has the codecs, configurations and keyframes that are in it', () => {
        const saysNothing = contents.filter((entry) => entry.contents.length === 0).map((entry) => entry.tag);
        assert.deepEqual(codecsOf(all, 'video-frame', 'video-configuration'), expectedCodecs(expected, 'video'));
        assert.deepEqual(
          codecsOf(all, 'audio-frame', 'audio-configuration'),
          expectedCodecs(expected, 'audio', saysNothing),
        );
        const configurations = expectedConfigurations(expected, saysNothing);
        assert.equal(count(all, 'video-configuration'), configurations.video, 'video configurations');
        assert.equal(count(all, 'audio-configuration'), configurations.audio, 'audio configurations');
        assert.equal(count(all, 'sequence-end'), expected.endsOfSequence, 'ends of sequence');
        const keyTags = contents.filter(({ tag, contents: [content] }) =>
          content === undefined
            ? tag.kind === 'video' && ((tag.body[0] ?? 0) >> 4) % 8 === 1
            : content.role === 'video-configuration' || content.role === 'sequence-end' || isKeyframe(content),
        );
        assert.equal(keyTags.length, expected.keyframeTags, 'keyframes, configurations and ends');
        assert.equal(count(all, 'script'), expected.metadata, 'onMetaData');
      });

      const isEnhanced = Object.keys(expected.enhanced).length > 0;

      // The manifest counts them in legacy tags only.
      test('has the composition offsets that are in it', { skip: isEnhanced && 'Enhanced RTMP' }, () => {
        const offsets = all.flatMap((content) => (content.role === 'video-frame' ? [content.compositionOffsetMs] : []));
        assert.equal(offsets.filter((offset) => offset !== 0).length, expected.offsets);
        assert.equal(offsets.filter((offset) => offset < 0).length, expected.negativeOffsets);
      });

      test('has the faults that are in it', () => {
        assert.equal(faultCount(faults, 'previous-tag-size'), expected.wrongPreviousTagSizes);
        assert.equal(faultCount(faults, 'truncated'), summary.includes('!!trunc') ? 1 : 0);
        const text = faults.find((fault) => fault.code === 'truncated')?.text ?? '';
        if (expected.bytesLeftOver > 0) assert.match(text, new RegExp(` ${expected.bytesLeftOver} bytes`));
        assert.equal(faultCount(faults, 'damaged'), 0);
      });

      test('has tracks of the size and sound that ffmpeg finds', () => {
        const observer = new TrackObserver();
        for (const tag of tags) observer.observe(tag);
        const video = observer.tracks().find((track) => track.type === 'video' && track.codecString !== undefined);
        const audio = observer.tracks().find((track) => track.type === 'audio');
        if (video !== undefined && expected.size !== undefined && !isEnhanced) {
          assert.deepEqual({ width: video.width, height: video.height }, expected.size);
        }
        if (audio !== undefined && expected.sound !== undefined && !isEnhanced) {
          assert.deepEqual({ sampleRate: audio.sampleRate, channels: audio.channels }, expected.sound);
        }
      });

      test('lies on one timeline without a jump, audio and video together', () => {
        const timeline = new Timeline();
        const newest = { audio: 0, video: 0, data: 0 };
        const offsets = new Set<number>();
        for (const { tag, contents: said } of contents) {
          const placed = timeline.place(tag);
          assert.equal(placed.isDiscontinuity, false);
          assert.ok(placed.tag.timestampMs >= newest[tag.kind]);
          newest[tag.kind] = placed.tag.timestampMs;
          const isFrame = said.some(({ role }) => role === 'audio-frame' || role === 'video-frame');
          // The line does not begin below 0: what comes first and is older than the first frame waits there.
          if (isFrame && placed.tag.timestampMs > 0) offsets.add(placed.tag.timestampMs - tag.timestampMs);
        }
        assert.ok(offsets.size <= 1, `offsets ${[...offsets]}`);
      });

      test('is written again to the byte', { skip: faults.length > 0 && 'the file has faults' }, () => {
        const written = [encodeFlvHeader(claims ?? { hasAudio: false, hasVideo: false }), ...tags.map(encodeFlvTag)];
        assert.ok(Buffer.concat(written).equals(bytes));
      });

      test('is inspected', async () => {
        const inspection = await inspectSource(asSource(randomPieces(bytes, new Random(1), 64_000)));
        assert.equal(inspection.container, 'flv');
        const frames = inspection.tracks.map((track) => track.frames).reduce((sum, each) => sum + each, 0);
        assert.equal(frames, count(all, 'video-frame') + count(all, 'audio-frame'));
      });
    });
  }
}

type Reading = {
  readonly tags: Tag[];
  readonly faults: readonly Fault[];
  readonly claims: FlvTagReader['claims'];
};

function readAll(pieces: readonly Uint8Array[]): Reading {
  const reader = new FlvTagReader();
  const tags = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
  assert.equal(reader.bytesBuffered, 0);
  assert.equal(reader.restarts, 0);
  return { tags, faults: reader.faults, claims: reader.claims };
}

function randomPieces(bytes: Uint8Array, random: Random, longest: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const length = 1 + random.below(longest);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

async function* asSource(pieces: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* pieces;
}

function codecsOf(contents: readonly TagContent[], ...roles: readonly TagContent['role'][]): string[] {
  const codecs = contents.flatMap((content) =>
    'codec' in content && roles.includes(content.role) ? [content.codec] : [],
  );
  return [...new Set<string>(codecs)].sort();
}

function expectedCodecs(expected: FlvSummary, kind: 'audio' | 'video', saysNothing: readonly Tag[] = []): string[] {
  const legacy = Object.keys(expected[kind]);
  const enhanced = Object.keys(expected.enhanced)
    .filter((key) => key.startsWith('a:') === (kind === 'audio'))
    .map((key) => key.replace('a:', '').split('/')[0] as string);
  // A file of nothing but an empty AAC header has no codec that anyone could use.
  const isAllEmpty = kind === 'audio' && saysNothing.filter((tag) => tag.kind === 'audio').length === expected.tags.a;
  const names = isAllEmpty ? [] : [...legacy, ...enhanced];
  return [...new Set(names.map((name) => OUR_NAMES[name] ?? name))].sort();
}

/** Sequence headers of legacy FLV and of Enhanced RTMP, less those that are empty. */
function expectedConfigurations(
  expected: FlvSummary,
  saysNothing: readonly Tag[],
): { readonly video: number; readonly audio: number } {
  const enhanced = (kind: 'audio' | 'video'): number =>
    Object.entries(expected.enhanced)
      .filter(([key]) => key.endsWith('/pt0') && key.startsWith('a:') === (kind === 'audio'))
      .reduce((sum, [, number]) => sum + number, 0);
  const emptyAudio = saysNothing.filter(
    (tag) => tag.kind === 'audio' && tag.body.byteLength === 2 && tag.body[1] === 0,
  );
  const emptyVideo = saysNothing.filter((tag) => tag.kind === 'video' && ((tag.body[0] ?? 0) & 0x8f) === 0x80);
  return {
    video: (expected.sequenceHeaders.v ?? 0) + enhanced('video') - emptyVideo.length,
    audio: (expected.sequenceHeaders.a ?? 0) + enhanced('audio') - emptyAudio.length,
  };
}

function isKeyframe(content: TagContent): boolean {
  return content.role === 'video-frame' && content.isKeyframe;
}

function count(contents: readonly TagContent[], role: TagContent['role']): number {
  return contents.filter((content) => content.role === role).length;
}

function faultCount(faults: readonly Fault[], code: string): number {
  return faults.find((fault) => fault.code === code)?.count ?? 0;
}
