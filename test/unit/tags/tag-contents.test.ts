// What each form of a tag says: legacy FLV, Enhanced RTMP v1 and v2, multitrack, ModEx; vectors from bytes.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TagKind } from '../../../shared/tags/tag.ts';
import { readTagContents } from '../../../shared/tags/tag-contents.ts';
import { fc } from '../../support/properties.ts';
import { AUDIO_CONFIGURATION, anyTags, hex, tagOf } from './samples.ts';

type Said = Readonly<Record<string, unknown>>;
const videoFrame = (more: Said): Said => ({
  role: 'video-frame',
  trackId: 0,
  isKeyframe: false,
  compositionOffsetMs: 0,
  offsetNanos: 0,
  ...more,
});
const audioFrame = (more: Said): Said => ({ role: 'audio-frame', trackId: 0, offsetNanos: 0, ...more });

const VECTORS: readonly [name: string, kind: TagKind, body: string, contents: readonly Said[]][] = [
  [
    'AVC configuration',
    'video',
    '17 00 000000 01640015',
    [{ role: 'video-configuration', codec: 'h264', trackId: 0, configuration: hex('01640015') }],
  ],
  [
    'AVC keyframe',
    'video',
    '17 01 000050 aabb',
    [videoFrame({ codec: 'h264', isKeyframe: true, compositionOffsetMs: 80, data: hex('aabb') })],
  ],
  [
    'negative composition offset',
    'video',
    '27 01 ffffd8 aa',
    [videoFrame({ codec: 'h264', compositionOffsetMs: -40, data: hex('aa') })],
  ],
  [
    'a composition offset of the lowest kind',
    'video',
    '27 01 800000 aa',
    [videoFrame({ codec: 'h264', compositionOffsetMs: -8388608, data: hex('aa') })],
  ],
  ['AVC end of sequence', 'video', '17 02 000000', [{ role: 'sequence-end', trackId: 0 }]],
  ['empty AVC frame', 'video', '27 01 000000', []],
  ['empty video tag', 'video', '', []],
  ['video command', 'video', '57 00', []],
  [
    'generated keyframe',
    'video',
    '47 01 000000 aa',
    [videoFrame({ codec: 'h264', isKeyframe: true, data: hex('aa') })],
  ],
  [
    'HEVC by codec id 12',
    'video',
    '1c 01 000000 aa',
    [videoFrame({ codec: 'hevc', isKeyframe: true, data: hex('aa') })],
  ],
  ['Sorenson H.263', 'video', '22 aabb', [videoFrame({ codec: 'h263', data: hex('aabb') })]],
  ['VP6 with alpha', 'video', '15 aabb', [videoFrame({ codec: 'vp6-alpha', isKeyframe: true, data: hex('aabb') })]],
  [
    'AAC configuration',
    'audio',
    'af 00 1210',
    [{ role: 'audio-configuration', codec: 'aac', trackId: 0, configuration: hex('1210') }],
  ],
  ['empty AAC configuration', 'audio', 'af 00', []],
  ['AAC frame', 'audio', 'af 01 2100', [audioFrame({ codec: 'aac', data: hex('2100') })]],
  ['empty AAC frame', 'audio', 'af 01', []],
  ['MP3', 'audio', '2f fffb', [audioFrame({ codec: 'mp3', data: hex('fffb') })]],
  ['MP3 at 8 kHz', 'audio', 'e2 fffb', [audioFrame({ codec: 'mp3', data: hex('fffb') })]],
  ['Speex', 'audio', 'b6 aabb', [audioFrame({ codec: 'speex', data: hex('aabb') })]],
  ['G.711 A-law', 'audio', '72 aabb', [audioFrame({ codec: 'g711a', data: hex('aabb') })]],
  ['silence', 'audio', '', [{ role: 'silence' }]],
  [
    'HEVC configuration',
    'video',
    '90 68766331 0101',
    [{ role: 'video-configuration', codec: 'hevc', trackId: 0, configuration: hex('0101') }],
  ],
  [
    'HEVC coded frames carry an offset',
    'video',
    '91 68766331 ffffff aa',
    [videoFrame({ codec: 'hevc', isKeyframe: true, compositionOffsetMs: -1, data: hex('aa') })],
  ],
  [
    'HEVC coded frames X carry none',
    'video',
    'a3 68766331 aabbcc',
    [videoFrame({ codec: 'hevc', data: hex('aabbcc') })],
  ],
  [
    'avc1 coded frames carry an offset',
    'video',
    'a1 61766331 000021 aa',
    [videoFrame({ codec: 'h264', compositionOffsetMs: 33, data: hex('aa') })],
  ],
  [
    'AV1 coded frames never carry one',
    'video',
    '91 61763031 0a0b0c',
    [videoFrame({ codec: 'av1', isKeyframe: true, data: hex('0a0b0c') })],
  ],
  [
    'VP9 coded frames never carry one',
    'video',
    'a1 76703039 0a0b0c',
    [videoFrame({ codec: 'vp9', data: hex('0a0b0c') })],
  ],
  ['colour metadata', 'video', '94 61763031 02', [{ role: 'video-metadata', trackId: 0, data: hex('02') }]],
  ['end of an enhanced sequence', 'video', '92 61763031', [{ role: 'sequence-end', trackId: 0 }]],
  ['unknown FourCC', 'video', '91 78787878 aabb', []],
  ['enhanced video command', 'video', 'd1 00', []],
  [
    'Opus configuration',
    'audio',
    '90 4f707573 4f70',
    [{ role: 'audio-configuration', codec: 'opus', trackId: 0, configuration: hex('4f70') }],
  ],
  [
    'empty Opus configuration',
    'audio',
    '90 4f707573',
    [{ role: 'audio-configuration', codec: 'opus', trackId: 0, configuration: hex('') }],
  ],
  ['empty enhanced AAC configuration', 'audio', '90 6d703461', []],
  ['Opus frame', 'audio', '91 4f707573 fc01', [audioFrame({ codec: 'opus', data: hex('fc01') })]],
  ['multichannel order', 'audio', '94 4f707573 0002', []],
  ['AC-3', 'audio', '91 61632d33 0b77', [audioFrame({ codec: 'ac3', data: hex('0b77') })]],
  [
    'FLAC configuration with its marker',
    'audio',
    `90 664c6143 664c6143 80000022 ${'ab'.repeat(34)}`,
    [{ role: 'audio-configuration', codec: 'flac', trackId: 0, configuration: hex('ab'.repeat(34)) }],
  ],
  [
    'FLAC configuration without a marker',
    'audio',
    `90 664c6143 ${'ab'.repeat(34)}`,
    [{ role: 'audio-configuration', codec: 'flac', trackId: 0, configuration: hex('ab'.repeat(34)) }],
  ],
  [
    'one track of many',
    'video',
    '96 01 61766331 02 000010 aabb',
    [videoFrame({ codec: 'h264', trackId: 2, isKeyframe: true, compositionOffsetMs: 16, data: hex('aabb') })],
  ],
  [
    'many tracks of one codec',
    'video',
    '96 11 61763031 00 000002 aabb 01 000001 cc',
    [
      videoFrame({ codec: 'av1', isKeyframe: true, data: hex('aabb') }),
      videoFrame({ codec: 'av1', trackId: 1, isKeyframe: true, data: hex('cc') }),
    ],
  ],
  [
    'many tracks of many codecs',
    'video',
    'a6 21 61763031 00 000002 aabb 68766331 05 000004 000001 cc',
    [
      videoFrame({ codec: 'av1', data: hex('aabb') }),
      videoFrame({ codec: 'hevc', trackId: 5, compositionOffsetMs: 1, data: hex('cc') }),
    ],
  ],
  [
    'many audio tracks',
    'audio',
    '95 11 4f707573 00 000001 fc 03 000002 fcfc',
    [audioFrame({ codec: 'opus', data: hex('fc') }), audioFrame({ codec: 'opus', trackId: 3, data: hex('fcfc') })],
  ],
  ['multitrack in multitrack', 'video', '96 06 61766331 00 aa', []],
  [
    'the tracks before one that is cut',
    'video',
    'a6 11 61763031 00 000001 aa 01 0000ff bb',
    [videoFrame({ codec: 'av1', data: hex('aa') })],
  ],
  [
    'ModEx: nanoseconds',
    'video',
    '97 02 0003e8 01 61763031 aa',
    [videoFrame({ codec: 'av1', isKeyframe: true, offsetNanos: 1000, data: hex('aa') })],
  ],
  [
    'ModEx twice, the first unknown, the second long',
    'audio',
    `97 00 ff 17 ff 0003 00000500 01 4f707573 fc`,
    [audioFrame({ codec: 'opus', offsetNanos: 5, data: hex('fc') })],
  ],
  ['ModEx without end', 'video', '97 00 00 07 00 00 07', []],
];

