/*
 * Every tracker message: what is right comes through with the known keys alone, and each key that is wrong is refused by
 * name. One table feeds both, and a fuzzer.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwarmtubeError } from '../../../shared/basics/errors.ts';
import {
  parseAskRequest,
  parseGone,
  parseIntroductions,
  parseJoinReply,
  parseJoinRequest,
  parsePeerReport,
  parseSignalEnvelope,
  parseSwarmState,
  parseTrackerRefusal,
} from '../../../shared/wire/tracker-message-parsers.ts';
import { fc } from '../../support/properties.ts';

const ID = 'AAAAbbbb0000_-zz';
const JOIN = { protocol: 1, channel: 'demo', role: 'viewer' };
const REPORT = {
  slots: 8,
  slotsUsed: 3,
  lagMs: [10, -1],
  links: 12,
  bytesFromPeers: 1,
  bytesFromServer: 2,
  bytesToPeers: 3,
  latencyMs: 2000,
  stalls: 0,
  stallMs: 0,
  banned: [ID],
};
const INTRODUCTION = { peerId: ID, role: 'seeder', offers: true };
const STATE = { isShort: false, viewers: 3 };
const ANSWER = {
  peerId: ID,
  serverTimeMs: 1_795_169_267_925,
  iceServers: [{ urls: 'stun:localhost:3478' }, { urls: 'turns:t.example', username: 'u', credential: 'c' }],
  introductions: [INTRODUCTION],
  swarm: STATE,
  commitments: [{ substream: 7, fan: 5 }],
};
const REFUSAL = { code: 'full', message: 'No room.' };

type Row = {
  readonly name: string;
  readonly parse: (value: unknown) => unknown;
  readonly right: readonly unknown[];
  /** The wrong message, and what its sentence names. */
  readonly wrong: readonly (readonly [unknown, string])[];
};

