// Who signs, what a signature covers, and that both verifiers (WebCrypto, script) refuse everything else.
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { test } from 'node:test';
import { createSigningKey, type SigningKey } from '../../../seeder/signing-key.ts';
import type { ChannelName } from '../../../shared/basics/units.ts';
import { createPacketVerifier } from '../../../shared/driver/packet-verifier.ts';
import { decodePacket, encodeUnsignedPacket, type Packet, PacketError } from '../../../shared/packets/packet.ts';
import { attachSignature, signedBytes, unsignedPart } from '../../../shared/packets/signature.ts';
import { CHANNEL, hex, PLAIN_HEADER } from './sample-tags.ts';

const KEY = createSigningKey();

/** The two ways to check; null stands for a page without a secure context. */
const VERIFIERS = [
  ['WebCrypto', globalThis.crypto.subtle],
  ['script', null],
] as const;

function signedPacket(channel: ChannelName = CHANNEL, key: SigningKey = KEY): Packet {
  const header = { ...PLAIN_HEADER, isDoor: true, hasVideo: true, configurationLength: 4 };
  const unsigned = encodeUnsignedPacket(
    header,
    Uint8Array.from({ length: 40 }, (_, index) => index),
  );
  return attachSignature(unsigned, key.sign(signedBytes(channel, unsigned)));
}

test('a signature covers swarmtube/1, the channel, and every byte before it', () => {
  const unsigned = Uint8Array.of(1, 2, 3);
  assert.equal(
    Buffer.from(signedBytes('a-b' as ChannelName, unsigned)).toString('latin1'),
    'swarmtube/1\0a-b\0\u0001\u0002\u0003',
  );
  const packet = signedPacket();
  assert.equal(unsignedPart(packet).byteLength, packet.bytes.byteLength - 64);
});

test('a signature of another length is a mistake of the caller', () => {
  assert.throws(() => attachSignature(unsignedPart(signedPacket()), new Uint8Array(63)), TypeError);
});

for (const [name, subtle] of VERIFIERS) {
  test(`${name}: accepts what was signed, for this channel and key only`, async () => {
    const verify = await createPacketVerifier(CHANNEL, KEY.publicKey, subtle);
    assert.equal(await verify(signedPacket()), true);
    assert.equal(await verify(signedPacket('demo2' as ChannelName)), false);
    assert.equal(await verify(signedPacket(CHANNEL, createSigningKey())), false);
  });

  test(`${name}: refuses a packet with any one byte changed`, async () => {
    const verify = await createPacketVerifier(CHANNEL, KEY.publicKey, subtle);
    const { bytes } = signedPacket();
    for (let at = 0; at < bytes.byteLength; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ (1 << (at % 8));
      let packet: Packet;
      try {
        packet = decodePacket(changed);
      } catch (thrown) {
        assert.ok(thrown instanceof PacketError);
        continue;
      }
      assert.equal(await verify(packet), false, `byte ${at}`);
    }
  });

  test(`${name}: a key that is no point of the curve accepts nothing`, async () => {
    const verify = await createPacketVerifier(CHANNEL, new Uint8Array(32).fill(0xff), subtle);
    assert.equal(await verify(signedPacket()), false);
  });
}

test('a key of another length is refused with a sentence', async () => {
  await assert.rejects(createPacketVerifier(CHANNEL, new Uint8Array(31)), /public key has 31 bytes instead of 32/);
});

test('a WebCrypto that does not know Ed25519, or says yes to everything, is not asked', async () => {
  const unknowing = { importKey: () => Promise.reject(new Error('NotSupportedError')) } as unknown as SubtleCrypto;
  const agreeable = { importKey: async () => ({}), verify: async () => true } as unknown as SubtleCrypto;
  for (const subtle of [unknowing, agreeable]) {
    const verify = await createPacketVerifier(CHANNEL, KEY.publicKey, subtle);
    assert.equal(await verify(signedPacket()), true);
    assert.equal(await verify(signedPacket('other' as ChannelName)), false);
  }
});

/** RFC 8032 section 7.1: secret key, public key, message, signature. */
const RFC_8032 = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
] as const;

test('signing agrees with RFC 8032 to the byte', () => {
  for (const [secret, publicKey, message, signature] of RFC_8032) {
    const der = Buffer.from(`302e020100300506032b657004220420${secret}`, 'hex');
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    assert.equal(createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex'), publicKey);
    assert.equal(sign(null, Buffer.from(message, 'hex'), key).toString('hex'), signature);
  }
});

test('golden: the key of RFC 8032 test 1 signs a door of channel demo', () => {
  const [secret] = RFC_8032[0];
  const der = Buffer.from(`302e020100300506032b657004220420${secret}`, 'hex');
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const unsigned = encodeUnsignedPacket({ ...PLAIN_HEADER, isDoor: true, hasAudio: true }, Uint8Array.of(8, 0, 0, 0));
  const packet = attachSignature(unsigned, sign(null, signedBytes(CHANNEL, unsigned), key));
  assert.equal(hex(packet.bytes), GOLDEN_PACKET);
});

const GOLDEN_PACKET =
  // version, flags (door), variant, contents (audio), epoch, sequence
  '01010001' +
  '5eedcafe' +
  '00000000' +
  // media time, duration, capture time
  '000000000000' +
  '0000' +
  '018bcfe56800' +
  // configuration length, payload length, part, payload
  '0000' +
  '0004' +
  '0000' +
  '08000000' +
  '145ccc14c16f7ae666de176dca78ee747adb63d98bdd30ec6732888670e21152c2e734c6f78b68e76d1dcdaebb1d5f0a89c5ea932fa647e9e37a87ba64a62201';
