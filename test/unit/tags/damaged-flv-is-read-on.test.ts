// Wrong sizes, flipped bits, lost bytes, restarts and things that are no FLV: reading goes on, or stops with a reason.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SwarmtubeError } from '../../../shared/basics/errors.ts';
import { FlvTagReader } from '../../../shared/tags/flv-tag-reader.ts';
import { encodeFlvTag } from '../../../shared/tags/flv-tag-writer.ts';
import type { Tag } from '../../../shared/tags/tag.ts';
import { fc } from '../../support/properties.ts';
import { audioFrame, concat, cutAt, flvOf, hex, tagOf, videoFrame } from './samples.ts';

const STREAM: readonly Tag[] = Array.from({ length: 40 }, (_, index) =>
  index % 2 === 0
    ? videoFrame(index * 20, { isKeyframe: index === 0, data: '0000000c 4161626364656667 68696a6b' })
    : audioFrame(index * 20, 'deadbeef0011'),
);

describe('PreviousTagSize', () => {
  for (const [name, size] of [
    ['0 behind every tag', () => 0],
    ['the length of the body alone', (tag: Tag) => tag.body.byteLength],
    ['a number without meaning', () => 0x01020304],
  ] as const) {
    test(`${name}: every tag is read`, () => {
      const reader = new FlvTagReader();
      const bytes = concat(flvOf([]), ...STREAM.map((tag) => withPreviousTagSize(tag, size(tag))));
      const tags = [...cutAt(bytes, [100, 101, 500, 777]).flatMap((piece) => reader.push(piece)), ...reader.end()];
      assert.deepEqual(tags, STREAM);
      assert.deepEqual(
        reader.faults.map((fault) => [fault.code, fault.count]),
        [['previous-tag-size', 40]],
      );
    });
  }

  test('always wrong: from the second tag on each is handed out with its last byte', () => {
    const reader = new FlvTagReader();
    reader.push(concat(flvOf([]), withPreviousTagSize(audioFrame(0), 0), withPreviousTagSize(audioFrame(23), 0)));
    assert.equal(reader.push(withPreviousTagSize(audioFrame(46), 0)).length, 1);
  });

  test('missing behind the last tag: the tag is given at the end', () => {
    const reader = new FlvTagReader();
    const bytes = flvOf(STREAM).subarray(0, -4);
    assert.equal(reader.push(bytes).length, STREAM.length - 1);
    assert.deepEqual(reader.end(), [STREAM.at(-1)]);
    assert.deepEqual(
      reader.faults.map((fault) => fault.code),
      ['truncated'],
    );
  });
});

describe('damage', () => {
  test('lost bytes cost the tags that they were in, wherever they were lost', () => {
    const bytes = flvOf(STREAM);
    for (let from = 13; from < bytes.byteLength - 200; from += 3) {
      const reader = new FlvTagReader();
      const tags = [...reader.push(concat(bytes.subarray(0, from), bytes.subarray(from + 25))), ...reader.end()];
      assert.ok(tags.length >= STREAM.length - 3, `lost at ${from}: ${tags.length} tags`);
      assert.deepEqual(tags.at(-1), STREAM.at(-1));
      assert.deepEqual(strangers(tags), [], `lost at ${from}`);
    }
  });

  test('any flipped bit costs two tags at most, and gives the same however it is cut', () => {
    const bytes = flvOf(STREAM);
    const places = [3, 50, 133, 400, 401, 900, 1180];
    for (let bit = 13 * 8; bit < bytes.byteLength * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      const whole = new FlvTagReader();
      const tags = [...whole.push(damaged), ...whole.end()];
      assert.ok(tags.length >= STREAM.length - 2, `bit ${bit}: ${tags.length} tags`);
      const inPieces = new FlvTagReader();
      const again = [...cutAt(damaged, places).flatMap((piece) => inPieces.push(piece)), ...inPieces.end()];
      assert.deepEqual(again, tags, `bit ${bit}`);
    }
  });

  test('garbage between tags is skipped and told once', () => {
    const garbage = new Uint8Array(5000).fill(0xa5);
    const reader = new FlvTagReader();
    const tags = reader.push(concat(flvOf(STREAM), garbage, ...STREAM.map(encodeFlvTag)));
    assert.equal(tags.length, STREAM.length * 2);
    assert.deepEqual(
      reader.faults.map((fault) => [fault.code, fault.count]),
      [['damaged', 1]],
    );
  });

  test('a length that is far too long does not hold up the feed for its sake', () => {
    const reader = new FlvTagReader();
    const broken = encodeFlvTag(videoFrame(0));
    broken[1] = 0x70; // over 7 MiB
    const tags = reader.push(concat(flvOf([audioFrame(0)]), broken));
    const sent = Array.from({ length: 400 }, (_, index) => tagOf('video', index * 40, new Uint8Array(1000).fill(0x27)));
    let fed = 0;
    for (const tag of sent) {
      fed++;
      tags.push(...reader.push(encodeFlvTag(tag)));
      if (tags.length > 1) break;
    }
    assert.ok(fed < 300, `${fed} KB had to come`);
    assert.deepEqual(tags.slice(1), sent.slice(0, fed));
  });

  test('endless garbage is given up with a reason, in bounded memory', () => {
    const reader = new FlvTagReader();
    reader.push(flvOf(STREAM));
    const piece = new Uint8Array(64 * 1024).fill(0x5a);
    assert.throws(
      () => {
        for (let index = 0; index < 1000; index++) {
          reader.push(piece);
          assert.ok(reader.bytesBuffered < 256 * 1024);
        }
      },
      { code: 'flv-lost' },
    );
    assert.throws(() => reader.push(piece), { code: 'flv-lost' });
  });

  test('garbage that looks like tags is given up as well', () => {
    const reader = new FlvTagReader();
    reader.push(flvOf(STREAM));
    // Every 11 bytes a head that claims half a megabyte.
    const heads = concat(...Array.from({ length: 6000 }, () => hex('09 080000 000000 00 000000')));
    assert.throws(
      () => {
        for (let index = 0; index < 300; index++) {
          reader.push(heads);
          assert.ok(reader.bytesBuffered < 3 * 1024 * 1024, `${reader.bytesBuffered}`);
        }
      },
      { code: 'flv-lost' },
    );
  });

  test('whatever comes behind the header is survived', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.array(fc.nat(), { maxLength: 5 }), (bytes, places) => {
        const reader = new FlvTagReader();
        for (const piece of cutAt(concat(flvOf([]), bytes), places)) reader.push(piece);
        reader.end();
      }),
      { numRuns: 300 },
    );
  });
});

