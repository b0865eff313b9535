import type { Millis } from '../basics/units.ts';
import type { EngineContext } from './engine-context.ts';
import type { Link } from './link.ts';
import type { OwnLine } from './own-line.ts';
import { TokenBucket } from './token-bucket.ts';

type Waiting = {
  readonly link: Link;
  readonly bytes: Uint8Array;
  /** Of no use to anybody after this. */
  readonly expiresMs: number;
};

/** What waits, first in first out, and how many bytes that is. */
type Queue = { waitings: Waiting[]; bytes: number };

/** Where a link is clogged its packets wait here; more than this and the oldest goes. */
const WAITING_PER_LINK_MAX = 16;
/** Messages waiting in all: with 16 KiB each some 32 MiB, reached only by a limit far below what is promised. */
const WAITING_MAX = 2048;
/** Where one packet takes longer than this the line has nothing to give while anything waits before it, ms. */
const THIN_PACKET_MS = 500;
/** With more than this in the transport the line is not idle, whatever the pacer believes. */
const REPAIR_STANDING_MS_MAX = 60;
/** No more than this stands in one transport, ms of the line: under 164 kB/s less than `linkBufferBytesMax`. */
const STANDING_MS_MAX = 400;
/** Until another look at transports that have no room. */
const ROOM_LOOK_MS = 50;

/**
 * One pacer a peer, FIFO over all links, so that packets leave one after the other and not all late together. Pushes first;
 * repairs and backlog only when no push waits. Sends at once while under budget: a hidden tab's slow timers delay nothing.
 */
export class Pacer {
  private readonly context: EngineContext;
  private readonly line: OwnLine;
  private readonly bucket: TokenBucket;
  private readonly pushes: Queue = { waitings: [], bytes: 0 };
  private readonly repairs: Queue = { waitings: [], bytes: 0 };
  private bytesPerSecond: number;

  constructor(context: EngineContext, line: OwnLine) {
    this.context = context;
    this.line = line;
    this.bytesPerSecond = context.config.initialUplinkBytesPerSecond;
    this.bucket = new TokenBucket(this.burstBytes, context.nowMs);
  }

  setRate(bytesPerSecond: number): void {
    // What was earned at the old rate is booked first.
    this.bucket.refill(this.bytesPerSecond, this.burstBytes, this.context.nowMs);
    this.bytesPerSecond = bytesPerSecond;
  }

  get isIdle(): boolean {
    return this.waiting === 0;
  }

  private get waiting(): number {
    return this.pushes.waitings.length + this.repairs.waitings.length;
  }

  /**
   * How long the line needs for the pushes that wait here and for what stands in the transport. Repairs wait until the line is
   * idle anyway: counted here, a few that ask for much would cost children their places.
   */
  backlogMs(): number {
    return this.durationMs(this.pushes.bytes) + this.standingMs();
  }

  private standingMs(): number {
    const { standing } = this.context.links;
    let bytes = 0;
    for (const link of standing) bytes += link.standingBytes(this.context.nowMs);
    return this.durationMs(bytes);
  }

  /** False: dropped, since too much waits already. */
  push(link: Link, bytes: Uint8Array, expiresMs: number): boolean {
    if (this.bytesPerSecond === 0) return this.drop();
    if (this.durationMs(this.pushes.bytes) > this.context.config.pushBacklogMsMax) return this.drop();
    if (this.waiting >= WAITING_MAX) return this.drop();
    this.makeRoom(link);
    add(this.pushes, { link, bytes, expiresMs });
    return true;
  }

  /** A repair, or backlog that can wait. False: refused. */
  repair(link: Link, bytes: Uint8Array, expiresMs: number): boolean {
    if (this.bytesPerSecond === 0) return false;
    // A line is tried out with one packet.
    if (!this.line.isProven && (this.line.isOnTrial || !this.isIdle)) return false;
    const backlogMs = this.backlogMs() + this.durationMs(this.repairs.bytes);
    if (backlogMs > this.context.config.repairBacklogMsMax) return false;
    // What its owner asks of the server would wait behind it and come too late. One that is idle may show what it carries.
    if (this.context.queueMs > 0 && backlogMs + this.durationMs(bytes.byteLength) > THIN_PACKET_MS) return false;
    if (this.waiting >= WAITING_MAX) return false;
    add(this.repairs, { link, bytes, expiresMs });
    return true;
  }

