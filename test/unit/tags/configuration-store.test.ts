// A new reader is given what it needs first; a configuration that is only repeated is told from one that changes something.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigurationStore, withoutSetDataFrame } from '../../../shared/tags/configuration-store.ts';
import { AUDIO_CONFIGURATION, audioFrame, hex, tagOf, VIDEO_CONFIGURATION, videoFrame } from './samples.ts';

const METADATA = '02 000a 6f6e4d65746144617461 08 00000000';
const WRAPPER = '02 000d 40736574446174614672616d65';
const OTHER_AUDIO = tagOf('audio', 9000, 'af 00 1190');

describe('a store of configurations', () => {
  test('tells new, repeated and changed', () => {
    const store = new ConfigurationStore();
    const tags = [
      VIDEO_CONFIGURATION,
      AUDIO_CONFIGURATION,
      videoFrame(0),
      VIDEO_CONFIGURATION,
      OTHER_AUDIO,
      OTHER_AUDIO,
      AUDIO_CONFIGURATION,
    ];
    assert.deepEqual(
      tags.map((tag) => store.observe(tag)),
      ['new', 'new', 'none', 'repeated', 'changed', 'repeated', 'changed'],
    );
  });

  test('gives metadata, video, audio, whatever the order they came in', () => {
    const store = new ConfigurationStore();
    const metadata = tagOf('data', 0, `${METADATA} 000009`);
    for (const tag of [AUDIO_CONFIGURATION, audioFrame(5), metadata, VIDEO_CONFIGURATION]) store.observe(tag);
    assert.deepEqual(store.tags(), [metadata, VIDEO_CONFIGURATION, AUDIO_CONFIGURATION]);
  });

  test('gives the newest of each', () => {
    const store = new ConfigurationStore();
    for (const tag of [AUDIO_CONFIGURATION, OTHER_AUDIO]) store.observe(tag);
    assert.deepEqual(store.tags(), [OTHER_AUDIO]);
  });

  test('strips the wrapper of metadata', () => {
    const store = new ConfigurationStore();
    const wrapped = tagOf('data', 0, `${WRAPPER} ${METADATA} 000009`);
    assert.equal(store.observe(wrapped), 'new');
    assert.deepEqual(store.tags(), [tagOf('data', 0, `${METADATA} 000009`)]);
    assert.equal(store.observe(wrapped), 'repeated');
    assert.equal(withoutSetDataFrame(videoFrame(0)).body.byteLength, videoFrame(0).body.byteLength);
  });

  test('ignores other script data and empty AAC headers', () => {
    const store = new ConfigurationStore();
    assert.equal(store.observe(tagOf('audio', 0, 'af 00')), 'none');
    assert.equal(store.observe(tagOf('data', 0, '02 0004 74657374 05')), 'none');
    assert.deepEqual(store.tags(), []);
  });

  test('keeps tracks by id, in their order, and a tag of several tracks once', () => {
    const store = new ConfigurationStore();
    const one = tagOf('video', 0, '96 00 61766331 02 0142');
    const both = tagOf('video', 0, '96 10 61766331 00 000002 0142 01 000002 0143');
    assert.equal(store.observe(one), 'new');
    assert.equal(store.observe(both), 'new');
    assert.deepEqual(store.tags(), [both, one]);
    assert.equal(store.configuration('video', 1)?.codec, 'h264');
    assert.equal(store.configuration('video', 3), undefined);
  });

  test('forgets a configuration when frames of another codec come without one', () => {
    const store = new ConfigurationStore();
    store.observe(AUDIO_CONFIGURATION);
    assert.equal(store.observe(tagOf('audio', 0, '2f fffb9264')), 'changed');
    assert.deepEqual(store.tags(), []);
  });

  test('takes another codec with the same bytes for a change', () => {
    const store = new ConfigurationStore();
    store.observe(tagOf('video', 0, '17 00 000000 aabb'));
    assert.equal(store.observe(tagOf('video', 0, '1c 00 000000 aabb')), 'changed');
  });

  test('keeps the colours of the pictures, behind their configuration', () => {
    const store = new ConfigurationStore();
    const colours = tagOf('video', 40, '94 68766331 0200 09 636f6c6f72496e666f 03 000009');
    const none = tagOf('video', 80, '94 68766331 0200 09 636f6c6f72496e666f 06');
    store.observe(VIDEO_CONFIGURATION);
    assert.equal(store.observe(colours), 'new');
    assert.equal(store.observe({ ...colours }), 'repeated');
    assert.deepEqual(store.tags(), [VIDEO_CONFIGURATION, colours]);
    assert.equal(store.observe(none), 'changed');
    assert.deepEqual(store.tags(), [VIDEO_CONFIGURATION, none]);
    store.observe(tagOf('video', 0, new Uint8Array([...hex('94 68766331'), ...new Uint8Array(10_000)])));
    assert.deepEqual(store.tags(), [VIDEO_CONFIGURATION, none]);
    store.clear();
    assert.deepEqual(store.tags(), []);
  });

  test('is bounded in tracks and bytes', () => {
    const store = new ConfigurationStore();
    for (let id = 0; id < 256; id++)
      store.observe(tagOf('video', 0, `90 61766331 ${id.toString(16).padStart(2, '0')}`));
    for (let id = 0; id < 256; id++)
      store.observe(tagOf('video', 0, `96 00 61766331 ${id.toString(16).padStart(2, '0')} 01`));
    assert.equal(store.tags().length, 16);
    const huge = new Uint8Array(100_000);
    huge.set([0xaf, 0]);
    assert.equal(store.observe(tagOf('audio', 0, huge)), 'none');
  });

  test('is empty again after it was cleared', () => {
    const store = new ConfigurationStore();
    store.observe(VIDEO_CONFIGURATION);
    store.clear();
    assert.deepEqual(store.tags(), []);
    assert.equal(store.observe(VIDEO_CONFIGURATION), 'new');
  });
});
