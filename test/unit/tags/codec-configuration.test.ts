// Codec configurations of real encoders (their files named) and some made by hand are described as browsers must be told.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type AudioDescription,
  describeAudioConfiguration,
  describeVideoConfiguration,
  type VideoDescription,
} from '../../../shared/tags/codec-configuration.ts';
import { browserSupport, unsupportedCodecAdvice } from '../../../shared/tags/codec-support.ts';
import type { AudioCodec, VideoCodec } from '../../../shared/tags/tag-contents.ts';
import { fc } from '../../support/properties.ts';
import { AVCC, hex } from './samples.ts';

const avc = (width: number, height: number, codecString: string, nalLengthBytes = 4): VideoDescription => ({
  width,
  height,
  codecString,
  nalLengthBytes,
});
const picture = (width: number, height: number, codecString: string): VideoDescription =>
  avc(width, height, codecString, 0);

const VIDEO: readonly [name: string, codec: VideoCodec, bytes: string, description: VideoDescription | undefined][] = [
  [
    'High, cropped to 388x300',
    'h264',
    '01640015ffe1001e67640015acd941909f9efff00ed00eb10000030001000003001e0f162d9601000668ebe3cb22c0fdf8f800',
    avc(388, 300, 'avc1.640015'),
  ],
  [
    'Baseline, emulation prevention in its times',
    'h264',
    '0142c01effe100196742c01ed890280bfe5c0440000003004000000c83c58b898001000568c888cb20',
    avc(640, 360, 'avc1.42c01e'),
  ],
  [
    '3840x2160',
    'h264',
    '01640033ffe1001a67640033acca500f0010fb0110000003001000000788f183196001000568e93b2c8b',
    avc(3840, 2160, 'avc1.640033'),
  ],
  [
    'interlaced, cropped in units of four lines',
    'h264',
    '01640028ffe1001b67640028acd94078044f726022000003000200000300643e2c5b2c01000668fba3cb22c0fdf8f800',
    avc(1916, 1076, 'avc1.640028'),
  ],
  [
    '4:2:2, ten bits, standard scaling lists',
    'h264',
    '017a000dffe1001b677a000db6cd9415087888fc0440000003004000000c83c50a658001000768ebe3cb3002c0fefafa00',
    avc(322, 242, 'avc1.7a000d'),
  ],
  [
    '4:4:4, cropped by single pixels',
    'h264',
    '01f4000dffe1001b67f4000d919b282a10f1d0860220000003002000000641e28532c001000668ebe3c44844fff8f800',
    avc(323, 241, 'avc1.f4000d'),
  ],
  [
    'profile left 0 before the parameter set',
    'h264',
    '0142001f0301002f6742801f96520508fcb80a84000003000400000300f3818018680004630ff18e3030030d00008c61fe31c3b428549001000468cb8d48',
    avc(160, 120, 'avc1.42801f'),
  ],
  [
    'NAL lengths of two bytes',
    'h264',
    '0142c01efde100196742c01ed890280bfe5c0440000003004000000c83c58b898001000568c888cb20',
    avc(640, 360, 'avc1.42c01e', 2),
  ],
  ['no parameter set', 'h264', '0142c01effe000', undefined],
  [
    'HEVC Main',
    'hevc',
    '010160000000b000000000005af000fcfdf8f800000f03a00001001840010c01ffff016000000300b0000003000003005a170240a100010023420101016000000300b0000003000003005aa0044200f058817b916452ffcb9fc4fe88a2000100074401c072f05324',
    avc(544, 960, 'hvc1.1.6.L90.B0'),
  ],
  [
    'HEVC of record version 0',
    'hevc',
    '000160000000b000000000005af000fcfdf8f800000f03a00001001840010c01ffff016000000300b0000003000003005a170240a100010023420101016000000300b0000003000003005aa0044200f058817b916452ffcb9fc4fe88a2000100074401c072f05324',
    avc(544, 960, 'hvc1.1.6.L90.B0'),
  ],
  [
    'HEVC Main 10, cropped',
    'hevc',
    '01022000000090000000000078f000fcfdfafa00000f02a00001001840010c01ffff022000000300900000030000030078959809a10001002d420101022000000300900000030000030078a003c08010e754d96566924caf016808000003000800000300c840',
    avc(1918, 1078, 'hvc1.2.4.L120.90'),
  ],
  [
    'HEVC 4:2:2',
    'hevc',
    '0104080000009d08000000003cf000fcfef8f800000f02a00001001740010c01ffff0408000003009d0800000300003c959809a10001002a4201010408000003009d0800000300003cb00a480f9c93e5959a4932bc05a02000000300200000030321',
    avc(322, 242, 'hvc1.4.10.L60.9D.8'),
  ],
  [
    'AV1 High, monochrome bits and all',
    'av1',
    '812400000a0e20000024cfa70dbfff3404340080',
    picture(980, 540, 'av01.1.04M.08'),
  ],
  ['AV1 Main', 'av1', '81080c000a0b00000042abbec3500be001', picture(1918, 1078, 'av01.0.08M.08')],
  ['AV1 High of aom', 'av1', '812000000a0d200000043d07c4daf92021a004', picture(322, 242, 'av01.1.00M.08')],
  ['AV1 without a sequence header', 'av1', '81080c00', picture(0, 0, 'av01.0.08M.08')],
  ['AV1 of another version', 'av1', '82080c00', undefined],
  ['VP9 with box version', 'vp9', '010000000214a20202020000', picture(0, 0, 'vp09.02.20.10')],
  ['VP9 without, level left out', 'vp9', '0000800101010000', picture(0, 0, 'vp09.00.10.08')],
  ['VP6', 'vp6', '01', undefined],
];

