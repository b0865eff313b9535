import { SwarmtubeError } from '../basics/errors.ts';
import { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';

/*
 * AMF0 (Adobe Action Message Format, 2007), the notation of script data in FLV and of commands in RTMP.
 * Values keep their markers and the order of their properties, so that what was read is written to the byte again.
 */
export type Amf0Value =
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'long-string'; readonly value: string }
  | { readonly type: 'xml'; readonly value: string }
  | { readonly type: 'null' }
  | { readonly type: 'undefined' }
  | { readonly type: 'unsupported' }
  | { readonly type: 'object'; readonly properties: readonly Amf0Property[] }
  | { readonly type: 'typed-object'; readonly className: string; readonly properties: readonly Amf0Property[] }
  /** `count` is what the sender claims; it is often 0 or wrong and only kept to be written again. */
  | { readonly type: 'ecma-array'; readonly count: number; readonly properties: readonly Amf0Property[] }
  | { readonly type: 'strict-array'; readonly values: readonly Amf0Value[] }
  /** Milliseconds since 1970, and a time zone that the specification wants to be 0. */
  | { readonly type: 'date'; readonly epochMs: number; readonly timeZone: number }
  /** Number of an object met before. Not followed: nobody sends it in media, and a cycle would come with it. */
  | { readonly type: 'reference'; readonly index: number };

export type Amf0Property = readonly [name: string, value: Amf0Value];

const MARKER = {
  number: 0x00,
  boolean: 0x01,
  string: 0x02,
  object: 0x03,
  null: 0x05,
  undefined: 0x06,
  reference: 0x07,
  ecmaArray: 0x08,
  objectEnd: 0x09,
  strictArray: 0x0a,
  date: 0x0b,
  longString: 0x0c,
  unsupported: 0x0d,
  xml: 0x0f,
  typedObject: 0x10,
  amf3: 0x11,
} as const;

/** Deeper than any encoder nests; recursion stays far from the end of the stack. */
const DEPTH_MAX = 32;
/** Values in one message: the `keyframes` index of a day-long recording has some ten thousand. */
const VALUES_MAX = 200_000;
const SHORT_STRING_BYTES_MAX = 0xffff;

/** Reads values up to the end. Throws `SwarmtubeError` ('amf0' or 'truncated') for what is no AMF0. */
export function decodeAmf0(bytes: Uint8Array): Amf0Value[] {
  const decoder = new Decoder(bytes);
  const values: Amf0Value[] = [];
  while (decoder.hasMore) values.push(decoder.value(0));
  return values;
}

/** Reads values up to the end or the first thing that is none: script data is padded and cut in the wild. Never throws. */
export function decodeAmf0Leniently(bytes: Uint8Array): Amf0Value[] {
  const decoder = new Decoder(bytes);
  const values: Amf0Value[] = [];
  try {
    while (decoder.hasMore) values.push(decoder.value(0));
  } catch (thrown) {
    if (!(thrown instanceof SwarmtubeError)) throw thrown;
  }
  return values;
}

export function encodeAmf0(values: readonly Amf0Value[]): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  for (const value of values) writeValue(writer, value, 0);
  return writer.finish();
}

/** The value of a property of an object, typed object or ECMA array; of several with this name the last. */
export function amf0Property(value: Amf0Value | undefined, name: string): Amf0Value | undefined {
  return amf0Properties(value).findLast(([known]) => known === name)?.[1];
}

/** The properties of an object, typed object or ECMA array; none for any other value. */
export function amf0Properties(value: Amf0Value | undefined): readonly Amf0Property[] {
  switch (value?.type) {
    case 'object':
    case 'typed-object':
    case 'ecma-array':
      return value.properties;
    default:
      return [];
  }
}

class Decoder {
  private readonly reader: ByteReader;
  private valuesLeft = VALUES_MAX;

  constructor(bytes: Uint8Array) {
    this.reader = new ByteReader(bytes);
  }

  get hasMore(): boolean {
    return this.reader.remaining > 0;
  }

