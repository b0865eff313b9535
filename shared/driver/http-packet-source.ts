import { errorText, SwarmtubeError } from '../basics/errors.ts';
import type { Epoch, Millis, Sequence } from '../basics/units.ts';
import { decodeUtf8 } from '../bytes/utf8.ts';
import { decodePacket, PACKET_BYTES_MAX, type Packet } from '../packets/packet.ts';
import { PacketReader } from '../packets/packet-reader.ts';
import type { FetchReason } from '../swarm/engine-types.ts';
import { type ChannelDescription, parseChannelDescription } from '../wire/channel-description.ts';
import { ClockEstimate } from './clock-estimate.ts';
import { bodyPieces, httpGet } from './http-get.ts';
import type { DescribedChannel, PacketSource, PacketStream, PacketStreamEvents, PacketStreamRequest } from './ports.ts';
import { Turnstile } from './turnstile.ts';

export type HttpPacketSourceOptions = {
  /** Proves the right to watch, where the server asks for it. */
  readonly token?: string;
  readonly nowMs: () => Millis;
  readonly times?: Partial<HttpPacketSourceTimes>;
};

export type HttpPacketSourceTimes = {
  /** A packet that takes longer is too late anyway: rescue begins 400 to 650 ms before its deadline. Default 2000. */
  readonly fetchTimeoutMs: number;
  /** The description may come from a server that is just starting. Default 5000. */
  readonly describeTimeoutMs: number;
  /** A stream that gives no byte for so long is dead; a live one gives some 16 times a second. Default 10,000. */
  readonly stallTimeoutMs: number;
};

const DEFAULT_TIMES: HttpPacketSourceTimes = {
  fetchTimeoutMs: 2000,
  describeTimeoutMs: 5000,
  stallTimeoutMs: 10_000,
};

/** Browsers open 6 connections to a host over HTTP/1.1: one is the stream's, one stays free for descriptions. */
const PARALLEL_FETCHES_MAX = 4;
/** Packets that wait for one of those: a whole group of pictures at the start. More is a fault of the asker. */
const WAITING_FETCHES_MAX = 256;
const DESCRIPTION_BYTES_MAX = 256 * 1024;

/** Packets over HTTP from the server of a channel, e.g. `https://video.example.org/live/main`. */
export function createHttpPacketSource(channelUrl: string, options: HttpPacketSourceOptions): PacketSource {
  return new HttpPacketSource(channelUrl, options);
}

class HttpPacketSource implements PacketSource {
  readonly receivedBytes: Record<FetchReason | 'stream', number> = { start: 0, rescue: 0, stream: 0 };
  private readonly channelUrl: string;
  private readonly token: string | undefined;
  private readonly nowMs: () => Millis;
  private readonly times: HttpPacketSourceTimes;
  private readonly clock = new ClockEstimate();
  private readonly turnstile = new Turnstile(PARALLEL_FETCHES_MAX, WAITING_FETCHES_MAX);
  private readonly closing = new AbortController();
  private readonly streams = new Set<PacketStream>();