const sound = (
  sampleRate: number,
  channels: number,
  codecString: string,
  samplesPerFrame: number,
): AudioDescription => ({
  sampleRate,
  channels,
  codecString,
  samplesPerFrame,
});

const AUDIO: readonly [name: string, codec: AudioCodec, bytes: string, description: AudioDescription | undefined][] = [
  ['AAC-LC', 'aac', '1210', sound(44100, 2, 'mp4a.40.2', 1024)],
  ['AAC-LC, told that there is no SBR', 'aac', '121056e500', sound(44100, 2, 'mp4a.40.2', 1024)],
  ['AAC-LC mono', 'aac', '120856e500', sound(44100, 1, 'mp4a.40.2', 1024)],
  ['AAC-LC 5.1', 'aac', '11b0', sound(48000, 6, 'mp4a.40.2', 1024)],
  ['AAC-LC 7.1', 'aac', '11b8', sound(48000, 8, 'mp4a.40.2', 1024)],
  ['AAC-LC 96 kHz', 'aac', '103056e500', sound(96000, 6, 'mp4a.40.2', 1024)],
  ['AAC-LC of 960 samples', 'aac', '1194', sound(48000, 2, 'mp4a.40.2', 960)],
  ['a rate that has no number', 'aac', '17800fa010', sound(8000, 2, 'mp4a.40.2', 1024)],
  ['HE-AAC, explicit', 'aac', '2b920800', sound(44100, 2, 'mp4a.40.5', 2048)],
  ['HE-AAC, told behind', 'aac', '139056e5a0', sound(44100, 2, 'mp4a.40.5', 2048)],
  ['HE-AAC version 2, explicit', 'aac', 'eb8a0800', sound(44100, 2, 'mp4a.40.29', 2048)],
  ['HE-AAC version 2, told behind', 'aac', '138856e5a54880', sound(44100, 2, 'mp4a.40.29', 2048)],
  ['a reserved rate', 'aac', '1690', undefined],
  ['one byte of AAC', 'aac', '12', undefined],
  ['no AAC', 'aac', '', undefined],
  ['Opus mono', 'opus', '4f707573486561640101380180bb0000000000', sound(48000, 1, 'opus', 960)],
  ['Opus that says nothing', 'opus', '', sound(48000, 2, 'opus', 960)],
  [
    'FLAC',
    'flac',
    '120012000004a30005080ac442f0000022745d105ceb212ad5d36e4f5608def3d8b7',
    sound(44100, 2, 'flac', 4608),
  ],
  ['cut FLAC', 'flac', '12001200', undefined],
  ['MP3 stereo', 'mp3', 'fffb9264ee80e35d', sound(44100, 2, 'mp3', 1152)],
  ['MP3 mono', 'mp3', 'fffb50c400000a64', sound(44100, 1, 'mp3', 1152)],
  ['MP3 of MPEG-2', 'mp3', 'fff380c4002e91d5', sound(22050, 1, 'mp3', 576)],
  ['MP3 of MPEG-2.5', 'mp3', 'ffe340c400000000', sound(11025, 1, 'mp3', 576)],
  ['no MP3', 'mp3', 'aabbccdd', undefined],
  ['Speex', 'speex', '', undefined],
];

