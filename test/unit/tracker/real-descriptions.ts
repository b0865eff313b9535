/** Descriptions as browsers make them, with the addresses of other people taken out: what the guard must let live. */

const BYTES = (first: string): string => [first, ...new Array<string>(31).fill('6E')].join(':');

const CHROMIUM_LINES = [
  'v=0',
  'o=- 5240542221403537228 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=candidate:1367512859 1 udp 2113937151 d3581a87-bb83-4b0e-8f96-6a3f50b5f650.local 43672 typ host generation 0 network-cost 999',
  'a=candidate:2598655739 1 udp 2113942271 ce1a64d0-09d1-47df-8f61-871e868e3b63.local 48413 typ host generation 0 network-cost 999',
  'a=ice-ufrag:y88k',
  'a=ice-pwd:YeGgdE68MTcKEFSxzBsYycRC',
  'a=ice-options:trickle',
  `a=fingerprint:sha-256 ${BYTES('A5')}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
];

/** Chromium 156, captured. */
export const CHROMIUM_OFFER = lines(CHROMIUM_LINES);

/** Chromium 156, captured: the same but for who begins DTLS. */
export const CHROMIUM_ANSWER = lines(
  CHROMIUM_LINES.map((line) => (line === 'a=setup:actpass' ? 'a=setup:active' : line)),
);

/** As Firefox writes it: fingerprint and ICE options before the section, a TCP candidate, the end of candidates. */
export const FIREFOX_OFFER = lines([
  'v=0',
  'o=mozilla...THIS_IS_SDPARTA-144.0 5186584356436577426 0 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'a=sendrecv',
  `a=fingerprint:sha-256 ${BYTES('8A')}`,
  'a=group:BUNDLE 0',
  'a=ice-options:trickle',
  'a=msid-semantic:WMS *',
  'm=application 61234 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 198.51.100.7',
  'a=candidate:0 1 UDP 2122252543 0f6d7a3c-1111-4b0e-8f96-6a3f50b5f650.local 61234 typ host',
  'a=candidate:2 1 TCP 2105524479 0f6d7a3c-1111-4b0e-8f96-6a3f50b5f650.local 9 typ host tcptype active',
  'a=candidate:1 1 UDP 1686052863 198.51.100.7 61234 typ srflx raddr 0.0.0.0 rport 0',
  'a=candidate:3 1 UDP 92217087 203.0.113.9 55324 typ relay raddr 203.0.113.9 rport 55324',
  'a=sendrecv',
  'a=end-of-candidates',
  'a=ice-pwd:3f7c1e9a2b4d6f8091a3c5e7b9d1f3a5',
  'a=ice-ufrag:8a1b2c3d',
  'a=mid:0',
  'a=setup:actpass',
  'a=sctp-port:5000',
  'a=max-message-size:1073741823',
]);

/** libdatachannel 0.24, captured. */
export const LIBDATACHANNEL_OFFER = lines([
  'v=0',
  'o=rtc 3968573239 0 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=msid-semantic:WMS *',
  'a=ice-options:ice2,trickle',
  `a=fingerprint:sha-256 ${BYTES('DC')}`,
  'm=application 37264 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 192.0.2.2',
  'a=mid:0',
  'a=sendrecv',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
  'a=setup:actpass',
  'a=ice-ufrag:8mLO',
  'a=ice-pwd:+WyG5s9OD0dzZHC7LGwI8D',
  'a=candidate:2 1 UDP 2116026111 2001:db8::2 37264 typ host',
  'a=candidate:1 1 UDP 2114977791 192.0.2.2 37264 typ host',
  'a=end-of-candidates',
]);

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\r\n`).join('');
}