  value(depth: number): Amf0Value {
    if (depth > DEPTH_MAX) throw new SwarmtubeError('amf0', `AMF0 nested deeper than ${DEPTH_MAX}`);
    if (this.valuesLeft-- === 0) throw new SwarmtubeError('amf0', `more than ${VALUES_MAX} AMF0 values in one message`);
    const { reader } = this;
    const marker = reader.u8();
    switch (marker) {
      case MARKER.number:
        return { type: 'number', value: reader.f64() };
      case MARKER.boolean:
        return { type: 'boolean', value: reader.u8() !== 0 };
      case MARKER.string:
        return { type: 'string', value: reader.utf8(reader.u16()) };
      case MARKER.object:
        return { type: 'object', properties: this.properties(depth) };
      case MARKER.null:
        return { type: 'null' };
      case MARKER.undefined:
        return { type: 'undefined' };
      case MARKER.reference:
        return { type: 'reference', index: reader.u16() };
      case MARKER.ecmaArray:
        return { type: 'ecma-array', count: reader.u32(), properties: this.properties(depth) };
      case MARKER.strictArray:
        return { type: 'strict-array', values: this.elements(reader.u32(), depth) };
      case MARKER.date:
        return { type: 'date', epochMs: reader.f64(), timeZone: reader.i16() };
      case MARKER.longString:
        return { type: 'long-string', value: reader.utf8(reader.u32()) };
      case MARKER.unsupported:
        return { type: 'unsupported' };
      case MARKER.xml:
        return { type: 'xml', value: reader.utf8(reader.u32()) };
      case MARKER.typedObject:
        return { type: 'typed-object', className: reader.utf8(reader.u16()), properties: this.properties(depth) };
      case MARKER.amf3:
        throw new SwarmtubeError('amf0', 'AMF3 inside AMF0 is not understood');
      default:
        throw new SwarmtubeError('amf0', `${marker} is no marker of AMF0`);
    }
  }

  /** Up to the end marker: the count of an ECMA array is never believed. Bytes that end without one are forgiven. */
  private properties(depth: number): Amf0Property[] {
    const { reader } = this;
    const properties: Amf0Property[] = [];
    while (reader.remaining > 0) {
      const name = reader.utf8(reader.u16());
      if (name === '' && this.takeEndMarker()) break;
      properties.push([name, this.value(depth + 1)]);
    }
    return properties;
  }

  private takeEndMarker(): boolean {
    const isEnd = this.reader.bytes[this.reader.offset] === MARKER.objectEnd;
    if (isEnd) this.reader.skip(1);
    return isEnd;
  }

  private elements(count: number, depth: number): Amf0Value[] {
    // Every element is at least its marker: what cannot be there is refused before it is read.
    if (count > this.reader.remaining) throw new SwarmtubeError('amf0', `an array of ${count} values in fewer bytes`);
    const values: Amf0Value[] = [];
    for (let index = 0; index < count; index++) values.push(this.value(depth + 1));
    return values;
  }
}

function writeValue(writer: ByteWriter, value: Amf0Value, depth: number): void {
  if (depth > DEPTH_MAX) throw new TypeError(`values: nested deeper than ${DEPTH_MAX}`);
  switch (value.type) {
    case 'number':
      writer.u8(MARKER.number).f64(value.value);
      break;
    case 'boolean':
      writer.u8(MARKER.boolean).u8(value.value ? 1 : 0);
      break;
    case 'string':
      writeString(writer, value.value);
      break;
    case 'long-string':
      writeLong(writer, MARKER.longString, value.value);
      break;
    case 'xml':
      writeLong(writer, MARKER.xml, value.value);
      break;
    case 'null':
      writer.u8(MARKER.null);
      break;
    case 'undefined':
      writer.u8(MARKER.undefined);
      break;
    case 'unsupported':
      writer.u8(MARKER.unsupported);
      break;
    case 'object':
      writeProperties(writer.u8(MARKER.object), value.properties, depth);
      break;
    case 'typed-object':
      writer.u8(MARKER.typedObject);
      writeName(writer, value.className);
      writeProperties(writer, value.properties, depth);
      break;
    case 'ecma-array':
      writeProperties(writer.u8(MARKER.ecmaArray).u32(value.count), value.properties, depth);
      break;
    case 'strict-array':
      writer.u8(MARKER.strictArray).u32(value.values.length);
      for (const element of value.values) writeValue(writer, element, depth + 1);
      break;
    case 'date':
      writer
        .u8(MARKER.date)
        .f64(value.epochMs)
        .u16(value.timeZone & 0xffff);
      break;
    case 'reference':
      writer.u8(MARKER.reference).u16(value.index);
      break;
  }
}

function writeProperties(writer: ByteWriter, properties: readonly Amf0Property[], depth: number): void {
  for (const [name, value] of properties) {
    writeName(writer, name);
    writeValue(writer, value, depth + 1);
  }
  writer.u16(0).u8(MARKER.objectEnd);
}

/** A string too long for its marker is written as a long one. */
function writeString(writer: ByteWriter, text: string): void {
  const bytes = encodeUtf8(text);
  if (bytes.byteLength > SHORT_STRING_BYTES_MAX) writeLong(writer, MARKER.longString, text);
  else writer.u8(MARKER.string).u16(bytes.byteLength).bytes(bytes);
}

function writeLong(writer: ByteWriter, marker: number, text: string): void {
  const bytes = encodeUtf8(text);
  writer.u8(marker).u32(bytes.byteLength).bytes(bytes);
}

function writeName(writer: ByteWriter, name: string): void {
  const bytes = encodeUtf8(name);
  if (bytes.byteLength > SHORT_STRING_BYTES_MAX) throw new TypeError('values: a name is longer than 65,535 bytes');
  writer.u16(bytes.byteLength).bytes(bytes);
}
