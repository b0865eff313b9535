/*
 * The guard between what one peer signals and another peer's browser. Real descriptions keep all that a data channel
 * needs; hostile ones, each a real one with one thing changed, come out harmless or not at all. One checker judges every
 * output line by line, so that whatever a case was meant to show, nothing else may slip through with it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RTCPeerConnection } from 'werift';
import { CandidateBudget, type SignalRoute } from '../../../tracker/core/ice-candidate.ts';
import { parseNetworkAddress } from '../../../tracker/core/network-address.ts';
import { guardDescription } from '../../../tracker/core/sdp-guard.ts';
import { fc } from '../../support/properties.ts';
import { CHROMIUM_ANSWER, CHROMIUM_OFFER, FIREFOX_OFFER, LIBDATACHANNEL_OFFER } from './real-descriptions.ts';

const REMOTE = route('198.51.100.7', '203.0.113.200');
const ONE_MACHINE = route('127.0.0.1', '::1');

const NEEDED = ['ice-ufrag', 'ice-pwd', 'fingerprint', 'setup', 'mid', 'sctp-port', 'max-message-size', 'ice-options'];

for (const [name, sdp] of [
  ['Chromium', CHROMIUM_OFFER],
  ['Firefox', FIREFOX_OFFER],
] as const) {
  test(`an offer of ${name} keeps all that a data channel needs`, () => {
    const rebuilt = guard(sdp);
    assert.ok(rebuilt);
    assertHarmless(rebuilt);
    for (const key of NEEDED) assert.deepEqual(values(rebuilt, key), values(sdp, key), key);
    assert.deepEqual(values(rebuilt, 'group'), ['BUNDLE 0']);
  });
}

test('an answer of Chromium passes as an answer, and not as an offer where it says who begins', () => {
  assert.deepEqual(values(guard(CHROMIUM_ANSWER, REMOTE, 'answer') ?? '', 'setup'), ['active']);
  assert.equal(guard(CHROMIUM_OFFER, REMOTE, 'answer'), undefined, 'actpass answers nothing');
});

test('names for multicast DNS, the own address seen from outside, and relays pass; TCP does not', () => {
  const rebuilt = guard(FIREFOX_OFFER) ?? '';
  assert.deepEqual(values(rebuilt, 'candidate'), [
    '0 1 udp 2122252543 0f6d7a3c-1111-4b0e-8f96-6a3f50b5f650.local 61234 typ host',
    '1 1 udp 1686052863 198.51.100.7 61234 typ srflx raddr 0.0.0.0 rport 0',
    '3 1 udp 92217087 203.0.113.9 55324 typ relay raddr 0.0.0.0 rport 0',
  ]);
  assert.ok(rebuilt.includes('a=end-of-candidates'));
});

test('an offer of libdatachannel keeps its function', () => {
  const rebuilt = guard(LIBDATACHANNEL_OFFER, ONE_MACHINE);
  assert.ok(rebuilt);
  assertFunctionKept(LIBDATACHANNEL_OFFER, rebuilt);
  assert.equal(values(rebuilt, 'candidate').length, 2);
});

test('an offer of werift keeps its function', async () => {
  const peer = new RTCPeerConnection({ iceServers: [] });
  peer.createDataChannel('data');
  await peer.setLocalDescription(await peer.createOffer());
  const sdp = peer.localDescription?.sdp ?? '';
  const rebuilt = guard(sdp, ONE_MACHINE);
  assert.ok(rebuilt, sdp);
  assertFunctionKept(sdp, rebuilt);
  assert.equal(values(rebuilt, 'candidate').length, values(sdp, 'candidate').length);
  await peer.close();
});

test('300 hostile descriptions come out harmless or not at all', () => {
  const hostile = hostileDescriptions();
  assert.ok(hostile.length >= 300, `${hostile.length}`);
  let refused = 0;
  for (const { name, sdp, forbidden } of hostile) {
    const rebuilt = guard(sdp);
    if (rebuilt === undefined) {
      refused++;
      continue;
    }
    assertHarmless(rebuilt, name);
    for (const text of forbidden) assert.ok(!rebuilt.includes(text), `${name}: ${text} came through`);
  }
  assert.ok(refused > 100, `${refused} refused`);
});

test('whatever is done to the bytes of a description, what comes out is harmless', () => {
  const edit = fc.record({ at: fc.nat(CHROMIUM_OFFER.length), cut: fc.nat(40), insert: fc.string({ maxLength: 40 }) });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      const sdp = edits.reduce(
        (text, { at, cut, insert }) => text.slice(0, at) + insert + text.slice(at + cut),
        CHROMIUM_OFFER,
      );
      const rebuilt = guard(sdp);
      if (rebuilt !== undefined) assertHarmless(rebuilt);
    }),
    { seed: 7, numRuns: 500 },
  );
});

test('rebuilding what was rebuilt changes nothing', () => {
  for (const sdp of [CHROMIUM_OFFER, FIREFOX_OFFER]) {
    const once = guard(sdp) ?? '';
    assert.equal(guard(once), once);
  }
});

type Hostile = { readonly name: string; readonly sdp: string; readonly forbidden: readonly string[] };

/** Each is Chromium's offer with one line added, changed or left out. */
function hostileDescriptions(): Hostile[] {
  const all: Hostile[] = [];
  const add = (name: string, sdp: string, forbidden: readonly string[] = []): number =>
    all.push({ name, sdp, forbidden });
  const withLine = (line: string): string => CHROMIUM_OFFER.replace('a=ice-ufrag', `${line}\r\na=ice-ufrag`);
  for (const host of HOSTILE_HOSTS) {
    for (const type of ['host', 'srflx raddr 0.0.0.0 rport 0', 'relay raddr 0.0.0.0 rport 0']) {
      add(`${type} ${host}`, withLine(`a=candidate:1 1 udp 1 ${host} 5000 typ ${type}`), [` ${host} `]);
    }
  }
  for (const candidate of HOSTILE_CANDIDATES)
    add(candidate, withLine(`a=candidate:${candidate}`), [`candidate:${candidate}`]);
  for (const line of HOSTILE_LINES) add(line, withLine(line), [`\n${line}\r`]);
  for (const [from, to] of HOSTILE_CHANGES) {
    assert.ok(CHROMIUM_OFFER.includes(from), from);
    add(`${from} -> ${to}`, CHROMIUM_OFFER.replace(from, to));
  }
  for (const line of CHROMIUM_OFFER.split('\r\n')) {
    if (line === '') continue;
    add(`without ${line}`, CHROMIUM_OFFER.replace(`${line}\r\n`, ''));
    add(`twice ${line}`, CHROMIUM_OFFER.replace(line, `${line}\r\n${line}`));
    add(`cut in ${line}`, CHROMIUM_OFFER.slice(0, CHROMIUM_OFFER.indexOf(line) + Math.ceil(line.length / 2)));
  }
  for (const control of ['\0', '\x01', '\x0b', '\x0c', '\x1b', '\x7f', '\x85', '\u2028', 'é', '\r', '\n', '\r\r']) {
    add(`control ${escape(control)}`, CHROMIUM_OFFER.replace('a=ice-ufrag:', `a=ice-ufrag:${control}`), [
      control === '\r' || control === '\n' ? '\n\n' : control,
    ]);
    add(`mid ${escape(control)}`, CHROMIUM_OFFER.replace('a=mid:0', `a=mid:0${control}m=audio 9 RTP/AVP 0`), [
      'm=audio',
    ]);
  }
  add(
    'many candidates',
    withLine(new Array(500).fill('a=candidate:1 1 udp 1 198.51.100.7 5000 typ host').join('\r\n')),
  );
  add(
    'many relays',
    withLine([...new Array(20).keys()].map((n) => `a=candidate:1 1 udp 1 192.0.2.${n} 5000 typ relay`).join('\r\n')),
  );
  add('endless', CHROMIUM_OFFER + 'a=x\r\n'.repeat(10_000));
  add('empty', '');
  return all;
}

