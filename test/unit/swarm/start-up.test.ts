/* A viewer begins with the keyframe alone; whatever else existed by then still reaches it in time, however late the keyframe is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Epoch, Sequence } from '../../../shared/basics/units.ts';
import type { EngineOutput } from '../../../shared/swarm/engine-types.ts';
import { Conversation, PACKET_MS, packet } from '../../support/engine-conversation.ts';

const NEXT_EPOCH = 0x56 as Epoch;
const NEWEST = 20;
const KEYFRAME = [0, 1, 2, 3];
const REST = Array.from({ length: NEWEST - KEYFRAME.length + 1 }, (_, index) => index + KEYFRAME.length);

const fetched = (outputs: readonly EngineOutput[]): number[] =>
  outputs.flatMap((output) => (output.type === 'fetch' && output.reason === 'start' ? output.sequences : []));

for (const answerMs of [20, 140, 400, 900]) {
  test(`a viewer that knows of nothing but the keyframe, and of nobody, asks for more where that takes ${answerMs} ms`, () => {
    const viewer = new Conversation();
    viewer.nowMs += 2 * PACKET_MS;
    const epoch = { epoch: NEXT_EPOCH, startSequence: 0 as Sequence, newestSequence: 2 as Sequence };
    assert.deepEqual(fetched(viewer.input({ type: 'epoch', ...epoch })), [0, 1, 2]);
    viewer.wait(answerMs);
    for (const sequence of [0, 1, 2]) {
      const arrived = { type: 'packet-from-server', packet: packet(sequence, NEXT_EPOCH), via: 'start' } as const;
      viewer.verify(viewer.input(arrived), true);
    }
    viewer.input({ type: 'playback', targetLatencyMs: 1_200 + answerMs, nextSequence: 3 as Sequence });
    const asked = viewer.wait(1_200).filter(({ type }) => type === 'fetch' || type === 'server-stream');
    assert.notDeepEqual(asked, []);
  });
}

for (const answerMs of [20, 140, 400, 900]) {
  test(`the rest is fetched in time where the first packets take ${answerMs} ms`, () => {
    const viewer = new Conversation();
    viewer.nowMs += NEWEST * PACKET_MS;
    const epoch = { epoch: NEXT_EPOCH, startSequence: 0 as Sequence, newestSequence: NEWEST as Sequence };
    assert.deepEqual(fetched(viewer.input({ type: 'epoch', ...epoch })), KEYFRAME);

    const meanwhile = fetched(viewer.wait(answerMs));
    for (const sequence of KEYFRAME) {
      const arrived = { type: 'packet-from-server', packet: packet(sequence, NEXT_EPOCH), via: 'start' } as const;
      viewer.verify(viewer.input(arrived), true);
    }
    const later = fetched(viewer.wait(2_600 - answerMs));
    assert.deepEqual(
      [...meanwhile, ...later].filter((sequence) => !KEYFRAME.includes(sequence)).sort((one, other) => one - other),
      REST,
    );
  });
}

test('a keyframe longer than was guessed is fetched to its end, in ever larger steps, whatever is there already', () => {
  const viewer = new Conversation();
  viewer.nowMs += 30 * PACKET_MS;
  const unfinished = (sequence: number) => {
    const whole = packet(sequence, NEXT_EPOCH);
    return { ...whole, header: { ...whole.header, isUnfinished: true } };
  };
  const bring = (sequences: readonly number[]) =>
    sequences.flatMap((sequence) => {
      const arrived = { type: 'packet-from-server', packet: unfinished(sequence), via: 'start' } as const;
      return fetched(viewer.verify(viewer.input(arrived), true));
    });
  viewer.input({ type: 'epoch', epoch: NEXT_EPOCH, startSequence: 0 as Sequence, newestSequence: 29 as Sequence });
  const [second, third] = [bring([0, 1, 2, 11, 3]), bring([4, 5, 6, 7, 8, 9, 10])];
  const all = [...second, ...third].sort((one, other) => one - other);
  assert.deepEqual(
    all,
    [4, 5, 6, 7, 8, 9, 10, ...Array.from({ length: 16 }, (_, at) => at + 12)].filter((sequence) => sequence !== 11),
  );
});
