import type { PeerId } from '../basics/units.ts';
import { parseChannelName, parsePeerId } from '../basics/units.ts';
import { bad, count, flag, list, optional, record, text } from './json-fields.ts';
import { SUBSTREAMS_MAX } from './limits.ts';
import type {
  AskRequest,
  Commitment,
  IceServer,
  Introduction,
  JoinAnswer,
  JoinReply,
  JoinRequest,
  PeerReport,
  PeerRole,
  SignalEnvelope,
  SignalMessage,
  SwarmState,
  TrackerRefusal,
} from './tracker-messages.ts';

/*
 * Each function takes whatever came out of JSON and returns a fresh value that holds the known keys only, or throws
 * `SwarmtubeError('bad-message')` with a sentence that names the wrong key.
 */

/** One whole tracker message as text, with room for a description of the largest legal size. */
export const TRACKER_MESSAGE_BYTES_MAX = 64 * 1024;
/** Chromium's descriptions of one data channel with 20 candidates have 3 KiB. */
export const SDP_LENGTH_MAX = 16 * 1024;
/** Real ones have 60 to 200 characters. */
export const CANDIDATE_LENGTH_MAX = 512;
/** A signed token with a dozen claims has 1 KiB. */
const TOKEN_LENGTH_MAX = 4096;
/** A seeder is introduced to the heads of all its sub-streams at once. */
const INTRODUCTIONS_MAX = 256;
const ICE_SERVERS_MAX = 16;
/** A peer bans seldom; more at once is an accusation of everybody. */
const BANNED_MAX = 32;
const SLOTS_MAX = 100_000;
const RATE_KBPS_MAX = 100_000_000;
const DURATION_MS_MAX = 24 * 3600 * 1000;

export function parseJoinRequest(value: unknown): JoinRequest {
  const fields = record(value, 'join');
  const channel = parseChannelName(fields.channel);
  if (channel === undefined) throw bad('join.channel must be 1 to 64 of A-Z a-z 0-9 _ -');
  const token = optional(fields, 'token', (token) => text(token, 'join.token', TOKEN_LENGTH_MAX));
  const uplinkKbps = optional(fields, 'uplinkKbps', (rate) => count(rate, 'join.uplinkKbps', RATE_KBPS_MAX));
  const links = optional(fields, 'links', (links) => count(links, 'join.links', 1000));
  return {
    protocol: count(fields.protocol, 'join.protocol', 1000),
    channel,
    role: role(fields.role, 'join.role'),
    ...(token === undefined ? {} : { token }),
    ...(uplinkKbps === undefined ? {} : { uplinkKbps }),
    ...(links === undefined ? {} : { links }),
  };
}

export function parseAskRequest(value: unknown): AskRequest {
  const fields = record(value, 'ask');
  return {
    substreams: list(fields.substreams, 'ask.substreams', SUBSTREAMS_MAX, (item) =>
      count(item, 'ask.substreams', SUBSTREAMS_MAX - 1),
    ),
  };
}

export function parseSignalEnvelope(value: unknown): SignalEnvelope {
  const fields = record(value, 'signal');
  return { peerId: peerId(fields.peerId, 'signal.peerId'), signal: signalMessage(fields.signal) };
}

export function parsePeerReport(value: unknown): PeerReport {
  const fields = record(value, 'report');
  const number = (key: string, max: number): number => measure(fields[key], `report.${key}`, 0, max);
  return {
    slots: number('slots', SLOTS_MAX),
    slotsUsed: number('slotsUsed', SLOTS_MAX),
    lagMs: list(fields.lagMs, 'report.lagMs', SUBSTREAMS_MAX, (lag) =>
      measure(lag, 'report.lagMs', -1, DURATION_MS_MAX),
    ),
    links: number('links', 10_000),
    bytesFromPeers: number('bytesFromPeers', Number.MAX_SAFE_INTEGER),
    bytesFromServer: number('bytesFromServer', Number.MAX_SAFE_INTEGER),
    bytesToPeers: number('bytesToPeers', Number.MAX_SAFE_INTEGER),
    latencyMs: number('latencyMs', DURATION_MS_MAX),
    stalls: number('stalls', 1_000_000),
    stallMs: number('stallMs', DURATION_MS_MAX),
    banned: list(fields.banned, 'report.banned', BANNED_MAX, (id) => peerId(id, 'report.banned')),
  };
}

