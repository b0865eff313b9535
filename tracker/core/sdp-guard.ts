import { CANDIDATE_LENGTH_MAX, SDP_LENGTH_MAX } from '../../shared/wire/tracker-message-parsers.ts';
import type { SignalMessage } from '../../shared/wire/tracker-messages.ts';
import type { CandidateBudget, SignalRoute } from './ice-candidate.ts';
import { guardCandidate } from './ice-candidate.ts';

/*
 * What one peer signals to another is read by a browser's native code with the user's network behind it. Nothing of the
 * sender's text is passed on: the few fields that a data channel needs are read out, checked, and written into a
 * description of our own (RFC 8866, RFC 8841).
 */

/** The signal as it may be relayed, or undefined where it must not be. */
export function guardSignal(
  signal: SignalMessage,
  route: SignalRoute,
  budget: CandidateBudget,
): SignalMessage | undefined {
  if (signal.type === 'candidate') {
    if (signal.candidate.length > CANDIDATE_LENGTH_MAX || !MID.test(signal.mid)) return undefined;
    // The empty candidate says "that was all" (RFC 8838 section 14).
    const candidate = signal.candidate === '' ? '' : guardCandidate(signal.candidate, route, budget);
    return candidate === undefined ? undefined : { type: 'candidate', candidate, mid: signal.mid };
  }
  const sdp = guardDescription(signal.type, signal.sdp, route, budget);
  return sdp === undefined ? undefined : { type: signal.type, sdp };
}

export function guardDescription(
  type: 'offer' | 'answer',
  sdp: string,
  route: SignalRoute,
  budget: CandidateBudget,
): string | undefined {
  const description = parseDescription(type, sdp);
  if (!description) return undefined;
  const candidates = description.candidates
    .slice(0, CANDIDATES_PER_DESCRIPTION_MAX)
    .map((candidate) => guardCandidate(candidate, route, budget))
    .filter((candidate) => candidate !== undefined);
  return formatDescription(description, candidates);
}

/** Chromium on a laptop with VPN and two cards makes a dozen; more only costs the other side checks. */
const CANDIDATES_PER_DESCRIPTION_MAX = 20;

type Description = {
  readonly sessionId: string;
  readonly sessionVersion: string;
  readonly mid: string;
  readonly iceUfrag: string;
  readonly icePwd: string;
  readonly iceOptions: readonly string[];
  readonly fingerprints: readonly string[];
  readonly setup: string;
  readonly sctpPort: string;
  readonly maxMessageSize: string | undefined;
  readonly candidates: readonly string[];
  readonly isComplete: boolean;
};

const MID = /^[A-Za-z0-9_-]{1,16}$/;
const ICE_UFRAG = /^[A-Za-z0-9+/]{4,256}$/;
const ICE_PWD = /^[A-Za-z0-9+/]{22,256}$/;
const ORIGIN = /^o=[^ ]{1,200} (\d{1,20}) (\d{1,20}) IN IP[46] [^ ]{1,200}$/;
/** Old Firefox wrote `DTLS/SCTP`; the long-dead `sctpmap` form (port number instead of the name) is refused. */
const MEDIA = /^m=application \d{1,5} (UDP\/)?DTLS\/SCTP webrtc-datachannel$/;

