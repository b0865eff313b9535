// Readers, writers, queues and texts of the pure layers agree with Node's own, and never read or write beyond their bytes.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeBase64Url, encodeBase64Url } from '../../../shared/bytes/base64url.ts';
import { BitReader } from '../../../shared/bytes/bit-reader.ts';
import { ByteQueue } from '../../../shared/bytes/byte-queue.ts';
import { ByteReader, TruncatedError } from '../../../shared/bytes/byte-reader.ts';
import { ByteWriter } from '../../../shared/bytes/byte-writer.ts';
import { decodeUtf8, encodeUtf8 } from '../../../shared/bytes/utf8.ts';
import { fc } from '../../support/properties.ts';

const anyBytes = fc.uint8Array({ maxLength: 200 });

describe('a byte reader', () => {
  test('reads big-endian numbers, signed and unsigned', () => {
    const reader = new ByteReader(
      Uint8Array.from(
        Buffer.from(
          'ff fffe fffffd fffffc fffffffb ffffffffffff fff0 fffffff1 3ff8000000000000'.replaceAll(' ', ''),
          'hex',
        ),
      ),
    );
    assert.deepEqual(
      [
        reader.u8(),
        reader.u16(),
        reader.u24(),
        reader.i24(),
        reader.u32(),
        reader.u48(),
        reader.i16(),
        reader.i32(),
        reader.f64(),
      ],
      [0xff, 0xfffe, 0xfffffd, -4, 0xfffffffb, 2 ** 48 - 1, -16, -15, 1.5],
    );
    assert.equal(reader.remaining, 0);
  });

  test('refuses every read past the end, and stays where it was', () => {
    const reads: ((reader: ByteReader) => unknown)[] = [
      (reader) => reader.u8(),
      (reader) => reader.u48(),
      (reader) => reader.f64(),
      (reader) => reader.slice(1),
      (reader) => reader.utf8(5),
      (reader) => reader.skip(1),
    ];
    for (const read of reads) {
      const reader = new ByteReader(new Uint8Array(3).subarray(3));
      assert.throws(() => read(reader), TruncatedError);
      assert.equal(reader.offset, 0);
    }
  });

  test('gives views of a view', () => {
    const whole = Uint8Array.of(9, 1, 2, 3, 9);
    const reader = new ByteReader(whole.subarray(1, 4));
    assert.deepEqual([...reader.slice(1)], [1]);
    assert.deepEqual([...reader.rest()], [2, 3]);
  });
});

describe('a byte writer', () => {
  test('writes what a reader reads', () => {
    const numbers = fc.tuple(
      fc.nat(0xff),
      fc.nat(0xffff),
      fc.nat(0xffffff),
      fc.nat(0xffffffff),
      fc.nat(2 ** 48 - 1),
      fc.integer(),
      fc.double(),
    );
    fc.assert(
      fc.property(numbers, fc.nat(40), anyBytes, ([u8, u16, u24, u32, u48, i32, f64], expected, bytes) => {
        const written = new ByteWriter(expected)
          .u8(u8)
          .u16(u16)
          .u24(u24)
          .bytes(bytes)
          .u32(u32)
          .u48(u48)
          .i32(i32)
          .f64(f64)
          .u64(u48)
          .finish();
        const reader = new ByteReader(written);
        assert.deepEqual([reader.u8(), reader.u16(), reader.u24()], [u8, u16, u24]);
        assert.deepEqual(reader.slice(bytes.byteLength), bytes);
        assert.deepEqual([reader.u32(), reader.u48(), reader.i32(), reader.f64()], [u32, u48, i32, f64]);
        assert.deepEqual([reader.u16(), reader.u48(), reader.remaining], [0, u48, 0]);
      }),
    );
  });

  test('grows wherever its buffer ends', () => {
    for (let filled = 0; filled <= 20; filled++) {
      const written = new ByteWriter(16)
        .bytes(new Uint8Array(filled).fill(7))
        .f64(0.5)
        .bytes(Uint8Array.of(1, 2, 3))
        .finish();
      assert.deepEqual([...written], [...Array(filled).fill(7), 0x3f, 0xe0, 0, 0, 0, 0, 0, 0, 1, 2, 3]);
    }
  });

  test('overwrites a size that is known later', () => {
    const writer = new ByteWriter().u32(0).utf8('abc');
    writer.setU32(0, writer.length);
    assert.deepEqual([...writer.finish()], [0, 0, 0, 7, 97, 98, 99]);
  });
});

