import type { Epoch, Sequence } from '../../shared/basics/units.ts';
import type { Packet } from '../../shared/packets/packet.ts';
import type { PacketLog } from '../../shared/packets/packet-log.ts';
import { encodeFlvHeader } from '../../shared/tags/flv-tag-writer.ts';
import { joined, withConfiguration, withoutRepeatedConfiguration, withoutVideo } from './flv-cut.ts';
import { asBuffer, type LineSocket, ReaderLine, STALLED_MS_MAX } from './reader-line.ts';

/** One write a reader five times a second: 8 % of a core for 1,800 readers where 40 ms costs 42 %, for 100 ms of delay on average. */
export const FLUSH_INTERVAL_MS = 200;

/** Behind by more than this, a reader gets audio and data only, until a door that it has caught up with. */
const VIDEO_BEHIND_MS_MAX = 2000;

/** Behind by more than this even without video, it is cut. */
const AUDIO_BEHIND_MS_MAX = VIDEO_BEHIND_MS_MAX + STALLED_MS_MAX;

export type FlvOutputOptions = {
  readonly log: PacketLog;
  /** Bytes that were given to sockets: for the metrics. */
  readonly onSent: (bytes: number) => void;
  /** Monotonic, ms. */
  readonly now: () => number;
};

/**
 * A channel's log as HTTP-FLV. Every `FLUSH_INTERVAL_MS` what is new is put into one buffer that all readers share; a
 * reader begins at the newest door, and whoever is behind (the start, a short line) reads on its own from the log, where
 * a place costs nothing, until it is with the others. Payloads are FLV tags already, so nothing is encoded.
 *
 *   starting ──► flowing ──► behind ──► without video ──► cut
 *                   ▲──────────┘             │
 *                   ▲── at a door ───────────┘
 *
 * Times are those of the epoch's line. A new epoch begins another line, so the responses end with the old one, and with
 * the end of the broadcast.
 */
export class FlvOutput {
  private readonly options: FlvOutputOptions;
  private readonly readers = new Set<FlvReader>();
  private timer: NodeJS.Timeout | undefined;
  private epoch: Epoch | undefined;
  /** The first sequence that was not flushed yet. Always the start of a unit. */
  private next = 0 as Sequence;

  constructor(options: FlvOutputOptions) {
    this.options = options;
  }

  get readerCount(): number {
    return this.readers.size;
  }

  /** Whether there is something to begin with. */
  get isReady(): boolean {
    const { log } = this.options;
    return log.newestDoor() !== undefined && log.newest()?.header.isEnd === false;
  }

  /** The caller has asked `isReady`. */
  add(socket: LineSocket): void {
    const { log, now, onSent } = this.options;
    const door = log.newestDoor();
    if (door === undefined) {
      socket.destroy();
      return;
    }
    if (this.readers.size === 0 || this.epoch !== door.header.epoch) this.begin(door);
    const line = new ReaderLine(socket, now, () => this.remove(reader));
    const reader = new FlvReader(line, log, door, onSent);
    this.readers.add(reader);
    line.onRoom = () => reader.pump(this.next);
    reader.start(this.next);
  }

  close(): void {
    for (const reader of [...this.readers]) reader.line.cut();
    this.readers.clear();
    this.stop();
  }

  /** Called by the timer; by tests, with a time of their own. */
  flush(nowMs: number): void {
    const { log } = this.options;
    if (log.epoch !== this.epoch) {
      this.endAll();
      return;
    }
    const batch = wholeUnits(log.from(this.next));
    const last = batch.at(-1);
    if (last !== undefined) {
      const from = this.next;
      this.next = (last.header.sequence + 1) as Sequence;
      const pieces = batch.map(withoutRepeatedConfiguration);
      const shared = asBuffer(
        joined(
          pieces,
          pieces.reduce((sum, piece) => sum + piece.byteLength, 0),
        ),
      );
      for (const reader of this.readers) reader.take(shared, from, this.next);
    }
    const newest = log.newest()?.header;
    const newestMs = newest?.captureMs ?? 0;
    for (const reader of [...this.readers]) {
      if (reader.line.isStalled(nowMs) || reader.behindMs(newestMs) > reader.behindMsMax) this.cut(reader);
      else if (newest?.isEnd && reader.next > newest.sequence) reader.line.end();
    }
  }

  private begin(door: Packet): void {
    this.endAll();
    this.epoch = door.header.epoch;
    const packets = wholeUnits(this.options.log.from(door.header.sequence));
    this.next = ((packets.at(-1)?.header.sequence ?? door.header.sequence - 1) + 1) as Sequence;
    this.timer = setInterval(() => this.flush(this.options.now()), FLUSH_INTERVAL_MS);
    this.timer.unref();
  }