function parseDescription(type: 'offer' | 'answer', sdp: string): Description | undefined {
  if (sdp.length > SDP_LENGTH_MAX) return undefined;
  const lines = sdp.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  // Control characters, also a lone CR, would let one line be read as two by somebody else.
  if (lines.some((line) => !/^[a-z]=[\x20-\x7e]*$/.test(line))) return undefined;
  if (lines[0] !== 'v=0' || lines.filter((line) => line.startsWith('m=')).length !== 1) return undefined;
  if (!lines.some((line) => MEDIA.test(line))) return undefined;
  const origin = lines.map((line) => ORIGIN.exec(line)).find((match) => match !== null);
  // Fingerprint, setup and ICE options may stand before or in the one section (RFC 8842): read alike, written inside.
  const attributes = new Attributes(lines);
  const iceUfrag = attributes.one('ice-ufrag', ICE_UFRAG);
  const icePwd = attributes.one('ice-pwd', ICE_PWD);
  const mid = attributes.one('mid', MID);
  const setup = attributes.one('setup', type === 'offer' ? /^(actpass|active|passive)$/ : /^(active|passive)$/);
  const sctpPort = attributes.has('sctp-port') ? attributes.one('sctp-port', /^\d{1,5}$/) : '5000';
  const maxMessageSize = attributes.one('max-message-size', /^\d{1,10}$/);
  const fingerprints = attributes.all('fingerprint').filter((fingerprint) => isFingerprint(fingerprint));
  if (!origin || !iceUfrag || !icePwd || !mid || !setup || !sctpPort || Number(sctpPort) > 65_535) return undefined;
  if (fingerprints.length === 0 || fingerprints.length > 4) return undefined;
  if (attributes.has('max-message-size') && maxMessageSize === undefined) return undefined;
  return {
    sessionId: origin[1] ?? '0',
    sessionVersion: origin[2] ?? '0',
    mid,
    iceUfrag,
    icePwd,
    iceOptions: attributes
      .all('ice-options')
      .flatMap((options) => options.split(/[ ,]/))
      .filter((option) => ICE_OPTIONS.includes(option)),
    fingerprints,
    setup,
    sctpPort,
    maxMessageSize,
    candidates: attributes.all('candidate').map((candidate) => `candidate:${candidate}`),
    isComplete: attributes.has('end-of-candidates'),
  };
}

/** RFC 8838, RFC 8445 section 10, and Chromium's own. */
const ICE_OPTIONS = ['trickle', 'ice2', 'renomination'];

/** What DTLS stacks of today make: no MD5, no SHA-1. Colon-separated bytes, as many as the hash has. */
function isFingerprint(text: string): boolean {
  const match = /^sha-(256|384|512) ([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})*)$/.exec(text);
  return match !== null && (match[2] ?? '').length === (Number(match[1]) / 8) * 3 - 1;
}

class Attributes {
  private readonly values = new Map<string, string[]>();

  constructor(lines: readonly string[]) {
    for (const line of lines) {
      if (!line.startsWith('a=')) continue;
      const colon = line.indexOf(':');
      const key = colon < 0 ? line.slice(2) : line.slice(2, colon);
      const values = this.values.get(key) ?? [];
      values.push(colon < 0 ? '' : line.slice(colon + 1));
      this.values.set(key, values);
    }
  }

  has(key: string): boolean {
    return this.values.has(key);
  }

  all(key: string): readonly string[] {
    return this.values.get(key) ?? [];
  }

  /** The value, where it stands exactly once and has this form: of two, each reader would choose its own. */
  one(key: string, form: RegExp): string | undefined {
    const values = this.all(key);
    const value = values[0];
    return values.length === 1 && value !== undefined && form.test(value) ? value : undefined;
  }
}

function formatDescription(description: Description, candidates: readonly string[]): string {
  const lines = [
    'v=0',
    `o=- ${description.sessionId} ${description.sessionVersion} IN IP4 0.0.0.0`,
    's=-',
    't=0 0',
    `a=group:BUNDLE ${description.mid}`,
    // Port 9 and no address: the candidates say where (RFC 8839 section 4.2.1.2).
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    ...candidates.map((candidate) => `a=${candidate}`),
    ...(description.isComplete ? ['a=end-of-candidates'] : []),
    `a=ice-ufrag:${description.iceUfrag}`,
    `a=ice-pwd:${description.icePwd}`,
    ...(description.iceOptions.length > 0 ? [`a=ice-options:${[...new Set(description.iceOptions)].join(' ')}`] : []),
    ...description.fingerprints.map((fingerprint) => `a=fingerprint:${fingerprint}`),
    `a=setup:${description.setup}`,
    `a=mid:${description.mid}`,
    `a=sctp-port:${description.sctpPort}`,
    ...(description.maxMessageSize === undefined ? [] : [`a=max-message-size:${description.maxMessageSize}`]),
    '',
  ];
  return lines.join('\r\n');
}
