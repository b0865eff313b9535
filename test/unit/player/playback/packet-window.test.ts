/*
 * Packets come in any order and go out in the order of the stream; a hole is skipped only on request, to the next door.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketWindow, WINDOW_PACKETS_MAX } from '../../../../player/playback/packet-window.ts';
import type { Epoch, Sequence } from '../../../../shared/basics/units.ts';
import { TEST_EPOCH as EPOCH, testPacket as packet } from '../../../support/packets.ts';
import { fc } from '../../../support/properties.ts';

function startedAt(sequence: number): PacketWindow {
  const window = new PacketWindow();
  window.restart(EPOCH, sequence as Sequence);
  return window;
}
const taken = (window: PacketWindow): number[] => window.take().map(({ header }) => header.sequence);

test('any order in, the order of the stream out, each packet once', () => {
  const order = fc.shuffledSubarray([...Array(40).keys()], { minLength: 40 });
  fc.assert(
    fc.property(order, (sequences) => {
      const window = startedAt(0);
      const out = sequences.flatMap((sequence) => {
        window.insert(packet(sequence));
        return taken(window);
      });
      assert.deepEqual(out, [...Array(40).keys()]);
      assert.equal(window.heldCount, 0);
    }),
  );
});

test('what is repeated, past, foreign or far ahead is told and not kept', () => {
  const window = startedAt(10);
  assert.equal(window.insert(packet(9)), 'past');
  assert.equal(window.insert(packet(12)), 'kept');
  assert.equal(window.insert(packet(12)), 'duplicate');
  assert.equal(window.insert(packet(10, { epoch: 8 as Epoch })), 'foreign');
  assert.equal(window.insert(packet(10 + WINDOW_PACKETS_MAX)), 'too-far');
  assert.equal(window.heldCount, 1);
});

test('a hole holds everything behind it until it is skipped to the first door', () => {
  const window = startedAt(0);
  for (const sequence of [1, 2, 4, 5, 7]) window.insert(packet(sequence, { isDoor: sequence === 5 || sequence === 7 }));
  assert.deepEqual(taken(window), []);
  assert.equal(window.hasHole, true);
  assert.equal(window.nextDoor()?.header.sequence, 5);
  window.skipTo(5 as Sequence);
  assert.deepEqual(taken(window), [5]);
  assert.equal(window.nextSequence, 6);
  assert.equal(window.insert(packet(3)), 'past');
});

test('another epoch forgets everything', () => {
  const window = startedAt(0);
  window.insert(packet(3));
  window.restart(8 as Epoch, 100 as Sequence);
  assert.equal(window.heldCount, 0);
  assert.equal(window.insert(packet(3)), 'foreign');
  assert.equal(window.insert(packet(100, { epoch: 8 as Epoch })), 'kept');
});
