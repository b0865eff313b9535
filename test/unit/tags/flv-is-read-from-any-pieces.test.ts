// Whatever tags were written come out again, however the bytes are cut, wherever they end; property tests.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlvTagReader } from '../../../shared/tags/flv-tag-reader.ts';
import { encodeFlvHeader, encodeFlvTag, flvTagLength } from '../../../shared/tags/flv-tag-writer.ts';
import { fc } from '../../support/properties.ts';
import { anyTags, audioFrame, concat, cutAt, flvOf, hex, tagOf, toHex, videoFrame } from './samples.ts';

test('a tag is written as the specification says', () => {
  const tag = tagOf('video', 0x12_345678, 'aabb');
  assert.equal(toHex(encodeFlvTag(tag)), '09000002345678120000' + '00aabb0000000d');
  assert.equal(flvTagLength(tag), 17);
  assert.equal(toHex(encodeFlvHeader({ hasAudio: true, hasVideo: false })), '464c5601040000000900000000');
});

test('a time beyond 32 bits is written modulo 2^32', () => {
  const written = encodeFlvTag(tagOf('audio', 2 ** 32 + 5, ''));
  assert.equal(toHex(written.subarray(4, 8)), '00000500');
});

test('any split gives the same tags, without a fault', () => {
  fc.assert(
    fc.property(anyTags, fc.array(fc.nat(), { maxLength: 30 }), (tags, places) => {
      const reader = new FlvTagReader();
      const read = cutAt(flvOf(tags), places).flatMap((piece) => reader.push(piece));
      assert.deepEqual(read, tags);
      assert.deepEqual(reader.end(), []);
      assert.deepEqual(reader.faults, []);
      assert.equal(reader.bytesBuffered, 0);
    }),
  );
});

test('any cut gives the tags that are whole', () => {
  fc.assert(
    fc.property(anyTags, fc.nat(), (tags, place) => {
      const whole = flvOf(tags);
      const [bytes] = cutAt(whole, [Math.max(13, place % (whole.byteLength + 1))]) as [Uint8Array];
      const reader = new FlvTagReader();
      const read = [...reader.push(bytes), ...reader.end()];
      // A body that is there counts, though its PreviousTagSize is missing.
      const missing = tags.length - read.length;
      assert.deepEqual(read, tags.slice(0, read.length));
      const lengthOfNext = missing > 0 ? flvTagLength(tags[read.length] as (typeof tags)[number]) - 4 : 0;
      const lengthRead = flvOf(tags.slice(0, read.length)).byteLength;
      assert.ok(missing === 0 || bytes.byteLength < lengthRead + lengthOfNext);
    }),
  );
});

test('a tag is handed out with its last byte', () => {
  const reader = new FlvTagReader();
  const bytes = flvOf([videoFrame(0), audioFrame(5)]);
  assert.equal(reader.push(bytes.subarray(0, -1)).length, 1);
  assert.equal(reader.push(bytes.subarray(-1)).length, 1);
});

test('bodies do not change when the buffer they came in is used again', () => {
  const reader = new FlvTagReader();
  const buffer = new Uint8Array(64);
  const bytes = flvOf([audioFrame(0, '11223344'), audioFrame(23, '55667788')]);
  const tags = cutAt(bytes, [20, 35, 50]).flatMap((piece) => {
    buffer.set(piece);
    return reader.push(buffer.subarray(0, piece.byteLength));
  });
  assert.deepEqual(
    tags.map((tag) => toHex(tag.body)),
    ['af0111223344', 'af0155667788'],
  );
});

test('bodies are plain bytes, though they came as a Buffer', () => {
  const [tag] = new FlvTagReader().push(Buffer.from(flvOf([audioFrame(0)])));
  assert.equal(tag?.body.constructor, Uint8Array);
});

test('a header longer than nine bytes is skipped', () => {
  const bytes = concat(hex('464c5601 05 0000000c ffffff 00000000'), encodeFlvTag(audioFrame(7)));
  const reader = new FlvTagReader();
  assert.deepEqual(reader.push(bytes), [audioFrame(7)]);
  assert.deepEqual(reader.faults, []);
});

test('a header length that cannot be is taken for nine', () => {
  for (const length of ['00000000', '00000008', 'ffffffff']) {
    const reader = new FlvTagReader();
    const bytes = concat(hex(`464c5601 05 ${length} 00000000`), encodeFlvTag(audioFrame(7)));
    assert.deepEqual(reader.push(bytes), [audioFrame(7)]);
    assert.deepEqual(
      reader.faults.map((fault) => fault.code),
      ['header'],
    );
  }
});

test('a header without PreviousTagSize behind it is read', () => {
  const reader = new FlvTagReader();
  const bytes = concat(hex('464c5601 05 00000009'), encodeFlvTag(audioFrame(7)), encodeFlvTag(audioFrame(30)));
  assert.deepEqual(reader.push(bytes), [audioFrame(7), audioFrame(30)]);
});

test('bytes that begin at a tag are read when that is said', () => {
  const reader = new FlvTagReader({ startsAt: 'tag' });
  assert.deepEqual(reader.push(encodeFlvTag(videoFrame(40))), [videoFrame(40)]);
});

test('one byte at a time does not copy what waits again and again', () => {
  const large = tagOf('video', 0, new Uint8Array(400_000).fill(0x27));
  const reader = new FlvTagReader();
  const tags = Array.from(flvOf([large]), (byte) => reader.push(Uint8Array.of(byte))).flat();
  assert.equal(tags.length, 1);
});