  private cut(reader: FlvReader): void {
    reader.line.cut();
    this.remove(reader);
  }

  private endAll(): void {
    for (const reader of this.readers) reader.line.end();
    this.readers.clear();
    this.stop();
  }

  private remove(reader: FlvReader): void {
    this.readers.delete(reader);
    if (this.readers.size === 0) this.stop();
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.epoch = undefined;
  }
}

/** Up to the last unit that is whole: a reader may change its way between two flushes, and must not be in mid-tag then. */
function wholeUnits(packets: readonly Packet[]): readonly Packet[] {
  let count = packets.length;
  while (count > 0 && packets[count - 1]?.header.isUnfinished) count--;
  return count === packets.length ? packets : packets.slice(0, count);
}

/** One reader's place in the log. */
class FlvReader {
  readonly line: ReaderLine;
  next: Sequence;
  private readonly log: PacketLog;
  private readonly epoch: Epoch;
  private readonly onSent: (bytes: number) => void;
  /** The next packet is a door that this reader begins at: it needs the configuration in front. */
  private isBeginning = true;
  private isWithoutVideo = false;
  /** How far behind it may be before video is dropped: at the start, as far as the door lies back. */
  private allowanceMs = VIDEO_BEHIND_MS_MAX;

  constructor(line: ReaderLine, log: PacketLog, door: Packet, onSent: (bytes: number) => void) {
    this.line = line;
    this.log = log;
    this.epoch = door.header.epoch;
    this.next = door.header.sequence;
    this.onSent = onSent;
  }

  /** The header, then the door and all that has been flushed since. */
  start(end: Sequence): void {
    const packets = this.log.from(this.next);
    const hasAudio = packets.some(({ header }) => header.hasAudio);
    const hasVideo = packets.some(({ header }) => header.hasVideo);
    this.allowanceMs = VIDEO_BEHIND_MS_MAX + this.behindMs(packets.at(-1)?.header.captureMs ?? 0);
    this.write(encodeFlvHeader({ hasAudio, hasVideo }));
    this.pump(end);
  }

  get behindMsMax(): number {
    return this.isWithoutVideo ? AUDIO_BEHIND_MS_MAX : Number.POSITIVE_INFINITY;
  }

  /** Of what is in the log; 0 where it is with the others. */
  behindMs(newestCaptureMs: number): number {
    const packet = this.log.get(this.epoch, this.next);
    return packet === undefined ? 0 : newestCaptureMs - packet.header.captureMs;
  }

  /** What all readers get now, `from` to `end`, or the same packets from the log where this one is not with the others. */
  take(shared: Buffer, from: Sequence, end: Sequence): void {
    if (this.next === from && this.line.isIdle && !this.isWithoutVideo && !this.isBeginning) {
      this.next = end;
      this.onSent(shared.byteLength);
      this.line.sendCheaply(shared);
    } else this.pump(end);
  }

  /** Sends from the log while the line has room. */
  pump(end: Sequence): void {
    while (this.next < end && this.line.hasRoom) {
      const packet = this.log.get(this.epoch, this.next) ?? this.returnToDoor();
      if (packet === undefined) return;
      const bytes = this.cutFor(packet);
      this.next = (packet.header.sequence + 1) as Sequence;
      if (bytes.byteLength > 0) this.write(bytes);
    }
    if (this.next >= end) this.allowanceMs = VIDEO_BEHIND_MS_MAX;
  }

  private cutFor(packet: Packet): Uint8Array {
    const { header } = packet;
    if (!header.isContinuation) this.decideOnVideo(packet);
    if (this.isWithoutVideo) return withoutVideo(packet);
    if (!this.isBeginning) return withoutRepeatedConfiguration(packet);
    this.isBeginning = false;
    return withConfiguration(packet);
  }

  /** Only between units. */
  private decideOnVideo(packet: Packet): void {
    const behindMs = this.behindMs(this.log.newest()?.header.captureMs ?? 0);
    if (!this.isWithoutVideo && behindMs > this.allowanceMs) {
      this.isWithoutVideo = true;
    } else if (this.isWithoutVideo && packet.header.isDoor && behindMs <= VIDEO_BEHIND_MS_MAX / 2) {
      this.isWithoutVideo = false;
      this.isBeginning = true;
    }
  }

  /** Its place fell out of the log: only a log that is shorter than a reader's patience does that. */
  private returnToDoor(): Packet | undefined {
    const door = this.log.epoch === this.epoch ? this.log.newestDoor() : undefined;
    if (door === undefined) return undefined;
    this.isBeginning = true;
    this.isWithoutVideo = false;
    return door;
  }

  private write(bytes: Uint8Array): void {
    this.onSent(bytes.byteLength);
    this.line.send(bytes);
  }
}
