import { randomBytes } from 'node:crypto';
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'socket.io';
import { Server } from 'socket.io';
import { SwarmtubeError } from '../shared/basics/errors.ts';
import type { Logger } from '../shared/basics/log.ts';
import { SILENT_LOGGER } from '../shared/basics/log.ts';
import { Random } from '../shared/basics/random.ts';
import type { PeerId } from '../shared/basics/units.ts';
import { parseChannelName } from '../shared/basics/units.ts';
import { encodeBase64Url } from '../shared/bytes/base64url.ts';
import {
  parseAskRequest,
  parseJoinRequest,
  parsePeerReport,
  parseSignalEnvelope,
  TRACKER_MESSAGE_BYTES_MAX,
} from '../shared/wire/tracker-message-parsers.ts';
import type { JoinReply, TrackerRefusal } from '../shared/wire/tracker-messages.ts';
import type { Authorise } from './authorise.ts';
import { clientAddress, clientHost } from './client-address.ts';
import type { NetworkAddress } from './core/network-address.ts';
import { formatNetworkAddress } from './core/network-address.ts';
import { TokenBucket } from './core/rate-limit.ts';
import type { TrackerStats } from './core/tracker.ts';
import { Tracker } from './core/tracker.ts';
import type { TrackerInput, TrackerLimits, TrackerOutput } from './core/tracker-types.ts';
import { DEFAULT_TRACKER_LIMITS } from './core/tracker-types.ts';
import type { IceOptions } from './ice-servers.ts';
import { iceServersFor } from './ice-servers.ts';
import { isOriginAllowed } from './page-origin.ts';
import type { SocketLimits } from './socket-limits.ts';
import { DEFAULT_SOCKET_LIMITS, SocketCounter } from './socket-limits.ts';

export type TrackerServerOptions = {
  readonly authorise: Authorise;
  readonly ice?: IceOptions;
  /** Pages that may join, as origins (`https://example.org`). Absent or empty: any. Our own always may, and clients that are no browser send none and pass. */
  readonly allowedOrigins?: readonly string[];
  /** There is a proxy in front: addresses are read from X-Forwarded-For. Without one anybody could write it. */
  readonly trustProxy?: boolean;
  readonly limits?: Partial<TrackerLimits>;
  readonly socketLimits?: Partial<SocketLimits>;
  readonly logger?: Logger;
};

export type TrackerServer = {
  stats(): TrackerStats;
  viewers(channel: string): number;
  /** Closes all sockets; the HTTP server stays open. */
  close(): Promise<void>;
};

export const TRACKER_PATH = '/tracker';

/** How soon a viewer that vanished is forgotten: at most the sum. Its peers notice by themselves after 3 s. */
const PING_INTERVAL_MS = 10_000;
const PING_TIMEOUT_MS = 10_000;

/**
 * The tracker on an HTTP server's `/tracker`: socket.io, websocket transport only. A thin shell: who may connect, and how
 * much may be said, is decided at the door; what is said is parsed; all the rest is `core/tracker.ts`.
 * To be called when the server has its request listener already: socket.io puts itself before it.
 */
export function attachTracker(httpServer: HttpServer | HttpsServer, options: TrackerServerOptions): TrackerServer {
  return new SocketServer(httpServer, options);
}

class SocketServer implements TrackerServer {
  private readonly options: TrackerServerOptions;
  private readonly logger: Logger;
  private readonly limits: SocketLimits;
  private readonly core: Tracker;
  private readonly io: Server;
  private readonly counter: SocketCounter;
  private readonly sockets = new Map<PeerId, Socket>();
  private readonly addresses = new WeakMap<IncomingMessage, NetworkAddress>();
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;
  private isProxyTold = false;

