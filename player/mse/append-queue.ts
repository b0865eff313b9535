/*
 * One SourceBuffer takes one operation at a time and tells when it is done. This queue keeps the order, joins appends that
 * wait together, makes room when the browser's quota is reached, and never grows beyond a bound.
 */

import { concatenate } from '../../shared/bytes/concatenate.ts';

type Operation =
  | { readonly type: 'append'; bytes: Uint8Array[]; readonly startSeconds: number | undefined }
  | { readonly type: 'change-type'; readonly mimeType: string }
  | { readonly type: 'remove'; readonly start: number; readonly end: number };

export type AppendQueueEvents = {
  /** Where playback stands, seconds: what is behind may be thrown out. */
  playHead(): number;
  onAppended(): void;
  /** The browser refused this buffer's data, or the queue overflowed: the sink has to be built anew. */
  onFailed(reason: string): void;
};

/** About a minute of 4 Mbit/s: a browser that takes nothing for so long will not recover. */
const QUEUE_BYTES_MAX = 32 * 1024 * 1024;
/** One append of joined fragments: large ones block the page's main thread. */
const APPEND_BYTES_MAX = 1024 * 1024;
/** Kept behind the play head when the quota is reached, at the first and at the second try. */
const KEPT_AT_QUOTA_SECONDS = [5, 1] as const;
const MPEG_AUDIO = 'audio/mpeg';

export class AppendQueue {
  private readonly buffer: SourceBuffer;
  private readonly events: AppendQueueEvents;
  private readonly operations: Operation[] = [];
  private mimeType: string;
  private queuedBytes = 0;
  private quotaTries = 0;
  /**
   * The operation under way. `updating` does not tell: it falls before `updateend` is dispatched, and whoever looks in
   * between would start the same operation twice.
   */
  private current: Operation | undefined;
  private isRemoving = false;
  private isClosed = false;
  private rawEndSeconds: number | undefined;

  constructor(buffer: SourceBuffer, mimeType: string, events: AppendQueueEvents) {
    this.buffer = buffer;
    this.mimeType = mimeType;
    this.events = events;
    buffer.addEventListener('updateend', this.onUpdateEnd);
    buffer.addEventListener('error', this.onError);
  }

  get isIdle(): boolean {
    return this.operations.length === 0 && !this.isBusy;
  }

  /** The init segment of a new configuration; a type that the buffer does not have yet is changed to. */
  configure(mimeType: string, init: Uint8Array): void {
    if (mimeType !== this.mimeType) this.operations.push({ type: 'change-type', mimeType });
    this.mimeType = mimeType;
    this.rawEndSeconds = undefined;
    this.append(init, undefined, undefined);
  }

  /** `startSeconds` and `endSeconds` are needed by raw MPEG audio, whose bytes carry no time. */
  append(bytes: Uint8Array, startSeconds: number | undefined, endSeconds: number | undefined): void {
    if (this.isClosed || bytes.length === 0) return;
    const isRaw = this.mimeType === MPEG_AUDIO && startSeconds !== undefined;
    const isBreak = isRaw && (this.rawEndSeconds === undefined || Math.abs(this.rawEndSeconds - startSeconds) > 0.001);
    if (isRaw) this.rawEndSeconds = endSeconds;
    this.queuedBytes += bytes.length;
    const last = this.operations.at(-1);
    const canJoin = last?.type === 'append' && !isBreak;
    if (canJoin && byteLength(last.bytes) + bytes.length <= APPEND_BYTES_MAX) last.bytes.push(bytes);
    else this.operations.push({ type: 'append', bytes: [bytes], startSeconds: isBreak ? startSeconds : undefined });
    if (this.queuedBytes > QUEUE_BYTES_MAX) this.fail('append-overflow');
    else this.run();
  }

  /** Throws out media, e.g. what lies further behind the play head than is kept. */
  remove(start: number, end: number): void {
    if (this.isClosed || end <= start || this.operations.some((operation) => operation.type === 'remove')) return;
    this.operations.push({ type: 'remove', start, end });
    this.run();
  }

  close(): void {
    this.isClosed = true;
    this.operations.length = 0;
    this.buffer.removeEventListener('updateend', this.onUpdateEnd);
    this.buffer.removeEventListener('error', this.onError);
  }

  private get isBusy(): boolean {
    return this.current !== undefined || this.isRemoving;
  }

  private run(): void {
    while (!this.isClosed && !this.isBusy) {
      const operation = this.operations[0];
      if (operation === undefined) return;
      try {
        this.start(operation);
      } catch (thrown) {
        if (thrown instanceof DOMException && thrown.name === 'QuotaExceededError') this.makeRoom();
        else this.fail(String(thrown));
        return;
      }
      this.operations.shift();
      // A change of type is done at once; everything else ends with `updateend`.
      if (operation.type !== 'change-type') this.current = operation;
    }
  }

  private start(operation: Operation): void {
    switch (operation.type) {
      case 'change-type':
        this.buffer.changeType(operation.mimeType);
        break;
      case 'remove':
        this.buffer.remove(operation.start, operation.end);
        break;
      case 'append':
        if (operation.startSeconds !== undefined) this.buffer.timestampOffset = operation.startSeconds;
        this.buffer.appendBuffer(joined(operation.bytes));
    }
  }

  /** The operation stays at the front and is tried again after the room was made. */
  private makeRoom(): void {
    const kept = KEPT_AT_QUOTA_SECONDS[this.quotaTries++];
    const end = this.events.playHead() - (kept ?? 0);
    const first = this.buffer.buffered.length > 0 ? this.buffer.buffered.start(0) : Number.POSITIVE_INFINITY;
    if (kept === undefined || end <= first) {
      this.fail('quota');
      return;
    }
    this.isRemoving = true;
    this.buffer.remove(0, end);
  }

  private readonly onUpdateEnd = (): void => {
    if (this.isClosed) return;
    const done = this.current;
    this.current = undefined;
    this.isRemoving = false;
    if (done?.type === 'append') {
      this.queuedBytes -= byteLength(done.bytes);
      this.quotaTries = 0;
      this.events.onAppended();
    }
    this.run();
  };

  private readonly onError = (): void => this.fail('append-failed');

  private fail(reason: string): void {
    if (this.isClosed) return;
    this.close();
    this.events.onFailed(reason);
  }
}

function byteLength(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? (only as Uint8Array<ArrayBuffer>) : concatenate(parts);
}
