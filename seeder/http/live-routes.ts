import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Epoch, Sequence, WallMillis } from '../../shared/basics/units.ts';
import { DEFAULT_ENGINE_CONFIG } from '../../shared/swarm/engine-config.ts';
import type { ChannelDescription } from '../../shared/wire/channel-description.ts';
import type { ChannelOutputs } from '../outputs/channel-outputs.ts';
import { beginEndlessBody } from '../outputs/reader-line.ts';
import { HttpError } from './http-error.ts';
import type { Exchange, Router } from './router.ts';

/** What is on, and what the whole server has in common. */
export interface LiveDirectory {
  channel(name: string): ChannelOutputs | undefined;
  viewers(name: string): number;
  /** Whether the page that asks may play from here. Absent: any may. */
  admits?(request: IncomingMessage): boolean;
}

/** Sequence modulo this: the swarm's own number. */
const SUBSTREAMS = DEFAULT_ENGINE_CONFIG.substreams;

/** How far before a packet is made its stream may be asked for: a player that is told of a packet asks for the one after. */
const AHEAD_PACKETS_MAX = 64;

const SHARED_HEADERS = { 'Access-Control-Allow-Origin': '*', 'X-Content-Type-Options': 'nosniff' } as const;
const LIVE_HEADERS = { ...SHARED_HEADERS, 'Cache-Control': 'no-store' } as const;
const FOREVER_HEADERS = { ...SHARED_HEADERS, 'Cache-Control': 'public, max-age=31536000, immutable' } as const;

/** `/live/…`: description, HTTP-FLV, packets one by one and as one endless response. */
export function addLiveRoutes(router: Router, directory: LiveDirectory): void {
  const find = (exchange: Exchange): ChannelOutputs => {
    if (directory.admits?.(exchange.request) === false) {
      throw new HttpError(403, 'page-not-allowed', 'this server does not serve that page');
    }
    const outputs = directory.channel(exchange.params.channel ?? '');
    if (outputs === undefined) throw new HttpError(404, 'unknown-channel', 'there is no channel of this name here');
    return outputs;
  };
  router
    .get('/live/:channel.json', (exchange) => sendJson(exchange, describe(find(exchange), directory)))
    .get('/live/:channel.flv', (exchange) => sendFlv(exchange, find(exchange)))
    .get('/live/:channel/packets/:epoch/:sequence', (exchange) => sendPacket(exchange, find(exchange)))
    .get('/live/:channel/packets', (exchange) => sendPacketStream(exchange, find(exchange)));
}

function describe({ channel }: ChannelOutputs, directory: LiveDirectory): ChannelDescription {
  return {
    ...channel.describe(),
    tracker: '/tracker',
    viewers: directory.viewers(channel.name),
    serverTimeMs: Date.now() as WallMillis,
  };
}

function sendJson({ response, isHead }: Exchange, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(200, {
    ...LIVE_HEADERS,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(isHead ? undefined : body);
}

function sendFlv({ response, isHead }: Exchange, { flv }: ChannelOutputs): void {
  if (!flv.isReady) throw notLive();
  const headers = { ...LIVE_HEADERS, 'Content-Type': 'video/x-flv' };
  if (isHead) {
    sendHead(response, headers);
    return;
  }
  const socket = beginEndlessBody(response, headers);
  if (socket !== undefined) flv.add(socket);
}

function sendPacket({ params, query, response, isHead }: Exchange, outputs: ChannelOutputs): void {
  const epoch = readNumber('epoch', params.epoch) as Epoch;
  const sequence = readNumber('sequence', params.sequence) as Sequence;
  const packet = outputs.channel.log.get(epoch, sequence);
  if (packet === undefined) {
    throw new HttpError(404, 'packet-gone', 'this packet is no longer here, or not yet made');
  }
  response.writeHead(200, { ...FOREVER_HEADERS, ...PACKET_TYPE, 'Content-Length': packet.bytes.byteLength });
  if (isHead) {
    response.end();
    return;
  }
  outputs.originBytes.add(query.get('reason') === 'start' ? 'start' : 'rescue', packet.bytes.byteLength);
  response.end(packet.bytes);
}

function sendPacketStream({ query, response, isHead }: Exchange, outputs: ChannelOutputs): void {
  const { log } = outputs.channel;
  const wants = readSubstreams(query.get('substreams'));
  const newest = log.newest()?.header;
  if (log.epoch === undefined || newest === undefined) throw notLive();
  const epoch = query.has('epoch') ? (readNumber('epoch', query.get('epoch')) as Epoch) : log.epoch;
  if (epoch !== log.epoch) {
    throw new HttpError(404, 'epoch-gone', `the broadcast began anew: its epoch is ${log.epoch} now`);
  }
  const from = readStart(query.get('from') ?? 'live', outputs);
  if (isHead) {
    sendHead(response, { ...LIVE_HEADERS, ...PACKET_TYPE });
    return;
  }
  const socket = beginEndlessBody(response, { ...LIVE_HEADERS, ...PACKET_TYPE });
  if (socket === undefined) return;
  // Until it has what was there already, a viewer is starting.
  let startBytesLeft = wants === undefined ? bytesFrom(outputs, from) : 0;
  const path = wants === undefined ? 'stream' : 'lease';
  const onSent = (bytes: number): void => {
    outputs.originBytes.add(startBytesLeft > 0 ? 'start' : path, bytes);
    startBytesLeft -= bytes;
  };
  outputs.packetStream.add(socket, { epoch, from, wants, onSent });
}

const PACKET_TYPE = { 'Content-Type': 'application/vnd.swarmtube.packets' } as const;

function readStart(text: string, { channel: { log } }: ChannelOutputs): Sequence {
  if (text === 'live') {
    const door = log.newestDoor();
    if (door === undefined || log.newest()?.header.isEnd) throw notLive();
    return door.header.sequence;
  }
  const from = readNumber('from', text) as Sequence;
  if (from < (log.firstSequence ?? 0)) {
    throw new HttpError(404, 'packet-gone', `packets before ${log.firstSequence} are no longer here`);
  }
  if (from > (log.newestSequence ?? 0) + AHEAD_PACKETS_MAX) {
    throw new HttpError(404, 'packet-ahead', `the newest packet is ${log.newestSequence}`);
  }
  return from;
}

function bytesFrom({ channel: { log } }: ChannelOutputs, from: Sequence): number {
  return log.from(from).reduce((sum, packet) => sum + packet.bytes.byteLength, 0);
}

function readSubstreams(text: string | null): ((sequence: Sequence) => boolean) | undefined {
  if (text === null) return undefined;
  const substreams = text.split(',', SUBSTREAMS + 1).map((part) => readNumber('substreams', part));
  if (substreams.length > SUBSTREAMS || substreams.some((substream) => substream >= SUBSTREAMS)) {
    throw new HttpError(400, 'bad-substreams', `substreams: numbers under ${SUBSTREAMS}, with commas between them`);
  }
  const wanted = new Set(substreams);
  return (sequence) => wanted.has(sequence % SUBSTREAMS);
}

/** 32 bits, in plain digits. */
function readNumber(name: string, text: string | null | undefined): number {
  const number = /^\d{1,10}$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (!(number <= 0xffff_ffff)) throw new HttpError(400, `bad-${name}`, `${name}: a whole number wanted`);
  return number;
}

function notLive(): HttpError {
  return new HttpError(503, 'not-live', 'nothing is broadcast on this channel at the moment', { 'Retry-After': '2' });
}

function sendHead(response: ServerResponse, headers: Record<string, string>): void {
  response.shouldKeepAlive = false;
  response.writeHead(200, headers);
  response.end();
}
