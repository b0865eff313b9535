/* The source pauses while nobody tells: what is presumed to exist is asked for a little, given up, and missed again when it comes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sequence } from '../../../shared/basics/units.ts';
import type { EngineOutput } from '../../../shared/swarm/engine-types.ts';
import { ALICE, EPOCH, fedByAlice, ofType, PACKET_MS, packet, said } from '../../support/engine-conversation.ts';
import { testPacket } from '../../support/packets.ts';

const LAST = 41;
const LOST = 44;
const RESUMED_UNTIL = 77;
const WALL_MS = 1_700_000_000_000;

test('a hole behind a pause is asked for, and what never was is not asked for without end', () => {
  const talk = fedByAlice(LAST);
  talk.input({ type: 'playback', targetLatencyMs: 2500, nextSequence: LAST as Sequence });
  let isPaused = true;
  let inVain = 0;
  const requested: number[] = [];
  const note = (outputs: readonly EngineOutput[]): void => {
    for (const message of said([...outputs], ALICE))
      if (message.type === 'request') requested.push(...message.sequences);
    for (const sequence of ofType([...outputs], 'fetch').flatMap((fetch) => fetch.sequences)) {
      if (sequence === LAST) {
        note(talk.verify(talk.input({ type: 'packet-from-server', packet: packet(LAST), via: 'rescue' }), true));
      } else if (isPaused) {
        inVain++;
        note(talk.input({ type: 'fetch-failed', epoch: EPOCH, sequence }));
      }
    }
  };
  for (let step = 0; step < 300; step++) {
    note(talk.wait(50));
    if (step % 8 === 0) note(talk.have(ALICE, LAST));
  }
  assert.ok(inVain > 0 && inVain <= 20, `${inVain} fetches of what does not exist`);

  isPaused = false;
  const shiftMs = talk.nowMs - (LAST + 1) * PACKET_MS - 20;
  for (let sequence = LAST + 1; sequence < RESUMED_UNTIL; sequence++) {
    note(talk.wait(PACKET_MS));
    if (sequence === LOST) continue;
    const captureMs = (WALL_MS + sequence * PACKET_MS + shiftMs) as never;
    const late = testPacket(sequence, { epoch: EPOCH, captureMs }, 500);
    note(talk.verify(talk.say(ALICE, { type: 'push', isBacklog: false, packet: late }), true));
    if (sequence % 8 === 0) note(talk.have(ALICE, sequence + 1));
  }
  for (let step = 0; step < 40; step++) {
    note(talk.wait(100));
    if (step % 5 === 0) note(talk.have(ALICE, RESUMED_UNTIL));
  }
  assert.ok(requested.includes(LOST), `asked of its neighbour: ${requested.join(' ')}`);
});