  /** Sends what may leave now, and sets the timer for what may not. */
  pump(nowMs: Millis): void {
    if (this.isIdle) return;
    const level = this.bucket.refill(this.bytesPerSecond, this.burstBytes, nowMs);
    let budget = level;
    if (budget > 0) budget = this.drain(this.pushes, budget, nowMs);
    // Repairs only when every push that could leave has left, here and from the transport.
    if (budget > 0 && this.repairs.waitings.length > 0 && this.standingMs() <= REPAIR_STANDING_MS_MAX) {
      budget = this.drain(this.repairs, budget, nowMs);
    }
    if (this.isIdle || this.bytesPerSecond === 0) {
      this.context.timers.clear('pacer');
      return;
    }
    // A transport that holds less than its low-water mark does not tell when it is empty.
    const waitMs = budget <= 0 ? (1 - budget) / (this.bytesPerSecond / 1000) : ROOM_LOOK_MS;
    this.context.timers.set('pacer', nowMs + Math.max(1, waitMs));
  }

  forget(link: Link): void {
    keep(this.pushes, (waiting) => waiting.link !== link);
    keep(this.repairs, (waiting) => waiting.link !== link);
  }

  clear(): void {
    keep(this.pushes, () => false);
    keep(this.repairs, () => false);
    this.context.timers.clear('pacer');
  }

  /** Pushes still waiting for this link: a child that cannot keep up. */
  waitingFor(link: Link): number {
    let count = 0;
    for (const waiting of this.pushes.waitings) if (waiting.link === link) count++;
    return count;
  }

  private get burstBytes(): number {
    const { config } = this.context;
    return Math.max(config.burstBytesMin, (this.bytesPerSecond * config.burstMs) / 1000);
  }

  private durationMs(bytes: number): number {
    return this.bytesPerSecond === 0 ? 0 : (bytes * 1000) / this.bytesPerSecond;
  }

  private drain(queue: Queue, level: number, nowMs: Millis): number {
    const { waitings } = queue;
    let budget = level;
    let kept = 0;
    let gone = 0;
    for (const waiting of waitings) {
      const { link, bytes } = waiting;
      if (budget <= 0) {
        waitings[kept++] = waiting;
      } else if (waiting.expiresMs < nowMs) {
        gone += bytes.byteLength;
        this.context.statistics.pushesDropped++;
      } else if (!this.hasRoom(link, bytes.byteLength)) {
        waitings[kept++] = waiting;
      } else {
        budget -= bytes.byteLength;
        this.bucket.take(bytes.byteLength);
        gone += bytes.byteLength;
        this.send(link, bytes);
      }
    }
    queue.bytes -= gone;
    waitings.length = kept;
    return budget;
  }

  /**
   * Who had more standing before its own thin line than this would learn too late that the line has become poor: what it asks of the server
   * waits behind it. One packet is always let out.
   */
  private hasRoom(link: Link, bytes: number): boolean {
    if (link.bufferedBytes === 0) return true;
    const most = Math.min(this.context.config.linkBufferBytesMax, (this.bytesPerSecond * STANDING_MS_MAX) / 1000);
    return link.bufferedBytes + bytes <= most;
  }

  private send(link: Link, bytes: Uint8Array): void {
    this.line.noteSent(bytes.byteLength);
    link.noteSent(bytes.byteLength);
    link.packetsSent++;
    this.context.statistics.bytesToPeers += bytes.byteLength;
    this.context.outputs.push({ type: 'send', peer: link.peer, channel: 'data', bytes });
  }

  private drop(): false {
    this.context.statistics.pushesDropped++;
    return false;
  }

  private makeRoom(link: Link): void {
    if (this.waitingFor(link) < WAITING_PER_LINK_MAX) return;
    const oldest = this.pushes.waitings.find((waiting) => waiting.link === link);
    keep(this.pushes, (waiting) => waiting !== oldest);
    this.context.statistics.pushesDropped++;
  }
}

function add(queue: Queue, waiting: Waiting): void {
  queue.waitings.push(waiting);
  queue.bytes += waiting.bytes.byteLength;
}

function keep(queue: Queue, isKept: (waiting: Waiting) => boolean): void {
  queue.waitings = queue.waitings.filter(isKept);
  queue.bytes = queue.waitings.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
}
