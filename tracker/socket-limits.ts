import type { NetworkAddress } from './core/network-address.ts';
import { subscriberKey } from './core/network-address.ts';
import type { Rate } from './core/rate-limit.ts';
import { KeyedRateLimit } from './core/rate-limit.ts';

export type SocketLimits = {
  /** Sockets in all. Each costs about 16 KB. */
  readonly socketsMax: number;
  /** Sockets of one line: an office or a school behind one address. */
  readonly socketsPerAddressMax: number;
  /** New sockets of one line. When a tracker comes back, all viewers of an office return within a second or two. */
  readonly connectsPerAddress: Rate;
  /** Messages of one socket. A seeder that meets 36 peers at once sends some 500; a viewer a fifth of it. */
  readonly messagesPerSocket: Rate;
  /**
   * Sockets from this machine are not counted by address: behind a proxy that was not declared (`--trust-proxy`)
   * every viewer seems to come from it.
   */
  readonly isLoopbackExempt: boolean;
};

export const DEFAULT_SOCKET_LIMITS: SocketLimits = {
  socketsMax: 50_000,
  socketsPerAddressMax: 400,
  connectsPerAddress: { burst: 400, perSecond: 10 },
  messagesPerSocket: { burst: 1000, perSecond: 60 },
  isLoopbackExempt: true,
};

/** A flood costs its line so many connects: one that reconnects to go on is soon without any. */
const FLOOD_CONNECTS = 40;

/** Counts sockets at the door, before anything they say is read. */
export class SocketCounter {
  private readonly limits: SocketLimits;
  private readonly perAddress = new Map<string, number>();
  private readonly connects: KeyedRateLimit;
  private sockets = 0;

  constructor(limits: SocketLimits) {
    this.limits = limits;
    this.connects = new KeyedRateLimit(limits.connectsPerAddress);
  }

  /** A sentence, where no further socket may come from this address now. */
  refusal(address: NetworkAddress, nowMs: number): string | undefined {
    if (this.sockets >= this.limits.socketsMax) return 'The tracker is full; the server stream goes on without it.';
    if (this.isExempt(address)) return undefined;
    const key = subscriberKey(address);
    if ((this.perAddress.get(key) ?? 0) >= this.limits.socketsPerAddressMax)
      return 'Too many connections of your address.';
    return this.connects.take(key, nowMs) ? undefined : 'Your address connects too often; wait a little.';
  }

  opened(address: NetworkAddress): void {
    this.sockets++;
    const key = subscriberKey(address);
    this.perAddress.set(key, (this.perAddress.get(key) ?? 0) + 1);
  }

  closed(address: NetworkAddress): void {
    this.sockets--;
    const key = subscriberKey(address);
    const left = (this.perAddress.get(key) ?? 0) - 1;
    if (left > 0) this.perAddress.set(key, left);
    else this.perAddress.delete(key);
  }

  flooded(address: NetworkAddress, nowMs: number): void {
    if (!this.isExempt(address)) this.connects.takeUpTo(subscriberKey(address), nowMs, FLOOD_CONNECTS);
  }

  sweep(nowMs: number): void {
    this.connects.sweep(nowMs);
  }

  private isExempt(address: NetworkAddress): boolean {
    return this.limits.isLoopbackExempt && address.reach === 'loopback';
  }
}
