import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** What is handed to a reader's socket before it has taken the last: enough to fill a line, little to lose on a stalled one. */
const IN_FLIGHT_BYTES_MAX = 64 * 1024;

/** A reader whose line took nothing for this long is gone, or not worth waiting for. */
export const STALLED_MS_MAX = 10_000;

/** The part of a socket that a reader's line needs; a `net.Socket` or `tls.TLSSocket` is one. */
export interface LineSocket {
  readonly writableLength: number;
  write(bytes: Uint8Array, written?: () => void): boolean;
  setTimeout(ms: number): unknown;
  end(): void;
  destroy(): void;
  once(event: 'close', listener: () => void): unknown;
  on(event: 'error', listener: () => void): unknown;
}

/**
 * One reader's line: bytes go out as they are, and it tells when there is room for more. It keeps no queue: readers
 * that are behind hold a place in the packet log, whose bytes all readers share.
 */
export class ReaderLine {
  /** Called when bytes were taken and there is room for more. */
  onRoom: () => void = () => {};
  private readonly socket: LineSocket;
  private readonly now: () => number;
  private lastProgressMs: number;
  private isDone = false;
  private readonly onWritten: () => void;

  constructor(socket: LineSocket, now: () => number, onClosed: () => void) {
    this.socket = socket;
    this.now = now;
    this.lastProgressMs = now();
    this.onWritten = () => {
      this.lastProgressMs = this.now();
      if (!this.isDone && this.hasRoom) this.onRoom();
    };
    socket.setTimeout(0); // lines are watched here, and a timer a write is dear
    socket.on('error', () => {}); // 'close' follows
    socket.once('close', () => {
      this.isDone = true;
      onClosed();
    });
  }

  /** Everything so far was taken by the system. */
  get isIdle(): boolean {
    return this.socket.writableLength === 0;
  }

  get hasRoom(): boolean {
    return this.socket.writableLength < IN_FLIGHT_BYTES_MAX;
  }

  /** Bytes that wait, and none was taken for ten seconds. */
  isStalled(nowMs: number): boolean {
    return !this.isIdle && nowMs - this.lastProgressMs > STALLED_MS_MAX;
  }

  /** `onRoom` follows when the bytes were taken. */
  send(bytes: Uint8Array): void {
    if (this.isDone) return;
    if (this.isIdle) this.lastProgressMs = this.now();
    this.socket.write(bytes, this.onWritten);
  }

  /** On an idle line, for thousands of readers at once: without `onRoom`, which costs Node a tick for each. */
  sendCheaply(bytes: Buffer): void {
    if (this.isDone) return;
    this.lastProgressMs = this.now();
    this.socket.write(bytes);
  }

  /** After what was sent has gone out. */
  end(): void {
    if (this.isDone) return;
    this.isDone = true;
    this.socket.end();
    // Who reads nothing would never let it end.
    const patience = setTimeout(() => dropConnection(this.socket), STALLED_MS_MAX).unref();
    this.socket.once('close', () => clearTimeout(patience));
  }

  cut(): void {
    this.isDone = true;
    dropConnection(this.socket);
  }
}

/** At once, where the transport can: closed in order, the system would keep megabytes for minutes for one who reads nothing. */
function dropConnection(socket: LineSocket): void {
  if (socket instanceof Socket && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
  else socket.destroy();
}

/** The same bytes as Node's streams want them: they would wrap any others once a write. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Answers with headers and gives the socket for a body without end and without chunk framing: its end is the end of the
 * connection (RFC 9112 section 6.3). Framing would cost three writes a flush where one does. Undefined where the reader is gone.
 */
export function beginEndlessBody(response: ServerResponse, headers: Record<string, string>): LineSocket | undefined {
  response.useChunkedEncodingByDefault = false;
  response.shouldKeepAlive = false;
  response.writeHead(200, headers);
  response.flushHeaders();
  const socket = response.socket;
  if (socket === null || socket.destroyed) return undefined;
  return socket;
}