describe('a source that begins again', () => {
  test('is told in its place, at the end of a tag', () => {
    const reader = new FlvTagReader();
    const events = reader.read(concat(flvOf(STREAM.slice(0, 3)), flvOf(STREAM.slice(0, 2))));
    assert.deepEqual(
      events.map((event) => event.type),
      ['tag', 'tag', 'tag', 'restart', 'tag', 'tag'],
    );
    assert.equal(reader.restarts, 1);
  });

  test('is told in its place, in mid-tag', () => {
    const bytes = flvOf(STREAM.slice(0, 3));
    for (let cut = 14; cut < bytes.byteLength; cut++) {
      const reader = new FlvTagReader();
      const events = reader.read(concat(bytes.subarray(0, cut), flvOf(STREAM)));
      const restart = events.findIndex((event) => event.type === 'restart');
      assert.ok(restart >= 0, `cut at ${cut}`);
      const tags = events.slice(restart + 1).flatMap((event) => (event.type === 'tag' ? [event.tag] : []));
      assert.deepEqual(tags, STREAM, `cut at ${cut}`);
    }
  });
});

describe('tags that cannot be used', () => {
  test('encrypted ones are left out and counted', () => {
    const encrypted = encodeFlvTag(audioFrame(20));
    encrypted[0] = 0x28;
    const reader = new FlvTagReader();
    assert.equal(reader.push(concat(flvOf([audioFrame(0)]), encrypted, encodeFlvTag(audioFrame(40)))).length, 2);
    assert.deepEqual(
      reader.faults.map((fault) => fault.code),
      ['encrypted'],
    );
  });

  test('unknown types are left out and counted', () => {
    const strange = encodeFlvTag(audioFrame(20));
    strange[0] = 15;
    const reader = new FlvTagReader();
    assert.equal(reader.push(concat(flvOf([audioFrame(0)]), strange, encodeFlvTag(audioFrame(40)))).length, 2);
    assert.deepEqual(
      reader.faults.map((fault) => fault.code),
      ['unknown-tag-type'],
    );
  });
});

describe('what is no FLV', () => {
  for (const [name, text, sentence] of [
    ['a web page', '<!DOCTYPE html><html>', /web page/],
    ['a web page after white space', '\r\n  <html><body>hello', /web page/],
    ['a playlist', '#EXTM3U\n#EXT-X-VERSION:3', /HLS playlist/],
    ['an error in JSON', '{"error": "no such stream"}', /JSON/],
    ['an MP4 file', '\u0000\u0000\u0000\u0018ftypisom\u0000\u0000\u0002\u0000', /MP4/],
    ['a transport stream', `G@\u0000\u0010${'\u0000'.repeat(20)}`, /transport stream/],
    ['anything else', 'hello, this is a text', /begins with 68 65 6c/],
    ['a short text', 'oops', /begins with 6f 6f/],
    ['nothing', '', /empty/],
  ] as const) {
    test(`${name} is recognised in its first bytes`, () => {
      const reader = new FlvTagReader();
      const expected = (thrown: unknown): boolean =>
        thrown instanceof SwarmtubeError && thrown.code === 'not-flv' && sentence.test(thrown.message);
      assert.throws(() => {
        for (const byte of Buffer.from(text, 'latin1').subarray(0, 16)) reader.push(Uint8Array.of(byte));
        reader.end();
      }, expected);
    });
  }
});

function withPreviousTagSize(tag: Tag, size: number): Uint8Array {
  const bytes = encodeFlvTag(tag);
  new DataView(bytes.buffer).setUint32(bytes.byteLength - 4, size);
  return bytes;
}

/** Tags that were never sent; one whose end was lost may be longer or shorter than it was. */
function strangers(tags: readonly Tag[]): Tag[] {
  const known = new Set(STREAM.map((tag) => tag.timestampMs));
  return tags.filter((tag) => !known.has(tag.timestampMs));
}