export function parseJoinReply(value: unknown): JoinReply {
  const fields = record(value, 'answer to join');
  if (fields.refusal !== undefined) return { refusal: parseTrackerRefusal(fields.refusal) };
  return { answer: joinAnswer(fields.answer) };
}

export function parseIntroductions(value: unknown): Introduction[] {
  return list(value, 'introduce', INTRODUCTIONS_MAX, (item) => {
    const fields = record(item, 'introduce');
    return {
      peerId: peerId(fields.peerId, 'introduce.peerId'),
      role: role(fields.role, 'introduce.role'),
      offers: flag(fields.offers, 'introduce.offers'),
    };
  });
}

export function parseSwarmState(value: unknown): SwarmState {
  const fields = record(value, 'swarm');
  return {
    isShort: flag(fields.isShort, 'swarm.isShort'),
    viewers: count(fields.viewers, 'swarm.viewers', 1_000_000_000),
  };
}

export function parseGone(value: unknown): PeerId {
  return peerId(value, 'gone');
}

const REFUSAL_CODES: readonly TrackerRefusal['code'][] = [
  'bad-request',
  'unknown-channel',
  'forbidden',
  'full',
  'rate-limited',
  'protocol-version',
];

export function parseTrackerRefusal(value: unknown): TrackerRefusal {
  const fields = record(value, 'refused');
  const code = REFUSAL_CODES.find((known) => known === fields.code);
  if (code === undefined) throw bad('refused.code is none that this version knows');
  return { code, message: text(fields.message, 'refused.message', 1000) };
}

function joinAnswer(value: unknown): JoinAnswer {
  const fields = record(value, 'answer');
  return {
    peerId: peerId(fields.peerId, 'answer.peerId'),
    serverTimeMs: count(fields.serverTimeMs, 'answer.serverTimeMs', Number.MAX_SAFE_INTEGER),
    iceServers: list(fields.iceServers, 'answer.iceServers', ICE_SERVERS_MAX, iceServer),
    introductions: parseIntroductions(fields.introductions),
    swarm: parseSwarmState(fields.swarm),
    commitments: list(fields.commitments, 'answer.commitments', SUBSTREAMS_MAX, commitment),
  };
}

function iceServer(value: unknown): IceServer {
  const fields = record(value, 'iceServers');
  const urls = text(fields.urls, 'iceServers.urls', 512);
  // RTCPeerConnection throws at any other scheme, and would take the whole player with it.
  if (!/^(stun|stuns|turn|turns):/.test(urls))
    throw bad('iceServers.urls must begin with stun:, stuns:, turn: or turns:');
  const username = optional(fields, 'username', (name) => text(name, 'iceServers.username', 512));
  const credential = optional(fields, 'credential', (secret) => text(secret, 'iceServers.credential', 512));
  return {
    urls,
    ...(username === undefined ? {} : { username }),
    ...(credential === undefined ? {} : { credential }),
  };
}

function commitment(value: unknown): Commitment {
  const fields = record(value, 'commitments');
  return {
    substream: count(fields.substream, 'commitments.substream', SUBSTREAMS_MAX - 1),
    fan: count(fields.fan, 'commitments.fan', SLOTS_MAX),
  };
}

function signalMessage(value: unknown): SignalMessage {
  const fields = record(value, 'signal.signal');
  switch (fields.type) {
    case 'offer':
    case 'answer':
      return { type: fields.type, sdp: text(fields.sdp, 'signal.sdp', SDP_LENGTH_MAX) };
    case 'candidate':
      return {
        type: 'candidate',
        candidate: text(fields.candidate, 'signal.candidate', CANDIDATE_LENGTH_MAX),
        mid: text(fields.mid, 'signal.mid', 32),
      };
    default:
      throw bad('signal.type must be offer, answer or candidate');
  }
}

function role(value: unknown, what: string): PeerRole {
  if (value === 'viewer' || value === 'seeder') return value;
  throw bad(`${what} must be viewer or seeder`);
}

function peerId(value: unknown, what: string): PeerId {
  const id = parsePeerId(value);
  if (id === undefined) throw bad(`${what} must be a peer id`);
  return id;
}

/** Averages and clocks give fractions and, after a jump of the clock, nonsense: rounded and held within the range. */
function measure(value: unknown, what: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw bad(`${what} must be a number`);
  return Math.min(max, Math.max(min, Math.round(value)));
}
