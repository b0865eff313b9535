// AMF0 messages of other implementations are decoded to the values they mean and encoded to the same bytes again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amf0Value, decodeAmf0, decodeAmf0Leniently, encodeAmf0 } from '../../shared/tags/amf0.ts';
import { readMedia, requireMedia } from '../support/media.ts';

type Vector = { readonly name: string; readonly hex: string; readonly values: readonly VectorValue[] };
type VectorValue = { readonly t: string; readonly v?: unknown; readonly count?: number; readonly tz?: number };

if (requireMedia()) {
  const vectors = JSON.parse(new TextDecoder().decode(readMedia('amf0/amf0-vectors.shared.json'))) as Vector[];

  test('there are vectors', () => assert.ok(vectors.length >= 20));

  for (const { name, hex, values } of vectors) {
    const bytes = new Uint8Array(Buffer.from(hex, 'hex'));
    test(`${name}: is decoded`, () => assert.deepEqual(decodeAmf0(bytes), values.map(ourValue)));
    test(`${name}: is encoded to the byte`, () => {
      assert.equal(Buffer.from(encodeAmf0(values.map(ourValue))).toString('hex'), hex);
    });
    test(`${name}: any cut and any flipped bit is survived`, () => {
      for (let length = 0; length < bytes.byteLength; length++) decodeAmf0Leniently(bytes.subarray(0, length));
      for (let bit = 0; bit < bytes.byteLength * 8; bit++) {
        const damaged = bytes.slice();
        damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
        decodeAmf0Leniently(damaged);
      }
    });
  }
}

function ourValue(value: VectorValue): Amf0Value {
  switch (value.t) {
    case 'number':
      return { type: 'number', value: value.v as number };
    case 'boolean':
      return { type: 'boolean', value: value.v as boolean };
    case 'string':
      return { type: 'string', value: value.v as string };
    case 'null':
    case 'undefined':
      return { type: value.t };
    case 'object':
      return { type: 'object', properties: ourProperties(value.v) };
    case 'ecma-array':
      return { type: 'ecma-array', count: value.count ?? 0, properties: ourProperties(value.v) };
    case 'strict-array':
      return { type: 'strict-array', values: (value.v as VectorValue[]).map(ourValue) };
    case 'date':
      return { type: 'date', epochMs: value.v as number, timeZone: value.tz ?? 0 };
    default:
      throw new Error(`the vectors have a new type: ${value.t}`);
  }
}

function ourProperties(properties: unknown): [string, Amf0Value][] {
  return (properties as [string, VectorValue][]).map(([name, value]) => [name, ourValue(value)]);
}
