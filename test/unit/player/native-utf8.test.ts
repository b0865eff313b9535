// What the build puts in the place of shared/bytes/utf8.ts answers as it does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as native from '../../../player/native-utf8.ts';
import * as ours from '../../../shared/bytes/utf8.ts';
import { fc } from '../../support/properties.ts';

test('every text is encoded to the same bytes, lone surrogates too', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.deepEqual(native.encodeUtf8(text), ours.encodeUtf8(text));
    }),
  );
  assert.deepEqual(native.encodeUtf8('a\ud800b'), ours.encodeUtf8('a\ud800b'));
});

test('what was encoded is decoded to the same text, a byte order mark included', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const bytes = ours.encodeUtf8(`\ufeff${text}`);
      assert.equal(native.decodeUtf8(bytes), ours.decodeUtf8(bytes));
    }),
  );
});

test('a broken byte is a replacement character to both', () => {
  const bytes = Uint8Array.of(0x61, 0xff, 0x62);
  assert.equal(native.decodeUtf8(bytes), ours.decodeUtf8(bytes));
});