  constructor(httpServer: HttpServer | HttpsServer, options: TrackerServerOptions) {
    this.options = options;
    this.logger = options.logger ?? SILENT_LOGGER;
    this.limits = { ...DEFAULT_SOCKET_LIMITS, ...options.socketLimits };
    this.counter = new SocketCounter(this.limits);
    const seed = randomBytes(4).readUInt32LE();
    this.core = new Tracker(new Random(seed), { ...DEFAULT_TRACKER_LIMITS, ...options.limits });
    this.io = new Server(httpServer, {
      path: TRACKER_PATH,
      addTrailingSlash: false,
      transports: ['websocket'],
      allowUpgrades: false,
      serveClient: false,
      perMessageDeflate: false,
      maxHttpBufferSize: TRACKER_MESSAGE_BYTES_MAX,
      pingInterval: PING_INTERVAL_MS,
      pingTimeout: PING_TIMEOUT_MS,
      connectTimeout: 10_000,
      allowRequest: (request, decide) => {
        const refusal = this.refusalAtDoor(request);
        decide(refusal, refusal === undefined);
      },
    });
    this.io.engine.on('connection', (transport: TransportSocket) => this.countMessages(transport));
    this.io.on('connection', (socket) => this.welcome(socket));
  }

  stats(): TrackerStats {
    return this.core.stats();
  }

  viewers(channel: string): number {
    const name = parseChannelName(channel);
    return name === undefined ? 0 : this.core.viewers(name);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    // `io.close()` would close the HTTP server as well, which is not ours.
    this.io.disconnectSockets(true);
    this.io.engine.close();
  }

  private refusalAtDoor(request: IncomingMessage): string | undefined {
    if (this.isClosed) return 'The tracker is closing.';
    const address = clientAddress(request, this.options.trustProxy ?? false);
    if (!address) return 'Your address is unknown.';
    const { allowedOrigins = [], trustProxy = false } = this.options;
    if (!isOriginAllowed(request, allowedOrigins, trustProxy)) return 'This tracker does not serve that page.';
    this.tellUndeclaredProxy(request);
    this.addresses.set(request, address);
    return this.counter.refusal(address, monotonicMs());
  }

  /** Below socket.io's own protocol, so that nothing said on this socket goes uncounted. */
  private countMessages(transport: TransportSocket): void {
    const address = this.addresses.get(transport.request);
    if (!address) {
      transport.close(true);
      return;
    }
    this.counter.opened(address);
    transport.once('close', () => this.counter.closed(address));
    const bucket = new TokenBucket(this.limits.messagesPerSocket, monotonicMs());
    transport.on('packet', () => {
      if (bucket.take(monotonicMs())) return;
      this.counter.flooded(address, monotonicMs());
      // Not with a closing handshake, for which one that only sends could let us wait.
      transport.request.socket.destroy();
    });
  }

  private welcome(socket: Socket): void {
    const address = this.addresses.get(socket.request);
    if (!address || this.isClosed) {
      socket.disconnect(true);
      return;
    }
    const peer = encodeBase64Url(randomBytes(12)) as PeerId;
    this.sockets.set(peer, socket);
    this.feed({ type: 'connected', peer, address });
    socket.on('disconnect', () => {
      this.sockets.delete(peer);
      this.feed({ type: 'disconnected', peer });
    });
    const hear = (event: string, input: (payload: unknown) => TrackerInput): void => {
      socket.on(event, (payload: unknown) => this.guarded(peer, () => this.feed(input(payload))));
    };
    hear('ask', (payload) => ({ type: 'ask', peer, request: parseAskRequest(payload) }));
    hear('signal', (payload) => ({ type: 'signal', peer, envelope: parseSignalEnvelope(payload) }));
    hear('report', (payload) => ({ type: 'report', peer, report: parsePeerReport(payload) }));
    socket.on('leave', (_payload: unknown, acknowledge: unknown) => {
      this.feed({ type: 'leave', peer });
      if (typeof acknowledge === 'function') acknowledge();
    });
    let isJoining = false;
    socket.on('join', (payload: unknown, acknowledge: unknown) => {
      if (isJoining || typeof acknowledge !== 'function') {
        this.refuse(peer, BAD_JOIN);
        return;
      }
      isJoining = true;
      const answer = (reply: JoinReply): void => {
        isJoining = false;
        acknowledge(reply);
      };
      this.join(peer, socket, payload, address, answer).catch((error) => this.failed(peer, error));
    });
  }

