/*
 * The endless response of packets: fake sockets, time handed in, packets read back with the reader that players use.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketStreamOutput, type PacketStreamRequest } from '../../../../seeder/outputs/packet-stream-output.ts';
import type { Epoch, Sequence } from '../../../../shared/basics/units.ts';
import { PacketReader } from '../../../../shared/packets/packet-reader.ts';
import { BroadcastLog } from './broadcast-log.ts';
import { FakeSocket } from './fake-socket.ts';

function setUp() {
  const broadcast = new BroadcastLog();
  broadcast.run(2500);
  let nowMs = 0;
  const output = new PacketStreamOutput({ log: broadcast.log, now: () => nowMs });
  const add = (socket: FakeSocket, request: Partial<PacketStreamRequest> = {}): FakeSocket => {
    const from = broadcast.log.newestDoor()?.header.sequence as Sequence;
    output.add(socket, { epoch: 7 as Epoch, from, wants: undefined, onSent: () => {}, ...request });
    return socket;
  };
  const wait = (ms: number): void => {
    nowMs += ms;
    output.check(nowMs);
  };
  return { broadcast, output, add, wait };
}

function sequencesOf(socket: FakeSocket): number[] {
  return new PacketReader().push(new Uint8Array(socket.text())).map(({ header }) => header.sequence);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

test('each packet comes once, in order, as soon as it is made', () => {
  const { broadcast, output, add } = setUp();
  const door = broadcast.log.newestDoor()?.header.sequence as number;
  const socket = add(new FakeSocket());
  broadcast.run(1000);
  assert.deepEqual(sequencesOf(socket), range(door, broadcast.log.newestSequence as number));
  output.close();
});

test('a lease brings its sub-streams only', () => {
  const { broadcast, output, add } = setUp();
  const socket = add(new FakeSocket(), { from: 10 as Sequence, wants: (sequence) => sequence % 8 === 3 });
  broadcast.run(1000);
  const wanted = range(10, broadcast.log.newestSequence as number).filter((sequence) => sequence % 8 === 3);
  assert.deepEqual(sequencesOf(socket), wanted);
  output.close();
});

test('a start that is still to be made is waited for', () => {
  const { broadcast, output, add } = setUp();
  const from = ((broadcast.log.newestSequence as number) + 3) as Sequence;
  const socket = add(new FakeSocket(), { from });
  assert.deepEqual(sequencesOf(socket), []);
  broadcast.run(1000);
  assert.equal(sequencesOf(socket)[0], from);
  output.close();
});

test('a line that stuttered gets everything in the end', () => {
  const { broadcast, output, add, wait } = setUp();
  const socket = add(new FakeSocket(5000));
  broadcast.run(4000);
  wait(4000);
  socket.open();
  const sequences = sequencesOf(socket);
  assert.deepEqual(sequences, range(sequences[0] as number, broadcast.log.newestSequence as number));
  output.close();
});

test('a reader that takes nothing for ten seconds is cut', () => {
  const { output, add, wait } = setUp();
  const socket = add(new FakeSocket(0));
  wait(9000);
  assert.equal(socket.isDestroyed, false);
  wait(2000);
  assert.equal(socket.isDestroyed, true);
  assert.equal(output.readerCount, 0);
});

test('the response ends with the last packet, and when the epoch changes', () => {
  const first = setUp();
  const ended = first.add(new FakeSocket(), { wants: (sequence) => sequence % 8 === 0 });
  first.broadcast.end();
  assert.equal(ended.isEnded, true);
  assert.equal(sequencesOf(ended).at(-1), first.broadcast.log.newestSequence, 'every lease is told of the end');

  const second = setUp();
  const left = second.add(new FakeSocket());
  second.broadcast.restart(8);
  second.broadcast.run(1000);
  assert.equal(left.isEnded, true);
});