const ROWS: readonly Row[] = [
  {
    name: 'join',
    parse: parseJoinRequest,
    right: [JOIN, { ...JOIN, role: 'seeder', token: 't', uplinkKbps: 0, links: 30 }],
    wrong: [
      [null, 'join'],
      [[], 'join'],
      [{ ...JOIN, channel: '../x' }, 'join.channel'],
      [{ ...JOIN, channel: 'x'.repeat(65) }, 'join.channel'],
      [{ ...JOIN, role: 'admin' }, 'join.role'],
      [{ ...JOIN, protocol: '1' }, 'join.protocol'],
      [{ ...JOIN, protocol: -1 }, 'join.protocol'],
      [{ ...JOIN, token: 7 }, 'join.token'],
      [{ ...JOIN, token: 'x'.repeat(4097) }, 'join.token'],
      [{ ...JOIN, uplinkKbps: 1e12 }, 'join.uplinkKbps'],
      [{ ...JOIN, links: 0.5 }, 'join.links'],
    ],
  },
  {
    name: 'ask',
    parse: parseAskRequest,
    right: [{ substreams: [] }, { substreams: [0, 7] }],
    wrong: [
      [{}, 'ask.substreams'],
      [{ substreams: [-1] }, 'ask.substreams'],
      [{ substreams: new Array(17).fill(0) }, 'ask.substreams'],
    ],
  },
  {
    name: 'signal',
    parse: parseSignalEnvelope,
    right: [
      { peerId: ID, signal: { type: 'offer', sdp: 'v=0' } },
      { peerId: ID, signal: { type: 'candidate', candidate: '', mid: '0' } },
    ],
    wrong: [
      [{ peerId: 'short', signal: { type: 'offer', sdp: '' } }, 'signal.peerId'],
      [{ peerId: ID, signal: { type: 'rollback', sdp: '' } }, 'signal.type'],
      [{ peerId: ID, signal: { type: 'answer', sdp: 'x'.repeat(16_385) } }, 'signal.sdp'],
      [{ peerId: ID, signal: { type: 'candidate', candidate: 'x'.repeat(513), mid: '0' } }, 'signal.candidate'],
      [{ peerId: ID, signal: { type: 'candidate', candidate: '', mid: null } }, 'signal.mid'],
    ],
  },
  {
    name: 'report',
    parse: parsePeerReport,
    right: [REPORT, { ...REPORT, lagMs: [], banned: [] }],
    wrong: [
      [{ ...REPORT, slots: null }, 'report.slots'],
      [{ ...REPORT, lagMs: ['1'] }, 'report.lagMs'],
      [{ ...REPORT, lagMs: new Array(17).fill(0) }, 'report.lagMs'],
      [{ ...REPORT, bytesToPeers: Number.POSITIVE_INFINITY }, 'report.bytesToPeers'],
      [{ ...REPORT, banned: ['x'] }, 'report.banned'],
      [{ ...REPORT, banned: new Array(33).fill(ID) }, 'report.banned'],
    ],
  },
  {
    name: 'answer to join',
    parse: parseJoinReply,
    right: [{ answer: ANSWER }, { refusal: REFUSAL }],
    wrong: [
      [{}, 'answer'],
      [{ answer: { ...ANSWER, peerId: 1 } }, 'answer.peerId'],
      [{ answer: { ...ANSWER, iceServers: [{ urls: 'http://x' }] } }, 'iceServers.urls'],
      [{ answer: { ...ANSWER, iceServers: [{ urls: 'stun:x', credential: {} }] } }, 'iceServers.credential'],
      [{ answer: { ...ANSWER, commitments: [{ substream: 16, fan: 1 }] } }, 'commitments.substream'],
      [{ answer: { ...ANSWER, swarm: {} } }, 'swarm.isShort'],
    ],
  },
  {
    name: 'introduce',
    parse: parseIntroductions,
    right: [[], [INTRODUCTION]],
    wrong: [
      [{}, 'introduce'],
      [[{ ...INTRODUCTION, offers: 1 }], 'introduce.offers'],
      [new Array(257).fill(INTRODUCTION), 'introduce'],
    ],
  },
  { name: 'swarm', parse: parseSwarmState, right: [STATE], wrong: [[{ ...STATE, viewers: -1 }, 'swarm.viewers']] },
  { name: 'gone', parse: parseGone, right: [ID], wrong: [[`${ID}x`, 'gone']] },
  {
    name: 'refused',
    parse: parseTrackerRefusal,
    right: [REFUSAL],
    wrong: [
      [{ ...REFUSAL, code: 'because' }, 'refused.code'],
      [{ ...REFUSAL, message: 'x'.repeat(1001) }, 'refused.message'],
    ],
  },
];

for (const { name, parse, right, wrong } of ROWS) {
  test(`${name}: what is right comes through`, () => {
    for (const message of right) assert.deepEqual(parse(JSON.parse(JSON.stringify(message))), message);
  });

  test(`${name}: what is wrong is refused by name`, () => {
    for (const [message, named] of wrong) {
      const refused = (error: unknown): boolean =>
        error instanceof SwarmtubeError && error.code === 'bad-message' && error.message.startsWith(named);
      assert.throws(() => parse(message), refused, JSON.stringify(message)?.slice(0, 200));
    }
  });

  test(`${name}: whatever JSON brings, it is parsed or refused, never anything else`, () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          parse(value);
        } catch (error) {
          assert.ok(error instanceof SwarmtubeError);
        }
      }),
      { seed: 1 },
    );
  });
}

test('unknown keys are left behind', () => {
  assert.deepEqual(
    parseJoinRequest(
      JSON.parse('{"isAdmin":true,"__proto__":{"token":"x"},"protocol":1,"channel":"demo","role":"viewer"}'),
    ),
    JOIN,
  );
});

test('measurements may be fractions or a little mad: they are rounded and held within bounds', () => {
  const report = parsePeerReport({ ...REPORT, lagMs: [12.6, -7], latencyMs: 1e12, stallMs: -3 });
  assert.deepEqual(report.lagMs, [13, -1]);
  assert.equal(report.latencyMs, 86_400_000);
  assert.equal(report.stallMs, 0);
});
