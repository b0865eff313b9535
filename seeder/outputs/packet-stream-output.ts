import type { Epoch, Sequence } from '../../shared/basics/units.ts';
import type { Packet } from '../../shared/packets/packet.ts';
import type { PacketLog } from '../../shared/packets/packet-log.ts';
import { type LineSocket, ReaderLine, STALLED_MS_MAX } from './reader-line.ts';

/** How often lines are looked at that take nothing. */
const CHECK_INTERVAL_MS = 1000;

export type PacketStreamOutputOptions = {
  readonly log: PacketLog;
  readonly now: () => number;
};

export type PacketStreamRequest = {
  readonly epoch: Epoch;
  /** The first packet that is wanted; it may still have to be made. */
  readonly from: Sequence;
  /** Undefined: all. */
  readonly wants: ((sequence: Sequence) => boolean) | undefined;
  readonly onSent: (bytes: number) => void;
};

/**
 * A channel's packets one after another, each as soon as it is made: what a player falls back to, and a lease of some
 * sub-streams. Nothing is left out, so a reader that is over ten seconds behind, or takes nothing for ten, is cut and may
 * come back where it wants to. The response ends with the broadcast's last packet, and when the epoch changes.
 */
export class PacketStreamOutput {
  private readonly options: PacketStreamOutputOptions;
  private readonly readers = new Set<PacketReaderPlace>();
  private timer: NodeJS.Timeout | undefined;
  private stopListening: (() => void) | undefined;

  constructor(options: PacketStreamOutputOptions) {
    this.options = options;
  }

  get readerCount(): number {
    return this.readers.size;
  }

  add(socket: LineSocket, request: PacketStreamRequest): void {
    const { log, now } = this.options;
    const line = new ReaderLine(socket, now, () => this.remove(reader));
    const reader = new PacketReaderPlace(line, log, request);
    this.readers.add(reader);
    this.stopListening ??= log.onAppend((packet) => this.pass(packet));
    this.timer ??= setInterval(() => this.check(now()), CHECK_INTERVAL_MS).unref();
    line.onRoom = () => this.pump(reader);
    this.pump(reader);
  }

  close(): void {
    for (const reader of [...this.readers]) reader.line.cut();
    this.readers.clear();
    this.stop();
  }

  /** Called by the timer; by tests, with a time of their own. */
  check(nowMs: number): void {
    for (const reader of [...this.readers]) {
      if (!reader.line.isStalled(nowMs) && reader.behindMs() <= STALLED_MS_MAX) continue;
      reader.line.cut();
      this.remove(reader);
    }
  }

  private pass(packet: Packet): void {
    for (const reader of [...this.readers]) {
      if (reader.epoch !== packet.header.epoch) this.end(reader);
      else this.pump(reader);
    }
  }

  private pump(reader: PacketReaderPlace): void {
    if (reader.pump() === 'over') this.end(reader);
  }

  private end(reader: PacketReaderPlace): void {
    reader.line.end();
    this.remove(reader);
  }

  private remove(reader: PacketReaderPlace): void {
    this.readers.delete(reader);
    if (this.readers.size === 0) this.stop();
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.stopListening?.();
    this.stopListening = undefined;
  }
}

class PacketReaderPlace {
  readonly line: ReaderLine;
  readonly epoch: Epoch;
  private readonly log: PacketLog;
  private readonly request: PacketStreamRequest;
  private next: Sequence;
  /** A start that lies further back than the limit is no fault of the line. */
  private readonly startCaptureMs: number;

  constructor(line: ReaderLine, log: PacketLog, request: PacketStreamRequest) {
    this.line = line;
    this.log = log;
    this.request = request;
    this.epoch = request.epoch;
    this.next = request.from;
    this.startCaptureMs = log.newest()?.header.captureMs ?? 0;
  }

  /** Sends while the line has room. `over`: what was asked for cannot go on. */
  pump(): 'over' | undefined {
    while (this.line.hasRoom) {
      const packet = this.log.get(this.epoch, this.next);
      if (packet === undefined) return this.isLost() ? 'over' : undefined;
      this.next = (this.next + 1) as Sequence;
      const { isEnd } = packet.header;
      if (isEnd || (this.request.wants?.(packet.header.sequence) ?? true)) {
        this.request.onSent(packet.bytes.byteLength);
        this.line.send(packet.bytes);
      }
      if (isEnd) return 'over';
    }
    return undefined;
  }

  behindMs(): number {
    const packet = this.log.get(this.epoch, this.next);
    const newestMs = this.log.newest()?.header.captureMs ?? 0;
    return packet === undefined ? 0 : newestMs - Math.max(packet.header.captureMs, this.startCaptureMs);
  }

  /** Its place fell out of the log. */
  private isLost(): boolean {
    return this.log.epoch !== this.epoch || this.next < (this.log.firstSequence ?? 0);
  }
}