describe('a byte queue', () => {
  test('agrees with a plain array, whatever is appended and consumed', () => {
    const step = fc.record({ piece: fc.uint8Array({ maxLength: 50 }), consumed: fc.nat(80), settles: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new ByteQueue();
        let model: number[] = [];
        let offset = 0;
        for (const { piece, consumed, settles } of steps) {
          const lent = piece.slice();
          queue.append(lent);
          model.push(...piece);
          const taken = Math.min(consumed, model.length);
          queue.consume(consumed);
          model = model.slice(taken);
          offset += taken;
          if (settles) {
            queue.settle();
            lent.fill(0xee);
          }
          assert.equal(queue.length, model.length);
          assert.equal(queue.offset, offset);
          assert.deepEqual([...queue.copy(0, queue.length)], model);
          assert.deepEqual([...queue.peek(1, 3)], model.slice(1, 3));
          assert.equal(queue.u8(model.length), 0);
          if (model.length >= 4) assert.equal(queue.u32(0), Buffer.from(model.slice(0, 4)).readUInt32BE());
        }
      }),
    );
  });

  test('takes a megabyte byte by byte', () => {
    const queue = new ByteQueue();
    for (let count = 0; count < 1_000_000; count++) {
      queue.append(Uint8Array.of(count & 0xff));
      queue.settle();
    }
    assert.equal(queue.length, 1_000_000);
    assert.equal(queue.u8(999_999), 999_999 & 0xff);
  });
});

describe('a bit reader', () => {
  test('reads bits across bytes, up to 32', () => {
    const bits = new BitReader(Uint8Array.of(0b1010_0000, 0xff, 0xff, 0xff, 0xff, 0b0100_0000));
    assert.deepEqual([bits.flag(), bits.bits(2), bits.bits(5)], [true, 1, 0]);
    assert.deepEqual([bits.bits(32), bits.bits(2), bits.remaining], [0xffff_ffff, 1, 6]);
    assert.throws(() => bits.bits(7), TruncatedError);
    assert.throws(() => bits.skip(7), TruncatedError);
  });

  test('reads Exp-Golomb codes as the specification lists them', () => {
    // 1 · 010 · 011 · 00100 · 00101 · 00110 · 00111
    const bytes = Uint8Array.of(0b10100110, 0b01000010, 0b10011000, 0b11100000);
    const codes = new BitReader(bytes);
    assert.deepEqual(
      Array.from({ length: 7 }, () => codes.ue()),
      [0, 1, 2, 3, 4, 5, 6],
    );
    const signed = new BitReader(bytes);
    assert.deepEqual(
      Array.from({ length: 7 }, () => signed.se() + 0),
      [0, 1, -1, 2, -2, 3, -3],
    );
  });

  test('refuses a run of zeros', () => assert.throws(() => new BitReader(new Uint8Array(20)).ue(), TruncatedError));
});

describe('UTF-8', () => {
  test('is written as TextEncoder writes it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) =>
        assert.deepEqual([...encodeUtf8(text)], [...new TextEncoder().encode(text)]),
      ),
    );
  });

  test('is read as TextDecoder reads it where it is well formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) =>
        assert.equal(decodeUtf8(new TextEncoder().encode(text)), text),
      ),
    );
  });

  test('is read without an error where it is not', () => {
    fc.assert(fc.property(anyBytes, (bytes) => assert.equal(typeof decodeUtf8(bytes), 'string')));
    for (const bytes of [[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82], [0x80]]) {
      assert.match(decodeUtf8(Uint8Array.from(bytes)), /\ufffd/);
    }
  });
});

describe('base64url', () => {
  test('is written and read as Node does', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const text = Buffer.from(bytes).toString('base64url');
        assert.equal(encodeBase64Url(bytes), text);
        assert.deepEqual(decodeBase64Url(text), new Uint8Array(bytes));
        assert.deepEqual(decodeBase64Url(` ${Buffer.from(bytes).toString('base64')}\n`), new Uint8Array(bytes));
      }),
    );
  });

  test('refuses what is none', () => {
    for (const text of ['a', 'ab!d', 'äbcd', 'ab cd']) assert.equal(decodeBase64Url(text), undefined);
  });
});