/** Addresses at which nobody should be made to knock; the sender is 198.51.100.7. */
const HOSTILE_HOSTS = [
  ...['127.0.0.1', '127.255.255.254', '127.1', '0.0.0.0', '0.1.2.3', '255.255.255.255', '224.0.0.1', '239.255.255.250'],
  ...['240.0.0.1', '169.254.169.254', '169.254.0.1', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  ...[
    '100.64.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '010.0.0.1',
    '127.0.0.1.',
    '1.2.3',
    '1.2.3.4.5',
  ],
  ...[
    '256.1.1.1',
    '::1',
    '::',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    'fe80::1',
    'febf::1',
  ],
  ...[
    'fe80::1%eth0',
    'ff02::1',
    'ff05::2',
    'fc00::1',
    'fd12:3456::1',
    '64:ff9b::7f00:1',
    '64:ff9b::a00:1',
    '2002:7f00:1::1',
  ],
  ...['2002:a00:1::', '2001::1', '[::1]', '::1:::', '1:2:3:4:5:6:7:8:9', 'localhost', 'router.local', 'printer.local'],
  ...['example.com', 'metadata.google.internal', 'd3581a87-bb83-4b0e-8f96-6a3f50b5f650.local.', '-', 'a=b', '٣.0.0.1'],
];

const HOSTILE_CANDIDATES = [
  '1 1 udp 1 198.51.100.7 22 typ host',
  '1 1 udp 1 198.51.100.7 0 typ host',
  '1 1 udp 1 198.51.100.7 53 typ srflx raddr 0.0.0.0 rport 0',
  '1 1 udp 1 198.51.100.7 1023 typ host',
  '1 1 udp 1 198.51.100.7 65536 typ host',
  '1 1 udp 1 198.51.100.7 -5000 typ host',
  '1 1 udp 1 198.51.100.7 5e3 typ host',
  '1 1 udp 1 198.51.100.7 0x1388 typ host',
  '1 1 tcp 1 198.51.100.7 5000 typ host tcptype passive',
  '1 1 TCP 1 198.51.100.7 5000 typ host tcptype so',
  '1 1 ssltcp 1 198.51.100.7 5000 typ host',
  '1 2 udp 1 198.51.100.7 5000 typ host',
  '1 256 udp 1 198.51.100.7 5000 typ host',
  '1 1 udp 4294967296 198.51.100.7 5000 typ host',
  '1 1 udp -1 198.51.100.7 5000 typ host',
  '1 1 udp 1 198.51.100.7 5000 typ prflx raddr 0.0.0.0 rport 0',
  '1 1 udp 1 198.51.100.7 5000 typ evil',
  '1 1 udp 1 198.51.100.7 5000 type host',
  '1 1 udp 1 198.51.100.7 5000',
  '1 1 udp 1  198.51.100.7 5000 typ host',
  '1 1 udp 1 198.51.100.8 5000 typ srflx raddr 0.0.0.0 rport 0',
  '1 1 udp 1 8.8.8.8 5000 typ host',
  '1 1 udp 1 8.8.8.8 5000 typ srflx raddr 198.51.100.7 rport 5000',
  '<script> 1 udp 1 198.51.100.7 5000 typ host',
  '123456789012345678901234567890123 1 udp 1 198.51.100.7 5000 typ host',
  '1 1 udp 1 d3581a87-bb83-4b0e-8f96-6a3f50b5f650.local 5000 typ srflx raddr 0.0.0.0 rport 0',
  '1 1 udp 1 d3581a87-bb83-4b0e-8f96-6a3f50b5f65.local 5000 typ host',
  '1 1 udp 1 198.51.100.7 5000 typ srflx raddr 192.168.1.7 rport 5000',
  '1 1 udp 1 198.51.100.7 5000 typ host ufrag x;y generation <0>',
];

const HOSTILE_LINES = [
  ...[
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'm=application 9 TCP/DTLS/SCTP webrtc-datachannel',
  ],
  ...[
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA',
    'a=ice-lite',
  ],
  ...[
    'a=identity:eyJpZHAiOnsi',
    'a=extmap:1 urn:x',
    'a=rtpmap:111 opus/48000/2',
    'a=ssrc:1 cname:x',
    'a=sctpmap:5000 x 1',
  ],
  ...[
    'a=remote-candidates:1 10.0.0.1 5000',
    'a=rtcp:9 IN IP4 10.0.0.1',
    'c=IN IP4 10.0.0.1',
    'c=IN IP4 224.2.1.1/127/3',
  ],
  ...['k=clear:password', 'u=http://10.0.0.1/', 'e=x@example.com', 'i=<img src=x onerror=alert(1)>', 'b=AS:1', 'z=0 0'],
  ...[
    'a=group:BUNDLE 0 1 2',
    'a=x-google-flag:conference',
    'a=tls-id:x',
    'a=ice-mismatch',
    'a=setup:holdconn',
    'a=inactive',
  ],
  ...[
    'A=upper:case',
    'a =space',
    'nonsense',
    '=',
    'a',
    ' a=mid:0',
    'a=candidate',
    'a=candidate:',
    'a=end-of-candidates:x y',
  ],
];

const HOSTILE_CHANGES: readonly (readonly [string, string])[] = [
  ['v=0', 'v=1'],
  ['v=0\r\n', ''],
  ['a=ice-ufrag:y88k', 'a=ice-ufrag:y8'],
  ['a=ice-ufrag:y88k', `a=ice-ufrag:${'y'.repeat(257)}`],
  ['a=ice-ufrag:y88k', 'a=ice-ufrag:y88k y88k'],
  ['a=ice-ufrag:y88k', 'a=ice-ufrag:<b>x'],
  ['YeGgdE68MTcKEFSxzBsYycRC', 'short'],
  ['YeGgdE68MTcKEFSxzBsYycRC', 'Y'.repeat(257)],
  ['YeGgdE68MTcKEFSxzBsYycRC', 'YeGgdE68MTcKEFSxzBsYyc"C'],
  ['sha-256 A5', 'sha-1 A5'],
  ['sha-256 A5', 'md5 A5'],
  ['sha-256 A5', 'sha-256 A5:A5'],
  ['sha-256 A5:6E', 'sha-256 A5'],
  ['sha-256 A5', 'sha-256 G5'],
  ['sha-256 A5', 'sha-512 A5'],
  ['a=setup:actpass', 'a=setup:holdconn'],
  ['a=setup:actpass', 'a=setup:'],
  ['a=mid:0', 'a=mid:0 1'],
  ['a=mid:0', 'a=mid:<0>'],
  ['a=mid:0', `a=mid:${'0'.repeat(40)}`],
  ['a=sctp-port:5000', 'a=sctp-port:99999'],
  ['a=sctp-port:5000', 'a=sctp-port:-1'],
  ['a=max-message-size:262144', 'a=max-message-size:99999999999999'],
  ['a=max-message-size:262144', 'a=max-message-size:1e9'],
  ['o=- 5240542221403537228 2', 'o=- 52405422214035372281234567 2'],
  ['o=- 5240542221403537228 2', 'o=- x 2'],
  ['o=- 5240542221403537228 2', 'o=- 5240542221403537228 -2'],
  ['IN IP4 127.0.0.1', 'IN IP9 127.0.0.1'],
  ['UDP/DTLS/SCTP', 'RTP/AVP'],
  ['webrtc-datachannel', '5000'],
  ['m=application 9', 'm=application 99999999'],
  ['m=application', 'm=audio'],
  ['a=ice-options:trickle', 'a=ice-options:trickle evil <b>'],
];

/** Every line that may ever come out, for a sender and a receiver on two public addresses. */
const HARMLESS: readonly RegExp[] = [
  /^v=0$/,
  /^o=- \d{1,20} \d{1,20} IN IP4 0\.0\.0\.0$/,
  /^s=-$/,
  /^t=0 0$/,
  /^a=group:BUNDLE [\w-]{1,16}$/,
  /^m=application 9 UDP\/DTLS\/SCTP webrtc-datachannel$/,
  /^c=IN IP4 0\.0\.0\.0$/,
  /^a=candidate:[\w+/]{1,32} 1 udp \d{1,10} \S+ \d{4,5} typ (host|srflx raddr 0\.0\.0\.0 rport 0|relay raddr (0\.0\.0\.0|::) rport 0)( (generation|network-id|network-cost) \d{1,5}| ufrag [\w+/]{4,256})*$/,
  /^a=end-of-candidates$/,
  /^a=ice-ufrag:[A-Za-z0-9+/]{4,256}$/,
  /^a=ice-pwd:[A-Za-z0-9+/]{22,256}$/,
  /^a=ice-options:(trickle|ice2|renomination)( (trickle|ice2|renomination))*$/,
  /^a=fingerprint:sha-(256|384|512) [0-9A-Fa-f:]{95,191}$/,
  /^a=setup:(actpass|active|passive)$/,
  /^a=mid:[\w-]{1,16}$/,
  /^a=sctp-port:\d{1,5}$/,
  /^a=max-message-size:\d{1,10}$/,
];

function assertHarmless(sdp: string, name = ''): void {
  assert.ok(sdp.endsWith('\r\n'));
  const lines = sdp.slice(0, -2).split('\r\n');
  for (const line of lines)
    assert.ok(
      HARMLESS.some((form) => form.test(line)),
      `${name}: "${line}" came through`,
    );
  assert.equal(lines.filter((line) => line.startsWith('m=')).length, 1);
  const candidates = values(sdp, 'candidate').map((candidate) => candidate.split(' '));
  assert.ok(candidates.length <= 20, `${name}: ${candidates.length} candidates`);
  const foreign = new Set<string>();
  for (const [, , , , host = '', port, , type] of candidates) {
    assert.ok(Number(port) >= 1024 && Number(port) <= 65_535, name);
    if (/^[0-9a-f-]{36}\.local$/.test(host)) continue;
    if (type === 'relay') foreign.add(host);
    else assert.equal(host, '198.51.100.7', name);
  }
  assert.ok(foreign.size <= 4, `${name}: ${foreign.size} addresses that nobody can check`);
}

function assertFunctionKept(sdp: string, rebuilt: string): void {
  for (const key of NEEDED.filter((key) => key !== 'ice-options')) {
    assert.deepEqual(values(rebuilt, key), values(sdp, key), key);
  }
  assert.ok(values(rebuilt, 'ice-options')[0]?.includes('trickle'));
}

function values(sdp: string, key: string): string[] {
  return [...sdp.matchAll(new RegExp(`^a=${key}:(.*)$`, 'gm'))].map((match) => (match[1] ?? '').trim());
}

function guard(sdp: string, between: SignalRoute = REMOTE, type: 'offer' | 'answer' = 'offer'): string | undefined {
  return guardDescription(type, sdp, between, new CandidateBudget());
}

function route(sender: string, receiver: string): SignalRoute {
  const [from, to] = [parseNetworkAddress(sender), parseNetworkAddress(receiver)];
  assert.ok(from && to);
  return { sender: from, receiver: to };
}
