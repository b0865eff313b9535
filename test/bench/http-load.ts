/*
 * The load generator of `http.ts`, a process of its own: raw sockets, so that it costs the machine as little as it can.
 * Each reader walks the heads of the FLV tags that it gets and dates every video tag against the capture time that the
 * packets themselves carry. Told what to do by messages, answers with figures.
 */
import { connect, type Socket } from 'node:net';
import { PacketReader } from '../../shared/packets/packet-reader.ts';
import { readPayloadTags } from '../../shared/packets/payload-tags.ts';

export type LoadCommand =
  | { readonly type: 'open'; readonly port: number; readonly channel: string; readonly readers: number }
  /** From now on: no more reading by the first `stalled`; figures of the rest begin anew. */
  | { readonly type: 'measure'; readonly stalled: number }
  | { readonly type: 'report' };

export type LoadReport = {
  readonly readers: number;
  /** Bytes each healthy reader got since `measure`. */
  readonly bytesMin: number;
  readonly bytesMean: number;
  readonly bytesMax: number;
  readonly videoTagsMin: number;
  /** From the moment a packet was made, that is the server's own log had it, to the moment a reader has its tag. */
  readonly addedMs: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
  /** Healthy readers whose connection the server closed. */
  readonly lost: number;
  /** Stalled readers whose connection the server closed. */
  readonly cut: number;
};

const HEAD_BYTES = 11;
const VIDEO = 9;
const DELAY_MS_MAX = 10_000;
/** Connections opened at a time: a flash crowd, not an attack. */
const OPENING = 100;

/** When the log had the packet with the tag of this time: by a reader of the packet stream, which is not held back. */
const madeAtMs = new Map<number, number>();
let delays = new Uint32Array(DELAY_MS_MAX + 1);
let readers: Reader[] = [];

class Reader {
  readonly socket: Socket;
  readonly opened: Promise<void>;
  isStalled = false;
  isClosed = false;
  bytes = 0;
  videoTags = 0;
  private isInBody = false;
  private head = new Uint8Array(HEAD_BYTES);
  private headBytes = 0;
  private skip = 13; // the FLV header and the first PreviousTagSize

  constructor(port: number, path: string) {
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    this.opened = new Promise((resolve) => this.socket.once('data', () => resolve()));
    this.socket.on('data', (chunk: Buffer) => this.take(chunk));
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.isClosed = true;
    });
  }

  begin(isStalled: boolean): void {
    this.bytes = 0;
    this.videoTags = 0;
    this.isStalled = isStalled;
    if (isStalled) this.socket.pause();
  }

  private take(chunk: Buffer): void {
    let at = 0;
    if (!this.isInBody) {
      // The server sends its headers in one write.
      const end = chunk.indexOf('\r\n\r\n');
      if (end < 0 || !chunk.subarray(0, 12).equals(Buffer.from('HTTP/1.1 200')))
        throw new Error(chunk.toString('latin1', 0, 200));
      this.isInBody = true;
      at = end + 4;
    }
    this.bytes += chunk.byteLength - at;
    const nowMs = wallMs();
    while (at < chunk.byteLength) {
      const skipped = Math.min(this.skip, chunk.byteLength - at);
      this.skip -= skipped;
      at += skipped;
      while (this.skip === 0 && this.headBytes < HEAD_BYTES && at < chunk.byteLength) {
        this.head[this.headBytes++] = chunk[at++] as number;
      }
      if (this.headBytes === HEAD_BYTES) this.takeHead(nowMs);
    }
  }

  private takeHead(nowMs: number): void {
    const [type = 0, l2 = 0, l1 = 0, l0 = 0, t2 = 0, t1 = 0, t0 = 0, t3 = 0] = this.head;
    this.headBytes = 0;
    this.skip = ((l2 << 16) | (l1 << 8) | l0) + 4;
    if (type !== VIDEO) return;
    this.videoTags++;
    const madeMs = madeAtMs.get(t3 * 0x100_0000 + ((t2 << 16) | (t1 << 8) | t0));
    if (madeMs === undefined) return; // from before the packet stream began, or not yet known: a handful
    const delay = Math.max(0, Math.min(DELAY_MS_MAX, Math.round(nowMs - madeMs)));
    delays[delay] = (delays[delay] as number) + 1;
  }
}

process.on('message', (command: LoadCommand) => {
  void obey(command);
});
process.on('disconnect', () => process.exit(0));

async function obey(command: LoadCommand): Promise<void> {
  switch (command.type) {
    case 'open':
      readPackets(command.port, command.channel);
      for (let opened = 0; opened < command.readers; opened += OPENING) {
        const count = Math.min(OPENING, command.readers - opened);
        const more = Array.from({ length: count }, () => new Reader(command.port, `/live/${command.channel}.flv`));
        readers = [...readers, ...more];
        await Promise.all(more.map((reader) => reader.opened));
      }
      break;
    case 'measure':
      delays = new Uint32Array(DELAY_MS_MAX + 1);
      for (const [index, reader] of readers.entries()) reader.begin(index < command.stalled);
      break;
    case 'report':
      // A paused socket hears of its end only when it is written to; empty lines between requests mean nothing.
      for (const reader of readers) if (reader.isStalled && !reader.isClosed) reader.socket.write('\r\n');
      process.send?.(report());
      return;
  }
  process.send?.('done');
}

function report(): LoadReport {
  const healthy = readers.filter((reader) => !reader.isStalled);
  const bytes = healthy.map((reader) => reader.bytes);
  return {
    readers: healthy.length,
    bytesMin: Math.min(...bytes),
    bytesMean: bytes.reduce((sum, count) => sum + count, 0) / bytes.length,
    bytesMax: Math.max(...bytes),
    videoTagsMin: Math.min(...healthy.map((reader) => reader.videoTags)),
    addedMs: { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), max: quantile(1) },
    lost: healthy.filter((reader) => reader.isClosed).length,
    cut: readers.filter((reader) => reader.isStalled && reader.isClosed).length,
  };
}

function quantile(share: number): number {
  const total = delays.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (const [delay, count] of delays.entries()) {
    seen += count;
    if (count > 0 && seen >= total * share) return delay;
  }
  return 0;
}

/** Packets are sent the moment they are made. */
function readPackets(port: number, channel: string): void {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const reader = new PacketReader();
  let isInBody = false;
  socket.write(`GET /live/${channel}/packets?from=live HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  socket.on('data', (chunk: Buffer) => {
    const bodyAt = isInBody ? 0 : chunk.indexOf('\r\n\r\n') + 4;
    isInBody = true;
    const nowMs = wallMs();
    for (const { header, payload } of reader.push(new Uint8Array(chunk.subarray(bodyAt)))) {
      for (const tag of readPayloadTags(payload, header.timestampMs).tags) {
        if (tag.kind === 'video' && !madeAtMs.has(tag.timestampMs)) madeAtMs.set(tag.timestampMs, nowMs);
      }
      if (header.isUnfinished && header.isDoor) madeAtMs.set(header.timestampMs, nowMs);
    }
    for (const time of madeAtMs.keys()) {
      if (madeAtMs.size < 2000) break;
      madeAtMs.delete(time);
    }
  });
}

function wallMs(): number {
  return performance.timeOrigin + performance.now();
}
