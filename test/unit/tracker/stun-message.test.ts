/*
 * The STUN codec against the vectors of RFC 5769 (the magic, the masks and the fingerprints are the same in RFC 8489),
 * and against everything that is not STUN.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNetworkAddress } from '../../../tracker/core/network-address.ts';
import {
  decodeStunMessage,
  decodeStunRequest,
  encodeStunAnswer,
  STUN_BINDING_ERROR,
  STUN_BINDING_SUCCESS,
  STUN_XOR_MAPPED_ADDRESS,
} from '../../../tracker/core/stun-message.ts';
import { fc } from '../../support/properties.ts';

const TRANSACTION = 'b7e7a701bc34d686fa87dfae';

/** RFC 5769 section 2.1. */
const SAMPLE_REQUEST = hex(`
  00 01 00 58 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
  80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74
  00 24 00 04 6e 00 01 ff 80 29 00 08 93 2f f9 b1 51 26 3b 36
  00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20
  00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 c1 b5 71 a2
  80 28 00 04 e5 7a 3b cf`);

/** Section 2.2. */
const SAMPLE_IPV4_RESPONSE = hex(`
  01 01 00 3c 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
  80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20
  00 20 00 08 00 01 a1 47 e1 12 a6 43
  00 08 00 14 2b 91 f5 99 fd 9e 90 c3 8c 74 89 f9 2a f9 ba 53 f0 6b e7 d7
  80 28 00 04 c0 7d 4c 96`);

/** Section 2.3. */
const SAMPLE_IPV6_RESPONSE = hex(`
  01 01 00 48 21 12 a4 42 b7 e7 a7 01 bc 34 d6 86 fa 87 df ae
  80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20
  00 20 00 14 00 02 a1 47 01 13 a9 fa a5 d3 f1 79 bc 25 f4 b5 be d2 b9 d9
  00 08 00 14 a3 82 95 4e 4b e6 7b f1 17 84 c9 7c 82 92 c2 75 bf e3 ed 41
  80 28 00 04 c8 fb 0b 4c`);

/** Section 2.4: with long-term credentials, without a fingerprint. */
const SAMPLE_REQUEST_LONG_TERM = hex(`
  00 01 00 60 21 12 a4 42 78 ad 34 33 c6 ad 72 c0 29 da 41 2e
  00 06 00 12 e3 83 9e e3 83 88 e3 83 aa e3 83 83 e3 82 af e3 82 b9 00 00
  00 15 00 1c 66 2f 2f 34 39 39 6b 39 35 34 64 36 4f 4c 33 34 6f 4c 39 46 53 54 76 79 36 34 73 41
  00 14 00 0b 65 78 61 6d 70 6c 65 2e 6f 72 67 00
  00 08 00 14 f6 70 24 65 6d d6 4a 3e 02 b8 e0 71 2e 85 c9 a2 8c a8 96 66`);

test('the sample requests are understood, credentials and ICE attributes and all', () => {
  const request = decodeStunRequest(SAMPLE_REQUEST);
  assert.ok(request);
  assert.equal(Buffer.from(request.transactionId).toString('hex'), TRANSACTION);
  assert.equal(request.hasFingerprint, true);
  assert.deepEqual(request.unknownAttributes, []);
  assert.equal(decodeStunRequest(SAMPLE_REQUEST_LONG_TERM)?.hasFingerprint, false);
});

for (const [family, sample, address] of [
  ['IPv4', SAMPLE_IPV4_RESPONSE, '192.0.2.1'],
  ['IPv6', SAMPLE_IPV6_RESPONSE, '2001:db8:1234:5678:11:2233:4455:6677'],
] as const) {
  test(`the mapped address of the sample ${family} response is made to the byte`, () => {
    const request = decodeStunRequest(SAMPLE_REQUEST);
    const from = parseNetworkAddress(address);
    assert.ok(request && from);
    const answer = decodeStunMessage(encodeStunAnswer(request, from, 32_853));
    const expected = decodeStunMessage(sample);
    assert.ok(answer && expected, 'both fingerprints are right');
    assert.equal(answer.type, STUN_BINDING_SUCCESS);
    assert.deepEqual(answer.transactionId, expected.transactionId);
    assert.deepEqual(mapped(answer.attributes), mapped(expected.attributes));
  });
}

test('a request without fingerprint is answered without one', () => {
  const request = decodeStunRequest(header(0));
  const from = parseNetworkAddress('192.0.2.1');
  assert.ok(request && from);
  assert.equal(encodeStunAnswer(request, from, 1).byteLength, 32);
});

test('CHANGE-REQUEST, which asks us to answer from elsewhere, is refused with 420 and its name', () => {
  const request = decodeStunRequest(Buffer.concat([header(8), hex('00 03 00 04 00 00 00 06')]));
  const from = parseNetworkAddress('192.0.2.1');
  assert.ok(request && from);
  const answer = decodeStunMessage(encodeStunAnswer(request, from, 1));
  assert.equal(answer?.type, STUN_BINDING_ERROR);
  assert.deepEqual(
    answer?.attributes.map(({ type, value }) => [type, Buffer.from(value).toString('hex')]),
    [
      [9, '00000414'],
      [10, '0003'],
    ],
  );
});

test('every flipped bit of the sample request makes it something that is not answered, or leaves it well-formed', () => {
  for (let bit = 0; bit < SAMPLE_REQUEST.byteLength * 8; bit++) {
    const bytes = Uint8Array.from(SAMPLE_REQUEST);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    // A flip in the fingerprint's own type hides it; everything else it finds.
    const isHidden = decodeStunRequest(bytes)?.hasFingerprint === false;
    assert.ok(decodeStunRequest(bytes) === undefined || isHidden, `bit ${bit}`);
  }
});

test('every cut of the sample request, and whatever else comes to the port, is left alone', () => {
  for (let length = 0; length < SAMPLE_REQUEST.byteLength; length++) {
    assert.equal(decodeStunRequest(SAMPLE_REQUEST.subarray(0, length)), undefined, `${length} bytes`);
  }
  assert.equal(decodeStunRequest(SAMPLE_IPV4_RESPONSE), undefined, 'answers are not answered');
  assert.equal(decodeStunRequest(new Uint8Array(2000)), undefined);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.equal(decodeStunRequest(bytes), undefined);
    }),
    { seed: 11 },
  );
});

test('no answer is much longer than what was asked', () => {
  const from = parseNetworkAddress('2001:db8::1');
  assert.ok(from);
  const attribute = fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.nat(20));
  fc.assert(
    fc.property(fc.array(attribute, { maxLength: 30 }), (attributes) => {
      const body = Buffer.concat(
        attributes.map(([type, length]) => {
          const bytes = Buffer.alloc(4 + Math.ceil(length / 4) * 4);
          bytes.writeUInt16BE(type, 0);
          bytes.writeUInt16BE(length, 2);
          return bytes;
        }),
      );
      const asked = Buffer.concat([header(body.byteLength), body]);
      const request = decodeStunRequest(asked);
      if (request) assert.ok(encodeStunAnswer(request, from, 1).byteLength <= asked.byteLength + 24);
    }),
    { seed: 2 },
  );
});

function mapped(attributes: readonly { type: number; value: Uint8Array }[]): string | undefined {
  const value = attributes.find(({ type }) => type === STUN_XOR_MAPPED_ADDRESS)?.value;
  return value && Buffer.from(value).toString('hex');
}

function header(length: number): Buffer {
  const bytes = hex(`00 01 00 00 21 12 a4 42 ${TRANSACTION}`);
  bytes.writeUInt16BE(length, 2);
  return bytes;
}

function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ''), 'hex');
}
