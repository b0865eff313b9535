/*
 * The part of a socket.io client that the tracker client uses, over a browser's WebSocket: socket.io protocol 5 on
 * engine.io protocol 4, websocket transport only, text only, one namespace. The build puts it in the place of
 * `socket.io-client`, whose polling, upgrades, namespaces and binary packets would be a quarter of the embed script.
 * https://socket.io/docs/v4/engine-io-protocol/ and https://socket.io/docs/v4/socket-io-protocol/
 */

type Acknowledge = (failure: Error | null, payload?: unknown) => void;
type Listener = (payload: unknown) => void;

export type SocketOptions = {
  readonly path: string;
  readonly reconnectionDelay: number;
  readonly reconnectionDelayMax: number;
  readonly randomizationFactor: number;
  /** Until a connection must stand. */
  readonly timeout: number;
};

/** First characters of a text frame: engine.io's packet type, and socket.io's within a message. */
const ENGINE = { open: '0', close: '1', ping: '2', pong: '3', message: '4' } as const;
const MESSAGE = { connect: '0', disconnect: '1', event: '2', acknowledge: '3', connectError: '4' } as const;
/** Questions without an answer yet; the tracker client has one at a time. */
const ACKNOWLEDGES_MAX = 64;

export function io(origin: string, options: SocketOptions): Socket {
  return new Socket(origin, options);
}

export class Socket {
  private readonly url: string;
  private readonly options: SocketOptions;
  private readonly listeners = new Map<string, Listener>();
  private readonly waiting = new Map<number, Acknowledge>();
  private socket: WebSocket | undefined;
  private isConnected = false;
  private isWanted = false;
  private nextId = 0;
  private attempts = 0;
  private silenceMs: number;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(origin: string, options: SocketOptions) {
    this.url = `${origin.replace(/^http/, 'ws')}${options.path}?EIO=4&transport=websocket`;
    this.options = options;
    this.silenceMs = options.timeout;
  }

  /** One listener an event is all that is needed. */
  on(event: string, listener: Listener): this {
    this.listeners.set(event, listener);
    return this;
  }

  connect(): this {
    this.isWanted = true;
    if (this.socket === undefined) this.open();
    return this;
  }

  disconnect(): this {
    this.isWanted = false;
    clearTimeout(this.retryTimer);
    if (this.isConnected) this.frame(ENGINE.message + MESSAGE.disconnect);
    this.drop('io client disconnect');
    return this;
  }

  /** What is said while there is no connection is lost: by the next one it is out of date. */
  emit(event: string, payload: unknown): this {
    this.say('', event, payload);
    return this;
  }

  /** `emit` with an answer, or an error when none came in time. */
  timeout(timeoutMs: number): { emit(event: string, payload: unknown, acknowledge: Acknowledge): void } {
    return {
      emit: (event, payload, acknowledge) => {
        const id = this.nextId++;
        const timer = setTimeout(() => this.answer(id, new Error('operation has timed out')), timeoutMs);
        if (this.waiting.size < ACKNOWLEDGES_MAX) {
          this.waiting.set(id, (failure, answer) => {
            clearTimeout(timer);
            acknowledge(failure, answer);
          });
        }
        this.say(String(id), event, payload);
      },
    };
  }

  private open(): void {
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.url);
    } catch {
      this.retry(); // The page's policy forbids it.
      return;
    }
    this.socket = socket;
    this.silenceMs = this.options.timeout;
    this.watch();
    socket.onmessage = ({ data }) => {
      if (this.socket === socket && typeof data === 'string') this.hear(data);
    };
    socket.onclose = () => {
      if (this.socket === socket) this.drop('transport close');
    };
  }

  private hear(frame: string): void {
    this.watch();
    const rest = frame.slice(1);
    switch (frame.charAt(0)) {
      case ENGINE.open: {
        const { pingInterval, pingTimeout } = (parseJson(rest) ?? {}) as {
          pingInterval?: number;
          pingTimeout?: number;
        };
        this.silenceMs = (pingInterval ?? 25_000) + (pingTimeout ?? 20_000);
        this.frame(ENGINE.message + MESSAGE.connect);
        break;
      }
      case ENGINE.ping:
        this.frame(ENGINE.pong);
        break;
      case ENGINE.close:
        this.drop('transport close');
        break;
      case ENGINE.message:
        this.hearMessage(rest.charAt(0), rest.slice(1));
    }
  }

  private hearMessage(type: string, rest: string): void {
    switch (type) {
      case MESSAGE.connect:
        this.isConnected = true;
        this.attempts = 0;
        this.listeners.get('connect')?.(undefined);
        break;
      case MESSAGE.disconnect:
      case MESSAGE.connectError:
        // The server meant it: whoever uses this decides whether to come back.
        this.isWanted = false;
        this.drop('io server disconnect');
        break;
      case MESSAGE.event: {
        const [event, payload] = listIn(rest);
        if (typeof event === 'string') this.listeners.get(event)?.(payload);
        break;
      }
      case MESSAGE.acknowledge:
        this.answer(Number.parseInt(rest, 10), null, listIn(rest)[0]);
    }
  }

  private answer(id: number, failure: Error | null, payload?: unknown): void {
    const acknowledge = this.waiting.get(id);
    this.waiting.delete(id);
    acknowledge?.(failure, payload);
  }

  private say(id: string, event: string, payload: unknown): void {
    if (this.isConnected) this.frame(`${ENGINE.message}${MESSAGE.event}${id}${JSON.stringify([event, payload])}`);
  }

  private frame(text: string): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  /** A connection that is silent for longer than the server's pings allow is dead, whatever the socket says. */
  private watch(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.drop('ping timeout'), this.silenceMs);
  }

  private drop(reason: string): void {
    const { socket, isConnected } = this;
    clearTimeout(this.watchdog);
    this.socket = undefined;
    this.isConnected = false;
    socket?.close();
    for (const id of [...this.waiting.keys()]) this.answer(id, new Error(reason));
    if (isConnected) this.listeners.get('disconnect')?.(reason);
    this.retry();
  }

  private retry(): void {
    if (!this.isWanted) return;
    clearTimeout(this.retryTimer);
    const { reconnectionDelay, reconnectionDelayMax, randomizationFactor } = this.options;
    const delayMs = Math.min(reconnectionDelayMax, reconnectionDelay * 2 ** this.attempts++);
    const jitter = 1 + randomizationFactor * (2 * Math.random() - 1);
    this.retryTimer = setTimeout(() => {
      if (this.isWanted && this.socket === undefined) this.open();
    }, delayMs * jitter);
  }
}

/** The JSON list behind an optional number; nonsense is an empty one. */
function listIn(text: string): unknown[] {
  const value = parseJson(text.slice(text.indexOf('[')));
  return Array.isArray(value) ? value : [];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