describe('video', () => {
  for (const [name, codec, bytes, description] of VIDEO) {
    test(name, () => assert.deepEqual(describeVideoConfiguration(codec, hex(bytes)), description));
  }

  test('the sample of the tests', () =>
    assert.deepEqual(describeVideoConfiguration('h264', AVCC), avc(640, 360, 'avc1.42c01e')));

  test('scaling lists of its own are skipped', () => {
    const bytes =
      '0164000dffe1001b6764000dacd94150878888c044000003000400000300c83c50a65801001b68ebe3cb38411841ce8c63239c41942008508021210043080212c0fdf8f800';
    assert.deepEqual(describeVideoConfiguration('h264', hex(bytes)), avc(322, 242, 'avc1.64000d'));
  });
});

describe('audio', () => {
  for (const [name, codec, bytes, description] of AUDIO) {
    test(name, () => assert.deepEqual(describeAudioConfiguration(codec, hex(bytes)), description));
  }

  test('AAC that describes its own channels is counted', () => {
    // Object 2, rate 4, channels 0, flags 000; element: tag 0, profile 1, rate 4, front 2, side 0, back 1, lfe 1, 0, 0, no mixdown;
    // front: single, pair; back: pair; lfe.
    const bits = [
      '00010',
      '0100',
      '0000',
      '000',
      '0000',
      '01',
      '0100',
      '0010',
      '0000',
      '0001',
      '01',
      '000',
      '0000',
      '000',
      '00000',
      '10000',
      '10000',
      '0000',
    ].join('');
    const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0');
    const bytes = Uint8Array.from(padded.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
    assert.deepEqual(describeAudioConfiguration('aac', bytes), sound(44100, 6, 'mp4a.40.2', 1024));
  });
});

test('any cut and any bytes are described or not, never worse', () => {
  for (const [, codec, bytes] of VIDEO) {
    const whole = hex(bytes);
    for (let length = 0; length < whole.byteLength; length++)
      describeVideoConfiguration(codec, whole.subarray(0, length));
    for (let bit = 0; bit < whole.byteLength * 8; bit++) {
      const damaged = whole.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      describeVideoConfiguration(codec, damaged);
    }
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      for (const codec of ['h264', 'hevc', 'av1', 'vp9'] as const) describeVideoConfiguration(codec, bytes);
      for (const codec of ['aac', 'opus', 'flac', 'mp3'] as const) describeAudioConfiguration(codec, bytes);
    }),
    { numRuns: 500 },
  );
});

describe('a codec that browsers do not play', () => {
  test('is told from those they do', () => {
    assert.deepEqual((['h264', 'aac', 'hevc', 'h263', 'speex'] as const).map(browserSupport), [
      'most',
      'most',
      'some',
      'none',
      'none',
    ]);
  });

  test('comes with the line that helps', () => {
    assert.equal(
      unsupportedCodecAdvice('speex'),
      'No browser plays Speex; have ffmpeg transcode it: ffmpeg -i SOURCE -c:v copy -c:a aac -f flv - | swarmtube seed - --channel NAME',
    );
    assert.match(unsupportedCodecAdvice('h263'), /^No browser plays Sorenson H\.263; .*libx264/);
    assert.match(unsupportedCodecAdvice('hevc'), /^Not every browser plays H\.265/);
  });
});
