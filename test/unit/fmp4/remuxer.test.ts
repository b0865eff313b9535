/*
 * Tags become fragmented MP4 that a browser plays without a hole (docs/COMPATIBILITY.md 6), each on tags made by hand.
 * Fragments are read back with a small box reader; ffmpeg's word on them is in remuxer-ffmpeg.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MediaMillis } from '../../../shared/basics/units.ts';
import type { Fragment } from '../../../shared/fmp4/fragment.ts';
import { Remuxer } from '../../../shared/fmp4/remuxer.ts';
import type { Tag } from '../../../shared/tags/tag.ts';
import { SMALL, SMALL_CONFIGURATION, withSets, withStartCodes } from '../tags/parameter-set-samples.ts';
import { type ReadSample, readFragment } from './mp4-reader.ts';

const AVC_640 = Uint8Array.from(
  Buffer.from('0164001fffe1001a6764001facd9405005bb011000000300100000030320f18319600100056' + '8ebe3cb22c0', 'hex'),
);
const AAC_48000_STEREO = Uint8Array.of(0x11, 0x90);
const AAC_44100_STEREO = Uint8Array.of(0x12, 0x10);

function tag(kind: Tag['kind'], timestampMs: number, ...body: number[]): Tag {
  return { kind, timestampMs: timestampMs as MediaMillis, body: Uint8Array.from(body) };
}
const avcHeader = (ms: number, bytes = AVC_640): Tag => tag('video', ms, 0x17, 0, 0, 0, 0, ...bytes);
const aacHeader = (ms: number, bytes = AAC_48000_STEREO): Tag => tag('audio', ms, 0xaf, 0, ...bytes);
const aac = (ms: number, ...data: number[]): Tag => tag('audio', ms, 0xaf, 1, ...(data.length > 0 ? data : [1, 2, 3]));
const NAL = [0, 0, 0, 2, 0x65, 0x88];

function video(ms: number, options: { key?: boolean; offset?: number; nal?: number[] } = {}): Tag {
  const { key = false, offset = 0, nal = NAL } = options;
  return tag('video', ms, key ? 0x17 : 0x27, 1, (offset >> 16) & 255, (offset >> 8) & 255, offset & 255, ...nal);
}

function remux(tags: readonly Tag[], isTypeSupported: (mimeType: string) => boolean = () => true): Fragment[] {
  const remuxer = new Remuxer({ isTypeSupported });
  const fragments = tags.flatMap((each) => {
    remuxer.push(each);
    return remuxer.take();
  });
  return [...fragments, ...remuxer.flush()];
}

function samples(fragments: readonly Fragment[], track: 'video' | 'audio'): ReadSample[] {
  return fragments.flatMap((fragment) =>
    fragment.kind === 'media' && fragment.track === track ? readFragment(fragment.bytes) : [],
  );
}

function kinds(fragments: readonly Fragment[], track: 'video' | 'audio'): string {
  return fragments
    .filter((fragment) => fragment.track === track)
    .map((fragment) => fragment.kind[0])
    .join('');
}

test('each track is a stream of its own, at 90 kHz and at the sample rate', () => {
  const fragments = remux([avcHeader(0), aacHeader(0), video(0, { key: true }), aac(0), video(40), aac(21), video(80)]);
  assert.deepEqual(
    samples(fragments, 'video').map(({ decodeTime, duration }) => [decodeTime, duration]),
    [
      [0, 3600],
      [3600, 3600],
      [7200, 3600],
    ],
  );
  assert.deepEqual(
    samples(fragments, 'audio').map(({ decodeTime, duration }) => [decodeTime, duration]),
    [
      [0, 1024],
      [1024, 1024],
    ],
  );
  const inits = fragments.filter((fragment) => fragment.kind === 'init');
  assert.deepEqual(
    inits.map((init) => init.mimeType),
    ['video/mp4; codecs="avc1.64001f"', 'audio/mp4; codecs="mp4a.40.2"'],
  );
});

test('exactly one frame a track is held back', () => {
  const remuxer = new Remuxer({ isTypeSupported: () => true });
  remuxer.push(avcHeader(0));
  remuxer.push(video(0, { key: true }));
  assert.equal(kinds(remuxer.take(), 'video'), 'i');
  remuxer.push(video(40));
  remuxer.push(video(80));
  assert.equal(samples(remuxer.take(), 'video').length, 2);
  assert.equal(samples(remuxer.flush(), 'video').length, 1);
});

test('composition offsets are signed and do not move the decode line', () => {
  const read = samples(remux([avcHeader(0), video(0, { key: true, offset: 80 }), video(40, { offset: -40 })]), 'video');
  assert.deepEqual(
    read.map((sample) => sample.compositionOffset),
    [7200, -3600],
  );
});

test('times over 32 bits keep their place', () => {
  const month = 30 * 24 * 3_600_000;
  const [first] = samples(remux([avcHeader(month), video(month, { key: true }), video(month + 40)]), 'video');
  assert.equal(first?.decodeTime, month * 90);
});

test('a repeated identical configuration makes no init segment', () => {
  const fragments = remux([
    avcHeader(0),
    aacHeader(0),
    video(0, { key: true }),
    aac(0),
    avcHeader(40),
    aacHeader(21),
    video(40, { key: true }),
    aac(21),
  ]);
  assert.equal(fragments.filter((fragment) => fragment.kind === 'init').length, 2);
});

test('an empty AAC header is no configuration', () => {
  const fragments = remux([aacHeader(0, new Uint8Array(0)), aac(0), aacHeader(60), aac(60), aac(81)]);
  assert.equal(kinds(fragments, 'audio'), 'imm');
  assert.equal(samples(fragments, 'audio').length, 2);
});

test('a change of configuration waits for its first frame, so that the last old frame lasts exactly as long', () => {
  const remuxer = new Remuxer({ isTypeSupported: () => true });
  const changed = AVC_640.with(3, 0x20);
  remuxer.push(avcHeader(0));
  remuxer.push(video(0, { key: true }));
  remuxer.push(video(40));
  remuxer.take();
  remuxer.push(avcHeader(60, changed));
  assert.deepEqual(remuxer.take(), []);
  remuxer.push(video(98, { key: true }));
  const fragments = remuxer.take();
  assert.equal(kinds(fragments, 'video'), 'mi');
  assert.deepEqual(samples(fragments, 'video'), [
    { decodeTime: 3600, duration: 58 * 90, compositionOffset: 0, isKeyframe: false, bytes: 6 },
  ]);
});

test('audio goes on where it was when its sample rate changes', () => {
  const old = Array.from({ length: 10 }, (_, index) => aac(Math.round((index * 1024) / 48)));
  const fragments = remux([aacHeader(0), ...old, aacHeader(213, AAC_44100_STEREO), aac(213), aac(236)]);
  assert.match(kinds(fragments, 'audio'), /^im+im+$/);
  const media = fragments.filter((fragment) => fragment.kind === 'media');
  for (const [index, fragment] of media.entries()) {
    const before = media[index - 1];
    if (before !== undefined) assert.ok(Math.abs(fragment.startMs - before.endMs) < 0.05, `hole before ${index}`);
  }
});

test('audio times come from the sample count and not from rounded milliseconds', () => {
  const tags = Array.from({ length: 400 }, (_, index) => aac(Math.round((index * 1024) / 48) + (index % 7) * 9));
  const read = samples(remux([aacHeader(0), ...tags]), 'audio');
  const first = read[0]?.decodeTime ?? 0;
  assert.deepEqual(
    read.map((sample) => sample.decodeTime),
    read.map((_, index) => first + index * 1024),
  );
});

test('a gap in audio is filled with silence, so that the line has no hole', () => {
  const read = samples(remux([aacHeader(0), aac(0), aac(21), aac(543), aac(564)]), 'audio');
  const end = read.at(-1);
  assert.ok(Math.abs((end?.decodeTime ?? 0) / 48 - 564) < 80);
  for (const [index, sample] of read.entries()) {
    const before = read[index - 1];
    if (before !== undefined) assert.equal(sample.decodeTime, before.decodeTime + before.duration);
  }
});

test('audio that stopped without a word does not stop the picture', () => {
  const frames = Array.from({ length: 120 }, (_, index) => video(index * 40, { key: index % 25 === 0 }));
  const fragments = remux([avcHeader(0), aacHeader(0), aac(0), aac(21), ...frames]);
  const end = fragments.findLast((fragment) => fragment.kind === 'media' && fragment.track === 'audio');
  assert.ok(end?.kind === 'media' && end.endMs > 3_000);
});

test('video that stopped without a word does not stop the sound: the last keyframe stands until a new one comes', () => {
  const shown = [avcHeader(0), video(0, { key: true, nal: [0, 0, 0, 2, 0x65, 0x77] }), video(40), video(80)];
  const sound = Array.from({ length: 280 }, (_, index) => aac(Math.round((index * 1024) / 48)));
  const returned = [video(6000), video(6040, { key: true }), video(6080)];
  const read = samples(remux([...shown, aacHeader(0), ...sound, ...returned]), 'video');
  for (const [index, sample] of read.entries()) {
    const before = read[index - 1];
    if (before !== undefined) assert.equal(sample.decodeTime, before.decodeTime + before.duration, 'no hole');
  }
  const still = read.filter(({ decodeTime }) => decodeTime > 80 * 90 && decodeTime < 6000 * 90);
  assert.ok(still.length > 5 && still.every(({ isKeyframe }) => isKeyframe));
  const lateMs = (read[read.indexOf(still[0] as ReadSample) + 1]?.decodeTime ?? 0) / 90;
  assert.ok(lateMs > 1_800 && lateMs < 2_600, `the first still ends at ${lateMs} ms`);
  assert.deepEqual(
    read.slice(-2).map(({ decodeTime, isKeyframe }) => [decodeTime / 90, isKeyframe]),
    [
      [6040, true],
      [6080, false],
    ],
    'frames that follow on pictures which never came are left out',
  );
});

test('after a loss nothing is shown until the next keyframe, and the hole is left for the gap jumper', () => {
  const remuxer = new Remuxer({ isTypeSupported: () => true });
  for (const each of [avcHeader(0), video(0, { key: true }), video(40), video(80)]) remuxer.push(each);
  remuxer.take();
  remuxer.lose();
  for (const each of [video(900), video(940), video(2000, { key: true }), video(2040)]) remuxer.push(each);
  const read = samples([...remuxer.take(), ...remuxer.flush()], 'video');
  assert.deepEqual(
    read.map(({ decodeTime, duration }) => [decodeTime / 90, duration / 90]),
    [
      [80, 40],
      [2000, 40],
      [2040, 40],
    ],
  );
});

test('empty frames and empty NAL units are left out', () => {
  const fragments = remux([
    avcHeader(0),
    video(0, { key: true, nal: [0, 0, 0, 0, ...NAL] }),
    video(20, { nal: [0, 0, 0, 0] }),
    video(40, { nal: [...NAL, 0, 0, 0, 9, 1] }),
    video(80),
  ]);
  const [first, ...rest] = samples(fragments, 'video');
  // Before the first frame the length of the lengths is not known yet.
  assert.ok(first !== undefined && first.bytes >= 6);
  assert.deepEqual(
    rest.map((sample) => sample.bytes),
    [6, 6],
  );
});

test('a codec that is not supported is told once and by name', () => {
  const fragments = remux([avcHeader(0), video(0, { key: true }), video(40), aacHeader(0), aac(0)], (mimeType) =>
    mimeType.startsWith('audio'),
  );
  assert.deepEqual(
    fragments.filter((fragment) => fragment.track === 'video'),
    [{ kind: 'unsupported', track: 'video', codec: 'h264', mimeType: 'video/mp4; codecs="avc1.64001f"' }],
  );
  assert.equal(samples(fragments, 'audio').length, 1);
});

test('MP3 goes into MP4 where that is played, else as it is', () => {
  const mp3 = (ms: number): Tag => tag('audio', ms, 0x2f, 0xff, 0xfb, 0x90, 0x64, 0, 0, 0, 0);
  const inMp4 = remux([mp3(0), mp3(26)]);
  assert.ok(inMp4[0]?.kind === 'init' && inMp4[0].mimeType === 'audio/mp4; codecs="mp4a.6B"');
  const raw = remux([mp3(0), mp3(26)], (mimeType) => mimeType === 'audio/mpeg');
  assert.ok(raw[0]?.kind === 'init' && raw[0].mimeType === 'audio/mpeg');
  assert.deepEqual(
    raw.filter((fragment) => fragment.kind === 'media').map((fragment) => fragment.bytes[0]),
    [0xff, 0xff],
  );
});

test('nonsense in place of a configuration or a frame throws nothing', () => {
  const fragments = remux([
    avcHeader(0, Uint8Array.of(1, 2)),
    aacHeader(0, Uint8Array.of(0xff)),
    video(0, { key: true, nal: [9] }),
    aac(0),
    tag('video', 40),
    tag('audio', 40),
    tag('data', 40, 2, 0),
  ]);
  assert.ok(fragments.every((fragment) => fragment.kind === 'unsupported'));
});

test('frames with start codes instead of lengths become frames with lengths', () => {
  const withLengths = remux([SMALL_CONFIGURATION, withSets(SMALL, 0), withSets(SMALL, 40)]);
  const withCodes = remux([SMALL_CONFIGURATION, withStartCodes(SMALL, 0), withStartCodes(SMALL, 40)]);
  assert.equal(samples(withCodes, 'video').length, 2);
  assert.deepEqual(withCodes, withLengths);
});
