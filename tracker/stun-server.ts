import type { RemoteInfo, Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { errorText, hostError, SwarmtubeError } from '../shared/basics/errors.ts';
import type { Logger } from '../shared/basics/log.ts';
import { SILENT_LOGGER } from '../shared/basics/log.ts';
import { parseNetworkAddress, subscriberKey } from './core/network-address.ts';
import type { Rate } from './core/rate-limit.ts';
import { KeyedRateLimit, TokenBucket } from './core/rate-limit.ts';
import { decodeStunRequest, encodeStunAnswer } from './core/stun-message.ts';

export type StunServerOptions = {
  /** Where to listen: `::` hears IPv4 and IPv6, an address that one alone. */
  readonly host: string;
  /** 3478 is STUN's own; 0 takes any free one. */
  readonly port: number;
  readonly logger?: Logger;
};

export type StunServer = {
  readonly port: number;
  close(): Promise<void>;
};

/** A browser asks a few times a connection; an office behind one address makes a few hundred connections in a minute. */
const RATE_PER_ADDRESS: Rate = { burst: 300, perSecond: 50 };
/** Sources can be forged. In all this sends less than 1 MB/s, whoever asks. */
const RATE_IN_ALL: Rate = { burst: 5000, perSecond: 20_000 };
const SWEEP_INTERVAL_MS = 10_000;

/** Tells whoever asks which address it is seen at (RFC 8489 over UDP). Everything else is left unanswered. */
export async function startStunServer(options: StunServerOptions): Promise<StunServer> {
  const logger = options.logger ?? SILENT_LOGGER;
  const socket = createSocket({ type: isIPv6(options.host) ? 'udp6' : 'udp4' });
  const answers = new StunResponder(monotonicMs());
  socket.on('message', (bytes, from) => {
    const answer = answers.answer(bytes, from, monotonicMs());
    // An answer that cannot be sent is asked for again.
    if (answer) socket.send(answer, from.port, from.address, () => {});
  });
  await bind(socket, options);
  socket.on('error', (error) => logger.warn({ error: errorText(error) }, 'the STUN socket reported an error'));
  return {
    port: socket.address().port,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

class StunResponder {
  private readonly perAddress = new KeyedRateLimit(RATE_PER_ADDRESS);
  private readonly inAll: TokenBucket;
  private sweptMs: number;

  constructor(nowMs: number) {
    this.inAll = new TokenBucket(RATE_IN_ALL, nowMs);
    this.sweptMs = nowMs;
  }

  answer(bytes: Uint8Array, from: RemoteInfo, nowMs: number): Uint8Array | undefined {
    const request = decodeStunRequest(bytes);
    // A link-local source comes with its zone (`fe80::1%eth0`), which is ours and means nothing to it.
    const address = parseNetworkAddress(from.address.replace(/%.*$/, ''));
    if (!request || !address) return undefined;
    if (nowMs - this.sweptMs > SWEEP_INTERVAL_MS) {
      this.perAddress.sweep(nowMs);
      this.sweptMs = nowMs;
    }
    if (!this.perAddress.take(subscriberKey(address), nowMs) || !this.inAll.take(nowMs)) return undefined;
    return encodeStunAnswer(request, address, from.port);
  }
}

function bind(socket: Socket, { host, port }: StunServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      const why = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${error.message})`;
      const sentence = `UDP port ${port} for STUN ${why}; choose another with --stun-port.`;
      reject(hostError(error.code, host) ?? new SwarmtubeError('stun-port', sentence, { cause: error }));
    });
    socket.bind({ address: host, port }, () => {
      socket.removeAllListeners('error');
      resolve();
    });
  });
}

function monotonicMs(): number {
  return Math.floor(performance.now());
}
