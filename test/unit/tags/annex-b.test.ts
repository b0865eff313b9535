// Frames with start codes between their NAL units get lengths; frames that have lengths are left alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toLengthPrefixed } from '../../../shared/tags/codecs/annex-b.ts';
import { fc } from '../../support/properties.ts';
import { hex, toHex } from './samples.ts';

for (const [name, frame, lengthBytes, expected] of [
  ['two units, long start codes', '00000001 09f0 00000001 65aabb', 4, '00000002 09f0 00000003 65aabb'],
  ['short start codes', '000001 09f0 000001 65aabb', 4, '00000002 09f0 00000003 65aabb'],
  ['lengths of two bytes', '00000001 09f0 000001 65aabb', 2, '0002 09f0 0003 65aabb'],
  ['padding and empty units', '00000001 09f0 0000 000001 000001 65aabb 00', 4, '00000002 09f0 00000003 65aabb'],
  ['lengths already', '00000002 09f0 00000003 65aabb', 4, '00000002 09f0 00000003 65aabb'],
  ['a length that looks like a start code', '00000001 0a 00000002 09f0', 4, '00000001 0a 00000002 09f0'],
  ['nothing', '', 4, ''],
] as const) {
  test(name, () => assert.equal(toHex(toLengthPrefixed(hex(frame), lengthBytes)), expected.replaceAll(' ', '')));
}

test('a frame with lengths is given back itself', () => {
  const frame = hex('00000002 09f0');
  assert.equal(toLengthPrefixed(frame, 4), frame);
});

test('any bytes are survived', () => {
  const anyFrame = fc
    .array(fc.constantFrom(0, 1, 2, 3, 0x65), { maxLength: 60 })
    .map((bytes) => Uint8Array.from(bytes));
  fc.assert(
    fc.property(
      anyFrame,
      fc.constantFrom(1, 2, 3, 4),
      (frame, lengthBytes) => void toLengthPrefixed(frame, lengthBytes),
    ),
  );
});
