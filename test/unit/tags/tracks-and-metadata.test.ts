// What tracks a feed has is learnt from its tags; what its metadata says of a file is taken out for live streams.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Amf0Property, encodeAmf0 } from '../../../shared/tags/amf0.ts';
import { liveMetadata, metadataNumber, readMetadata } from '../../../shared/tags/metadata.ts';
import type { Tag } from '../../../shared/tags/tag.ts';
import { TrackObserver } from '../../../shared/tags/track-observer.ts';
import { AUDIO_CONFIGURATION, audioFrame, tagOf, VIDEO_CONFIGURATION, videoFrame } from './samples.ts';

function metadataTag(properties: readonly Amf0Property[], name = 'onMetaData'): Tag {
  const values = [
    { type: 'string', value: name },
    { type: 'ecma-array', count: 0, properties },
  ] as const;
  return tagOf('data', 0, encodeAmf0(values));
}

const number = (value: number): { type: 'number'; value: number } => ({ type: 'number', value });

describe('a track observer', () => {
  test('describes video and audio from their configurations', () => {
    const observer = new TrackObserver();
    for (const tag of [AUDIO_CONFIGURATION, VIDEO_CONFIGURATION]) observer.observe(tag);
    assert.deepEqual(observer.tracks(), [
      { id: 0, type: 'video', codec: 'h264', codecString: 'avc1.42c01e', width: 640, height: 360 },
      { id: 0, type: 'audio', codec: 'aac', codecString: 'mp4a.40.2', sampleRate: 44100, channels: 2 },
    ]);
  });

  test('counts frames, keyframes, bytes and times', () => {
    const observer = new TrackObserver();
    for (const tag of [VIDEO_CONFIGURATION, videoFrame(40, { isKeyframe: true }), videoFrame(80)])
      observer.observe(tag);
    const [{ description: _, ...counts } = { description: undefined }] = observer.observed();
    assert.deepEqual(counts, { frames: 2, keyframes: 1, bytes: 12, firstDtsMs: 40, lastDtsMs: 80 });
  });

  test('follows a change of configuration and of codec', () => {
    const observer = new TrackObserver();
    for (const tag of [AUDIO_CONFIGURATION, audioFrame(0), tagOf('audio', 0, 'af 00 1188')]) observer.observe(tag);
    assert.deepEqual(observer.tracks()[0]?.sampleRate, 48000);
    observer.observe(tagOf('audio', 0, '2f fffb9264ee80e35d'));
    assert.deepEqual(observer.tracks(), [
      { id: 0, type: 'audio', codec: 'mp3', codecString: 'mp3', sampleRate: 44100, channels: 2 },
    ]);
  });

  test('believes metadata on size only where no configuration tells it', () => {
    const observer = new TrackObserver();
    observer.observe(
      metadataTag([
        ['width', number(1234)],
        ['height', number(567)],
      ]),
    );
    assert.deepEqual(observer.tracks(), []);
    observer.observe(tagOf('video', 0, '22 aabb'));
    assert.deepEqual(observer.tracks(), [{ id: 0, type: 'video', codec: 'h263', width: 1234, height: 567 }]);
    observer.observe(VIDEO_CONFIGURATION);
    assert.equal(observer.tracks()[0]?.width, 640);
  });

  for (const [name, body, sampleRate, channels] of [
    ['Speex', 'b6 aa', 16000, 1],
    ['Nellymoser at 8 kHz', '52 aa', 8000, 1],
    ['ADPCM', '1b aa', 22050, 2],
    ['PCM', '3e aa', 44100, 1],
    ['G.711', '73 aa', 8000, 2],
    ['MP3 without a header in its first frame', '2b aa', 22050, 2],
  ] as const) {
    test(`${name}: rate and channels come from the tag's first byte`, () => {
      const observer = new TrackObserver();
      observer.observe(tagOf('audio', 0, body));
      const [track] = observer.tracks();
      assert.deepEqual([track?.sampleRate, track?.channels], [sampleRate, channels]);
    });
  }

  test('tells of data other than metadata, and of tracks by id', () => {
    const observer = new TrackObserver();
    observer.observe(metadataTag([], 'onTextData'));
    observer.observe(tagOf('audio', 0, '95 11 4f707573 00 000001 fc 03 000002 fcfc'));
    assert.deepEqual(
      observer.tracks().map(({ id, type }) => `${type} ${id}`),
      ['audio 0', 'audio 3', 'data 0'],
    );
  });

  test('remembers a bounded number of tracks', () => {
    const observer = new TrackObserver();
    for (let id = 0; id < 256; id++)
      observer.observe(tagOf('video', 0, `96 03 61766331 ${id.toString(16).padStart(2, '0')} aa`));
    assert.equal(observer.tracks().length, 32);
  });
});

describe('metadata', () => {
  const OF_A_FILE: readonly Amf0Property[] = [
    ['duration', number(127)],
    ['width', number(640)],
    ['framerate', number(25)],
    ['filesize', number(99_999)],
    ['keyframes', { type: 'object', properties: [['times', { type: 'strict-array', values: [number(0)] }]] }],
    ['hasKeyframes', { type: 'boolean', value: true }],
    ['lasttimestamp', number(127)],
    ['encoder', { type: 'string', value: 'Lavf' }],
  ];

  test('for live streams says nothing of a file', () => {
    const live = liveMetadata(metadataTag(OF_A_FILE));
    assert.deepEqual(
      readMetadata(live)?.map(([name]) => name),
      ['width', 'framerate', 'encoder'],
    );
    assert.equal(live.kind, 'data');
  });

  test('for live streams has no wrapper', () => {
    const wrapped = encodeAmf0([
      { type: 'string', value: '@setDataFrame' },
      { type: 'string', value: 'onMetaData' },
      { type: 'object', properties: OF_A_FILE },
    ]);
    assert.deepEqual(liveMetadata(tagOf('data', 0, wrapped)), liveMetadata(metadataTag(OF_A_FILE)));
  });

  test('is left alone where there is none', () => {
    for (const tag of [videoFrame(0), metadataTag([], 'onCuePoint'), tagOf('data', 0, '')]) {
      assert.equal(liveMetadata(tag), tag);
      assert.equal(readMetadata(tag), undefined);
    }
  });

  test('tells numbers that can be meant', () => {
    assert.equal(metadataNumber(OF_A_FILE, 'width'), 640);
    assert.equal(metadataNumber([['width', number(Number.NaN)]], 'width'), undefined);
    assert.equal(metadataNumber([['width', number(0)]], 'width'), undefined);
    assert.equal(metadataNumber(OF_A_FILE, 'encoder'), undefined);
  });
});
