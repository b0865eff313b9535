// One bound for all logs of the process, shared so that small channels keep all and large ones the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPoolBytes, LogPool } from '../../../seeder/log-pool.ts';
import { PacketLog } from '../../../shared/packets/packet-log.ts';
import { testPacket } from '../../support/packets.ts';

const MIB = 1024 * 1024;

/** Appends packets of nearly 16 KiB to each log in turn, 64 times its rate a round. */
function fill(rates: readonly number[], rounds: number, bytesMax: number): { pool: LogPool; logs: PacketLog[] } {
  const pool = new LogPool(bytesMax);
  const logs = rates.map(() => new PacketLog());
  for (const log of logs) pool.add(log);
  const next = rates.map(() => 0);
  for (let round = 0; round < rounds; round++) {
    for (const [index, rate] of rates.entries()) {
      for (let packet = 0; packet < rate * 64; packet++) {
        const sequence = next[index] as number;
        next[index] = sequence + 1;
        logs[index]?.append(testPacket(sequence, { isDoor: sequence % 32 === 0 }, 16_000));
        assert.ok(pool.bytes <= Math.max(bytesMax, rates.length * 4.2 * MIB), `${pool.bytes}`);
      }
    }
  }
  return { pool, logs };
}

test('all logs together stay within the bound; small ones keep all, large ones as much as each other', () => {
  const { pool, logs } = fill([1, 4, 8], 10, 60 * MIB);
  const [small = 0, middle = 0, large = 0] = logs.map((log) => log.bytes / MIB);
  assert.equal(
    pool.bytes,
    logs.reduce((sum, log) => sum + log.bytes, 0),
  );
  assert.ok(pool.bytes > 59 * MIB);
  assert.ok(logs[0]?.size === 640, `${small} MiB kept`);
  assert.ok(Math.abs(middle - large) < 0.3, `${middle} and ${large} MiB`);
  for (const log of logs) assert.ok(log.newestDoor() !== undefined && log.firstSequence !== undefined);
});

test('no log is brought below what its viewers begin with', () => {
  const { logs } = fill([2, 2, 2, 2], 4, 1 * MIB);
  for (const log of logs) assert.ok(log.bytes > 3.9 * MIB && log.bytes < 4.2 * MIB, `${log.bytes}`);
});

test('a log that begins a new epoch gives back what it had', () => {
  const { pool, logs } = fill([4], 2, 100 * MIB);
  logs[0]?.append(testPacket(0, { epoch: 99 as never }, 1000));
  assert.ok(pool.bytes < 2000);
});

test('the default is a part of the memory of this machine', () => {
  assert.ok(defaultPoolBytes() > 0 && defaultPoolBytes() <= 1024 * MIB);
});