describe('a tag says', () => {
  for (const [name, kind, body, contents] of VECTORS) {
    test(name, () => assert.deepEqual(readTagContents(tagOf(kind, 0, body)), contents));
  }

  test('script data by its name, with and without its wrapper', () => {
    const values = '08 00000001 0005 7769647468 00 4084000000000000 000009';
    const plain = readTagContents(tagOf('data', 0, `02 000a 6f6e4d65746144617461 ${values}`));
    const wrapped = readTagContents(
      tagOf('data', 0, `02 000d 40736574446174614672616d65 02 000a 6f6e4d65746144617461 ${values}`),
    );
    assert.deepEqual(plain, wrapped);
    assert.deepEqual(plain, [
      {
        role: 'script',
        name: 'onMetaData',
        values: [{ type: 'ecma-array', count: 1, properties: [['width', { type: 'number', value: 640 }]] }],
      },
    ]);
  });

  test('nothing where script data has no name', () => {
    for (const body of ['', '05', '00 4084000000000000', 'ff'])
      assert.deepEqual(readTagContents(tagOf('data', 0, body)), []);
  });
});

test('every cut of every vector is survived', () => {
  for (const [, kind, body] of VECTORS) {
    const bytes = hex(body);
    for (let length = 0; length <= bytes.byteLength; length++)
      readTagContents(tagOf(kind, 0, bytes.subarray(0, length)));
  }
});

test('any bytes are survived', () => {
  fc.assert(
    fc.property(anyTags, (tags) => {
      for (const tag of tags) readTagContents(tag);
    }),
  );
});

test('bytes in the result are views into the body', () => {
  const [content] = readTagContents(AUDIO_CONFIGURATION);
  assert.equal(
    content?.role === 'audio-configuration' && content.configuration.buffer,
    AUDIO_CONFIGURATION.body.buffer,
  );
});
