import type { Millis, PeerId } from '../basics/units.ts';
import type { Packet } from '../packets/packet.ts';
import type { EngineContext } from './engine-context.ts';
import type { FetchReason } from './engine-types.ts';

/** Where a copy of a packet came from, and what follows from its coming. */
export type PacketSource =
  | { readonly kind: 'peer'; readonly peer: PeerId; readonly how: 'push' | 'backlog' | 'repair' }
  | { readonly kind: 'server'; readonly via: FetchReason | 'stream' }
  | { readonly kind: 'self' };

export type Arrival = { readonly packet: Packet; readonly source: PacketSource; readonly receivedMs: Millis };

type Pending = { readonly ticket: number; readonly arrival: Arrival; alternative: Arrival | undefined };

/** A signature not judged by then never will be: the driver lost it. */
const VERDICT_TIMEOUT_MS = 10_000;

export type Verdict =
  | { readonly kind: 'unknown' }
  /** `alternative`: where a second copy came from while the first was being checked. */
  | { readonly kind: 'valid'; readonly arrival: Arrival; readonly alternative: PacketSource | undefined }
  /** `retried`: a second copy of the same number, from elsewhere, is now being checked. */
  | { readonly kind: 'forged'; readonly arrival: Arrival; readonly retried: boolean };

/**
 * Packets whose signature is being checked. Nothing passes to children or playback but through here. One packet a sequence at
 * a time, and one more copy held in case the first proves forged: a polluter that is first must not keep the true one out.
 */
export class Verification {
  private readonly context: EngineContext;
  private readonly byTicket = new Map<number, Pending>();
  private readonly bySequence = new Map<number, Pending>();
  private nextTicket = 1;

  constructor(context: EngineContext) {
    this.context = context;
  }

  get size(): number {
    return this.byTicket.size;
  }

  isPending(sequence: number): boolean {
    return this.bySequence.has(sequence);
  }

  /** `begun`, `held` as the second copy, or `full`: dropped. */
  offer(arrival: Arrival): 'begun' | 'held' | 'full' {
    const { sequence } = arrival.packet.header;
    const pending = this.bySequence.get(sequence);
    if (pending !== undefined) {
      if (pending.alternative !== undefined || isSameSender(pending.arrival.source, arrival.source)) return 'full';
      pending.alternative = arrival;
      return 'held';
    }
    if (!this.hasRoom(arrival.source)) return 'full';
    this.begin(arrival);
    return 'begun';
  }

  verdict(ticket: number, isValid: boolean): Verdict {
    const pending = this.byTicket.get(ticket);
    if (pending === undefined) return { kind: 'unknown' };
    this.remove(pending);
    const { arrival, alternative } = pending;
    if (isValid) return { kind: 'valid', arrival, alternative: alternative?.source };
    if (alternative !== undefined) this.begin(alternative);
    return { kind: 'forged', arrival, retried: alternative !== undefined };
  }

  /** Drops what the driver never answered for. */
  expire(nowMs: Millis): void {
    for (const pending of this.byTicket.values()) {
      // In the order of their tickets, so of their age.
      if (pending.arrival.receivedMs + VERDICT_TIMEOUT_MS > nowMs) return;
      this.remove(pending);
    }
  }

  clear(): void {
    for (const pending of [...this.byTicket.values()]) this.remove(pending);
  }

  private begin(arrival: Arrival): void {
    const pending: Pending = { ticket: this.nextTicket++, arrival, alternative: undefined };
    this.byTicket.set(pending.ticket, pending);
    this.bySequence.set(arrival.packet.header.sequence, pending);
    this.count(arrival.source, 1);
    this.context.outputs.push({ type: 'verify', ticket: pending.ticket, packet: arrival.packet });
  }

  private remove(pending: Pending): void {
    this.byTicket.delete(pending.ticket);
    this.bySequence.delete(pending.arrival.packet.header.sequence);
    this.count(pending.arrival.source, -1);
  }

  private hasRoom(source: PacketSource): boolean {
    const { config, links } = this.context;
    if (this.byTicket.size >= config.verifyingMax) return false;
    if (source.kind !== 'peer') return true;
    return (links.get(source.peer)?.verifying ?? 0) < config.verifyingPerLinkMax;
  }

  private count(source: PacketSource, change: 1 | -1): void {
    const link = source.kind === 'peer' ? this.context.links.get(source.peer) : undefined;
    if (link !== undefined) link.verifying = Math.max(0, link.verifying + change);
  }
}

function isSameSender(one: PacketSource, other: PacketSource): boolean {
  if (one.kind === 'peer') return other.kind === 'peer' && one.peer === other.peer;
  return one.kind === other.kind;
}
