// AMF0 beyond the conformance vectors: rare types, missing ends, wrong counts, limits, and values of every shape there and back.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Amf0Value,
  amf0Properties,
  amf0Property,
  decodeAmf0,
  decodeAmf0Leniently,
  encodeAmf0,
} from '../../../shared/tags/amf0.ts';
import { fc } from '../../support/properties.ts';
import { hex, toHex } from './samples.ts';

const VECTORS: readonly [name: string, bytes: string, value: Amf0Value][] = [
  ['undefined', '06', { type: 'undefined' }],
  ['unsupported', '0d', { type: 'unsupported' }],
  ['reference', '070102', { type: 'reference', index: 258 }],
  ['long string', '0c00000002 6869', { type: 'long-string', value: 'hi' }],
  ['XML document', '0f00000004 3c612f3e', { type: 'xml', value: '<a/>' }],
  ['date before 1970 in a time zone', '0bc08f400000000000 ffc4', { type: 'date', epochMs: -1000, timeZone: -60 }],
  [
    'typed object',
    '10 0003 466f6f 0001 61 05 000009',
    { type: 'typed-object', className: 'Foo', properties: [['a', { type: 'null' }]] },
  ],
  [
    'an ECMA array that counts 0',
    '0800000000 0001 61 0101 000009',
    { type: 'ecma-array', count: 0, properties: [['a', { type: 'boolean', value: true }]] },
  ],
  ['an empty name that ends nothing', '03 0000 05 000009', { type: 'object', properties: [['', { type: 'null' }]] }],
];

describe('AMF0', () => {
  for (const [name, bytes, value] of VECTORS) {
    test(`${name}: there and back`, () => {
      assert.deepEqual(decodeAmf0(hex(bytes)), [value]);
      assert.equal(toHex(encodeAmf0([value])), bytes.replaceAll(' ', ''));
    });
  }

  test('an end marker that is missing is forgiven', () => {
    assert.deepEqual(decodeAmf0(hex('08 00000001 0001 61 0101')), [
      { type: 'ecma-array', count: 1, properties: [['a', { type: 'boolean', value: true }]] },
    ]);
  });

  test('values before the damage are kept by lenient reading alone', () => {
    const bytes = hex('02 0001 61 ff');
    assert.throws(() => decodeAmf0(bytes), { code: 'amf0' });
    assert.deepEqual(decodeAmf0Leniently(bytes), [{ type: 'string', value: 'a' }]);
  });

  test('AMF3 is refused', () => assert.throws(() => decodeAmf0(hex('11 01')), { code: 'amf0' }));

  test('depth is limited', () => {
    const deep = hex(`${'0300 0161'.replaceAll(' ', '').repeat(5000)}05`);
    assert.throws(() => decodeAmf0(deep), { code: 'amf0' });
  });

  test('an array is not made for a count that cannot be', () => {
    assert.throws(() => decodeAmf0(hex('0a ffffffff 05')), { code: 'amf0' });
  });

  test('the number of values is limited', () => {
    assert.throws(() => decodeAmf0(new Uint8Array(300_000).fill(5)), { code: 'amf0' });
  });

  test('a string that is too long for its marker is written as a long one', () => {
    const [value] = decodeAmf0(encodeAmf0([{ type: 'string', value: 'x'.repeat(70_000) }]));
    assert.equal(value?.type, 'long-string');
  });

  test('properties are found by name, the last of several', () => {
    const value = decodeAmf0(hex('03 0001 61 0100 0001 61 0101 000009'))[0];
    assert.deepEqual(amf0Property(value, 'a'), { type: 'boolean', value: true });
    assert.equal(amf0Property(value, 'b'), undefined);
    assert.deepEqual(amf0Properties({ type: 'null' }), []);
  });

  test('any value comes back as it was', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 5 }), (values) =>
        assert.deepEqual(decodeAmf0(encodeAmf0(values)), values),
      ),
    );
  });

  test('any bytes are read or refused, never worse', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeAmf0Leniently(bytes)),
      { numRuns: 500 },
    );
  });
});

const anyText = fc.string({ unit: 'grapheme', maxLength: 20 });
const { value: anyValue } = fc.letrec<{ value: Amf0Value; properties: [string, Amf0Value][] }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.record({ type: fc.constant('number' as const), value: fc.double() }, { noNullPrototype: true }),
    fc.record({ type: fc.constant('boolean' as const), value: fc.boolean() }, { noNullPrototype: true }),
    fc.record(
      { type: fc.constantFrom('string' as const, 'long-string' as const, 'xml' as const), value: anyText },
      { noNullPrototype: true },
    ),
    fc.record(
      { type: fc.constantFrom('null' as const, 'undefined' as const, 'unsupported' as const) },
      { noNullPrototype: true },
    ),
    fc.record({ type: fc.constant('reference' as const), index: fc.nat(0xffff) }, { noNullPrototype: true }),
    fc.record(
      { type: fc.constant('date' as const), epochMs: fc.integer(), timeZone: fc.integer({ min: -720, max: 720 }) },
      { noNullPrototype: true },
    ),
    fc.record({ type: fc.constant('object' as const), properties: tie('properties') }, { noNullPrototype: true }),
    fc.record(
      { type: fc.constant('typed-object' as const), className: anyText, properties: tie('properties') },
      { noNullPrototype: true },
    ),
    fc.record(
      { type: fc.constant('ecma-array' as const), count: fc.nat(), properties: tie('properties') },
      { noNullPrototype: true },
    ),
    fc.record(
      { type: fc.constant('strict-array' as const), values: fc.array(tie('value'), { maxLength: 3 }) },
      { noNullPrototype: true },
    ),
  ),
  properties: fc.array(fc.tuple(anyText, tie('value')), { maxLength: 3 }),
}));
