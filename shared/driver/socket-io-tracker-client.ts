import type { Socket } from 'socket.io-client';
import { io } from 'socket.io-client';
import { SwarmtubeError } from '../basics/errors.ts';
import {
  parseGone,
  parseIntroductions,
  parseJoinReply,
  parseSignalEnvelope,
  parseSwarmState,
  parseTrackerRefusal,
} from '../wire/tracker-message-parsers.ts';
import type { JoinReply, JoinRequest, PeerReport, TrackerRefusal } from '../wire/tracker-messages.ts';
import type { TrackerClient, TrackerClientEvents, TrackerClientFactory } from './ports.ts';

export type TrackerClientOptions = {
  /** Wait before the first attempt to come back, ms; doubles up to `reconnectDelayMsMax`, each ±50 % by chance. */
  readonly reconnectDelayMs?: number;
  readonly reconnectDelayMsMax?: number;
  /** Wait after a refusal that may be over by then (unknown channel, full, too fast), ms, ±50 %. */
  readonly refusedDelayMs?: number;
  /** How long an attempt to connect, or the answer to a join, may take, ms. */
  readonly timeoutMs?: number;
};

const DEFAULTS: Required<TrackerClientOptions> = {
  reconnectDelayMs: 1000,
  reconnectDelayMsMax: 30_000,
  refusedDelayMs: 15_000,
  timeoutMs: 10_000,
};

/**
 * Sessions with the tracker at `url` (`https://host/tracker`, absolute) over socket.io, websocket only. After every break
 * it comes back by itself, with back-off and jitter so that a restarted tracker is not stormed, and joins anew: under a
 * new id, with the number of links that lived on, and the last report said again.
 */
export function createTrackerClient(url: string, options: TrackerClientOptions = {}): TrackerClientFactory {
  const { origin, pathname } = new URL(url);
  return (join, events) => new SocketIoTrackerClient(origin, pathname, join, events, { ...DEFAULTS, ...options });
}

/** Nothing of these gets better by waiting. */
const FINAL_REFUSALS: readonly TrackerRefusal['code'][] = ['forbidden', 'protocol-version'];

/** How long a page or process that closes waits for the tracker to have heard of it. */
const LEAVE_TIMEOUT_MS = 500;

class SocketIoTrackerClient implements TrackerClient {
  private readonly request: JoinRequest;
  private readonly events: TrackerClientEvents;
  private readonly options: Required<TrackerClientOptions>;
  private readonly socket: Socket;
  private lastReport: PeerReport | undefined;
  private isJoined = false;
  private isClosed = false;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    origin: string,
    path: string,
    request: JoinRequest,
    events: TrackerClientEvents,
    options: Required<TrackerClientOptions>,
  ) {
    this.request = request;
    this.events = events;
    this.options = options;
    this.socket = io(origin, {
      path,
      addTrailingSlash: false,
      transports: ['websocket'],
      // Two players on one page are two peers: each has a socket of its own.
      forceNew: true,
      reconnectionDelay: options.reconnectDelayMs,
      reconnectionDelayMax: options.reconnectDelayMsMax,
      randomizationFactor: 0.5,
      timeout: options.timeoutMs,
      autoConnect: false,
    });
    this.listen();
    this.socket.connect();
  }

  ask(request: Parameters<TrackerClient['ask']>[0]): void {
    this.send('ask', request);
  }

  signal(envelope: Parameters<TrackerClient['signal']>[0]): void {
    this.send('signal', envelope);
  }

  report(report: PeerReport): void {
    this.lastReport = report;
    this.send('report', report);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    clearTimeout(this.retryTimer);
    // Without the answer what was said last would be lost: socket.io reads nothing in front of a disconnect in one batch.
    if (!this.isJoined) this.socket.disconnect();
    else this.socket.timeout(LEAVE_TIMEOUT_MS).emit('leave', null, () => this.socket.disconnect());
    this.isJoined = false;
  }

  /** What is said while there is no session is not kept: by the next one it is out of date. */
  private send(event: 'ask' | 'signal' | 'report', payload: unknown): void {
    if (this.isJoined && !this.isClosed) this.socket.emit(event, payload);
  }

  private listen(): void {
    const { socket, events } = this;
    socket.on('connect', () => this.join());
    socket.on('disconnect', (reason) => {
      this.lost();
      // socket.io comes back by itself, but not where the server closed the session: a restart, a refusal, a flood.
      if (reason === 'io server disconnect') this.retry(this.options.reconnectDelayMs);
    });
    this.hear('introduce', parseIntroductions, (introductions) => events.onIntroduced(introductions));
    this.hear('signal', parseSignalEnvelope, (envelope) => events.onSignal(envelope));
    this.hear('swarm', parseSwarmState, (state) => events.onSwarmState(state));
    this.hear('gone', parseGone, (peer) => events.onGone(peer));
    this.hear('refused', parseTrackerRefusal, (refusal) => this.refused(refusal));
  }

  private join(): void {
    const { lastReport, request } = this;
    const links = lastReport === undefined ? {} : { links: lastReport.links };
    const answered = (failure: unknown, payload: unknown): void => {
      if (this.isClosed) return;
      // No answer in time: this session is of no use.
      if (failure) this.abandon(this.options.reconnectDelayMs);
      else this.parsed(parseJoinReply, payload, (reply) => this.joined(reply));
    };
    this.socket.timeout(this.options.timeoutMs).emit('join', { ...request, ...links }, answered);
  }

  private joined(reply: JoinReply): void {
    if ('refusal' in reply) {
      this.refused(reply.refusal);
      return;
    }
    this.isJoined = true;
    // Counters in it were told already; slots, lags and links are what the new session must know.
    if (this.lastReport) this.send('report', withoutCounters(this.lastReport));
    this.events.onJoined(reply.answer);
  }

  private refused(refusal: TrackerRefusal): void {
    this.events.onRefused(refusal);
    if (FINAL_REFUSALS.includes(refusal.code)) this.close();
    else this.abandon(this.options.refusedDelayMs);
  }

  /** Leaves this session and begins another one later. */
  private abandon(delayMs: number): void {
    this.retry(delayMs);
    this.socket.disconnect();
  }

  private retry(delayMs: number): void {
    if (this.isClosed || this.retryTimer !== undefined) return;
    this.retryTimer = setTimeout(
      () => {
        this.retryTimer = undefined;
        if (!this.isClosed) this.socket.connect();
      },
      delayMs * (0.5 + Math.random()),
    );
  }

  private lost(): void {
    if (!this.isJoined) return;
    this.isJoined = false;
    this.events.onLost();
  }

  private hear<T>(event: string, parse: (payload: unknown) => T, deliver: (message: T) => void): void {
    this.socket.on(event, (payload: unknown) => {
      if (!this.isClosed) this.parsed(parse, payload, deliver);
    });
  }

  private parsed<T>(parse: (payload: unknown) => T, payload: unknown, deliver: (message: T) => void): void {
    const message = this.parse(parse, payload);
    if (message !== undefined) deliver(message);
  }

  /** The one place where a tracker that talks nonsense is caught: it is left, and asked again later. */
  private parse<T>(parse: (payload: unknown) => T, payload: unknown): T | undefined {
    try {
      return parse(payload);
    } catch (error) {
      if (!(error instanceof SwarmtubeError)) throw error;
      this.abandon(this.options.refusedDelayMs);
      return undefined;
    }
  }
}

function withoutCounters(report: PeerReport): PeerReport {
  return { ...report, bytesFromPeers: 0, bytesFromServer: 0, bytesToPeers: 0, stalls: 0, stallMs: 0, banned: [] };
}
