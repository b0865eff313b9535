import { totalmem } from 'node:os';
import type { PacketLog } from '../shared/packets/packet-log.ts';

const MIB = 1024 * 1024;
/** What no log is brought below, so that its viewers can begin: 8 s at 4 Mbit/s. */
const LOG_BYTES_KEPT = 4 * MIB;
/** Given back at once, so that the longest log need not be looked for at each packet. */
const STEP_BYTES = 64 * 1024;
const DEFAULT_BYTES_MAX = 1024 * MIB;
const DEFAULT_SHARE = 1 / 4;

/** 1 GiB, or a quarter of what this machine, or its container, has. */
export function defaultPoolBytes(): number {
  // Without a container's limit it is 0 or more than any machine has.
  const memoryBytes = Math.min(process.constrainedMemory() || totalmem(), totalmem());
  return Math.min(DEFAULT_BYTES_MAX, Math.floor(memoryBytes * DEFAULT_SHARE));
}

/**
 * One bound for the packets that all channels of the process keep. What is over it is taken from the largest log, oldest
 * packets first: so a channel of few bits keeps all it has, and those of many share the rest evenly.
 */
export class LogPool {
  private readonly bytesMax: number;
  private readonly bytesOf = new Map<PacketLog, number>();
  private total = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** Bytes of all logs. */
  get bytes(): number {
    return this.total;
  }

  add(log: PacketLog): void {
    this.count(log);
    log.onAppend(() => {
      this.count(log);
      this.shrink();
    });
  }

  private shrink(): void {
    while (this.total > this.bytesMax) {
      const largest = this.largest();
      if (largest === undefined || largest.bytes <= LOG_BYTES_KEPT) return;
      const goal = Math.max(LOG_BYTES_KEPT, largest.bytes - STEP_BYTES);
      while (largest.bytes > goal && largest.dropOldest()) {}
      const before = this.total;
      this.count(largest);
      if (this.total === before) return; // one packet alone: it stays
    }
  }

  private largest(): PacketLog | undefined {
    let largest: PacketLog | undefined;
    for (const log of this.bytesOf.keys()) if (log.bytes > (largest?.bytes ?? 0)) largest = log;
    return largest;
  }

  private count(log: PacketLog): void {
    this.total += log.bytes - (this.bytesOf.get(log) ?? 0);
    this.bytesOf.set(log, log.bytes);
  }
}