  constructor(channelUrl: string, { token, nowMs, times }: HttpPacketSourceOptions) {
    this.channelUrl = channelUrl.replace(/[?#].*$/s, '').replace(/\/+$/, '');
    this.token = token;
    this.nowMs = nowMs;
    this.times = { ...DEFAULT_TIMES, ...times };
  }

  async describe(): Promise<DescribedChannel> {
    const sentAtMs = this.nowMs();
    const body = await httpGet(this.url('.json', {}), {
      timeoutMs: this.times.describeTimeoutMs,
      bytesMax: DESCRIPTION_BYTES_MAX,
      signal: this.closing.signal,
      cache: 'no-store',
      onBytes: () => {},
    });
    const receivedAtMs = this.nowMs();
    const description = parseDescription(body);
    this.clock.sample(sentAtMs, receivedAtMs, description.serverTimeMs);
    return { description, clockOffsetMs: this.clock.offsetMs ?? 0 };
  }

  fetchPacket(reason: FetchReason, epoch: Epoch, sequence: Sequence): Promise<Packet> {
    return this.turnstile.pass(async () => {
      // Rescue is the usual case, whose address a cache shall know by one name.
      const query = reason === 'rescue' ? {} : { reason };
      const body = await httpGet(this.url(`/packets/${epoch}/${sequence}`, query), {
        timeoutMs: this.times.fetchTimeoutMs,
        bytesMax: PACKET_BYTES_MAX,
        signal: this.closing.signal,
        cache: 'default', // packets never change: one that the browser still has is as good
        onBytes: (bytes) => {
          this.receivedBytes[reason] += bytes;
        },
      });
      const packet = decodePacket(body);
      if (packet.header.epoch !== epoch || packet.header.sequence !== sequence) {
        throw new SwarmtubeError('wrong-packet', `the server gave another packet than ${epoch}/${sequence}`);
      }
      return packet;
    });
  }

  openStream(request: PacketStreamRequest, events: PacketStreamEvents): PacketStream {
    const abort = new AbortController();
    let isOver = false;
    const end = (): boolean => {
      const wasOver = isOver;
      isOver = true;
      abort.abort();
      this.streams.delete(stream);
      return !wasOver;
    };
    const closeWith = (reason: string): void => {
      if (end()) events.onClosed(reason);
    };
    const onPacket = (packet: Packet): void => {
      if (!isOver) events.onPacket(packet);
    };
    const stream: PacketStream = { close: () => void end() };
    this.streams.add(stream);
    if (this.closing.signal.aborted) end();
    else this.readStream(request, onPacket, abort).then(closeWith, (thrown) => closeWith(errorText(thrown)));
    return stream;
  }

  close(): void {
    this.closing.abort();
    this.turnstile.close();
    for (const stream of [...this.streams]) stream.close();
  }

  /** Reads until the response ends; the result is the reason. Bytes that are no whole packet are never handed on. */
  private async readStream(
    { epoch, from, substreams }: PacketStreamRequest,
    onPacket: (packet: Packet) => void,
    abort: AbortController,
  ): Promise<string> {
    const stalled = new SwarmtubeError('stream-stalled', 'the server sent nothing for too long');
    const guard = (): ReturnType<typeof setTimeout> =>
      setTimeout(() => abort.abort(stalled), this.times.stallTimeoutMs);
    let stallTimer = guard();
    try {
      const query = { from: `${from}`, epoch: `${epoch}`, ...(substreams && { substreams: substreams.join(',') }) };
      const response = await fetch(this.url('/packets', query), { signal: abort.signal, cache: 'no-store' });
      if (!response.ok) throw new SwarmtubeError(`http-${response.status}`, `answered with status ${response.status}`);
      const reader = new PacketReader();
      for await (const piece of bodyPieces(response)) {
        clearTimeout(stallTimer);
        stallTimer = guard();
        this.receivedBytes.stream += piece.byteLength;
        for (const packet of reader.push(piece)) onPacket(packet);
      }
      return reader.bytesBuffered === 0 ? 'ended' : 'cut';
    } finally {
      clearTimeout(stallTimer);
      abort.abort();
    }
  }

  private url(path: string, query: Readonly<Record<string, string>>): string {
    const all = new URLSearchParams({ ...query, ...(this.token !== undefined && { token: this.token }) }).toString();
    return `${this.channelUrl}${path}${all === '' ? '' : `?${all.replaceAll('%2C', ',')}`}`;
  }
}

function parseDescription(body: Uint8Array): ChannelDescription {
  try {
    return parseChannelDescription(JSON.parse(decodeUtf8(body)));
  } catch (thrown) {
    const sentence = `the server answered with something else than a channel description: ${errorText(thrown)}`;
    throw new SwarmtubeError('bad-description', sentence);
  }
}