  private async join(
    peer: PeerId,
    socket: Socket,
    payload: unknown,
    address: NetworkAddress,
    answer: (reply: JoinReply) => void,
  ): Promise<void> {
    const request = parseJoinRequest(payload);
    const context = { address: formatNetworkAddress(address), origin: socket.request.headers.origin };
    const admission = await this.options.authorise(request, context);
    if (!admission.isAllowed) {
      this.logger.debug({ peer, channel: request.channel, code: admission.refusal.code }, 'join refused');
      answer({ refusal: admission.refusal });
      return;
    }
    const serverTimeMs = Date.now();
    const host = clientHost(socket.request, this.options.trustProxy ?? false);
    const iceServers = iceServersFor(this.options.ice ?? {}, host, peer, serverTimeMs);
    const { bitrateKbps } = admission;
    const known = bitrateKbps === undefined ? {} : { bitrateKbps };
    const input = { type: 'join', peer, request, serverTimeMs, iceServers, ...known } as const;
    // In one go, so that the answer goes out before anything that others say to the newcomer.
    for (const output of this.core.handle(input, monotonicMs())) {
      if (output.type !== 'join-reply') this.carryOut(output);
      else {
        if ('answer' in output.reply) void socket.join(output.channel);
        answer(output.reply);
      }
    }
  }

  private feed(input: TrackerInput): void {
    for (const output of this.core.handle(input, monotonicMs())) this.carryOut(output);
    this.schedule();
  }

  private schedule(): void {
    const wakeupMs = this.core.nextWakeup();
    if (this.timer !== undefined || wakeupMs === undefined || this.isClosed) return;
    const wake = (): void => {
      this.timer = undefined;
      this.counter.sweep(monotonicMs());
      this.feed({ type: 'wakeup' });
    };
    this.timer = setTimeout(wake, Math.max(0, wakeupMs - monotonicMs()) + 1);
    this.timer.unref();
  }

  private carryOut(output: TrackerOutput): void {
    switch (output.type) {
      case 'introduce':
        this.tell(output.peer, 'introduce', output.introductions);
        break;
      case 'signal':
        this.tell(output.peer, 'signal', output.envelope);
        break;
      case 'gone':
        this.tell(output.peer, 'gone', output.gone);
        break;
      case 'swarm':
        this.io.to(output.channel).emit('swarm', output.state);
        break;
      case 'refuse':
        this.refuse(output.peer, output.refusal);
        break;
      case 'join-reply':
        // Carried out by `join`, which holds the acknowledgement.
        break;
    }
  }

  private tell(peer: PeerId, event: 'introduce' | 'signal' | 'gone', payload: unknown): void {
    const socket = this.sockets.get(peer);
    if (!socket) return;
    socket.emit(event, payload);
    // One that does not read would keep what others say to it in our memory until its ping times out.
    const transport = socket.conn as unknown as TransportSocket;
    if (transport.writeBuffer.length > QUEUED_MESSAGES_MAX) socket.request.socket.destroy();
  }

  private refuse(peer: PeerId, refusal: TrackerRefusal): void {
    const socket = this.sockets.get(peer);
    socket?.emit('refused', refusal);
    socket?.disconnect(true);
  }

  /** The one place where a peer's bad message is caught: it costs the peer its socket. */
  private guarded(peer: PeerId, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.failed(peer, error);
    }
  }

  private failed(peer: PeerId, error: unknown): void {
    if (error instanceof SwarmtubeError) {
      this.logger.debug({ peer, code: error.code }, error.message);
      this.refuse(peer, { code: 'bad-request', message: error.message });
    } else throw error;
  }

  private tellUndeclaredProxy(request: IncomingMessage): void {
    if (this.options.trustProxy || this.isProxyTold || request.headers['x-forwarded-for'] === undefined) return;
    this.isProxyTold = true;
    const sentence =
      'requests come through a proxy, so all viewers seem to have its address; add --trust-proxy if it is yours';
    this.logger.warn({ proxy: request.socket.remoteAddress }, sentence);
  }
}

/** Introductions and signals of a minute, in the busiest swarm. */
const QUEUED_MESSAGES_MAX = 500;

const BAD_JOIN: TrackerRefusal = {
  code: 'bad-request',
  message: 'join needs one request and an acknowledgement, and the answer to it before the next.',
};

/** What is used of an engine.io socket: its types are not exported by socket.io. */
type TransportSocket = {
  readonly request: IncomingMessage;
  readonly writeBuffer: readonly unknown[];
  on(event: 'packet', listener: () => void): void;
  once(event: 'close', listener: () => void): void;
  close(discard: boolean): void;
};

function monotonicMs(): number {
  return Math.floor(performance.now());
}
