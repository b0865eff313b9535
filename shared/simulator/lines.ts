import type { Random } from '../basics/random.ts';

/** A viewer's line as it is in the world: rates in kbit/s, times in ms one way. */
export type LineKind = {
  readonly uplinkKbps: number;
  readonly downlinkKbps: number;
  /** From the viewer to the network, before any distance. */
  readonly accessMs: number;
  readonly jitterMs: number;
  /** Share of messages that come one or two round trips late: lost on a reliable channel. */
  readonly loss: number;
  /** Share of the audience. */
  readonly share: number;
};

/** UDP, DTLS and SCTP around each datagram of at most so many bytes. */
export const DATAGRAM_OVERHEAD_BYTES = 85;
export const DATAGRAM_BYTES = 1150;
/** SCTP acknowledges every second datagram, by one that is nothing but wrapping. */
const ACKNOWLEDGEMENT_BYTES = DATAGRAM_OVERHEAD_BYTES / 2;
/** What waits before a home router's line at most: so long, and on slow lines so much. Acknowledgements over it are lost, and missed by nobody. */
const ROUTER_MS = 250;
const ROUTER_BYTES = 20_000;
/** A line's rate is told as what it carries of packets: on the wire it is more. */
export const WIRE_SHARE = (DATAGRAM_BYTES + DATAGRAM_OVERHEAD_BYTES) / DATAGRAM_BYTES;

/** Upstream is what people have, not what is advertised; 8 Mbit/s is the most that is used of any. Losses come to about 1 %. */
export const LINES = {
  fibre: { uplinkKbps: 8000, downlinkKbps: 100_000, accessMs: 2, jitterMs: 2, loss: 0.002, share: 0.14 },
  cable: { uplinkKbps: 5500, downlinkKbps: 80_000, accessMs: 7, jitterMs: 6, loss: 0.003, share: 0.28 },
  dsl: { uplinkKbps: 1900, downlinkKbps: 24_000, accessMs: 11, jitterMs: 5, loss: 0.003, share: 0.15 },
  wifi: { uplinkKbps: 4000, downlinkKbps: 40_000, accessMs: 5, jitterMs: 12, loss: 0.006, share: 0.25 },
  wifiLossy: { uplinkKbps: 3000, downlinkKbps: 15_000, accessMs: 8, jitterMs: 30, loss: 0.02, share: 0.08 },
  mobile: { uplinkKbps: 2200, downlinkKbps: 18_000, accessMs: 22, jitterMs: 30, loss: 0.012, share: 0.1 },
} as const satisfies Record<string, LineKind>;

export type LineName = keyof typeof LINES;

export const LINE_NAMES = Object.keys(LINES) as LineName[];

/** Two lines of one kind are not the same: up to so much less or more. */
const SPREAD = 0.3;

export const MEAN_UPLINK_KBPS = LINE_NAMES.reduce((sum, name) => sum + LINES[name].uplinkKbps * LINES[name].share, 0);

export function drawLine(random: Random): { readonly name: LineName; readonly factor: number } {
  let left = random.fraction();
  const factor = random.between(1 - SPREAD, 1 + SPREAD);
  for (const name of LINE_NAMES) {
    left -= LINES[name].share;
    if (left < 0) return { name, factor };
  }
  return { name: 'cable', factor };
}

/** One direction of a line: whoever comes first leaves first. */
export class LineQueue {
  private readonly fullBytesPerMs: number;
  private bytesPerMs: number;
  private share = 1;
  private collapse = 1;
  private freeMs = 0;

  constructor(kbps: number) {
    this.fullBytesPerMs = Math.max(kbps, 0.001) / 8;
    this.bytesPerMs = this.fullBytesPerMs;
  }

  /** The line carries this share of what it should, from now on. */
  setShare(share: number): void {
    this.share = share;
    this.bytesPerMs = this.fullBytesPerMs * share * this.collapse;
  }

  /** And of that only this share. */
  setCollapse(share: number): void {
    this.collapse = share;
    this.setShare(this.share);
  }

  serialMs(bytes: number): number {
    return bytes / this.bytesPerMs;
  }

  /** When the last byte has left, if it is queued now. */
  take(bytes: number, nowMs: number): number {
    this.freeMs = Math.max(this.freeMs, nowMs) + bytes / this.bytesPerMs;
    return this.freeMs;
  }

  /** What tells a sender that so many datagrams came. Costs the line its time, and nobody an event. */
  acknowledge(datagrams: number, nowMs: number): void {
    this.note(datagrams * ACKNOWLEDGEMENT_BYTES, nowMs);
  }

  /** Small messages that nobody waits for one by one. */
  note(bytes: number, nowMs: number): void {
    if (this.waitMs(nowMs) * this.bytesPerMs < ROUTER_BYTES) this.take(bytes, nowMs);
  }

  /** When a request has left: what waits in the router is before it, what stands in transports is not. */
  ask(bytes: number, nowMs: number): number {
    const inRouterMs = Math.min(this.waitMs(nowMs), Math.max(ROUTER_MS, this.serialMs(ROUTER_BYTES)));
    this.take(bytes, nowMs);
    return nowMs + inRouterMs + this.serialMs(bytes);
  }

  /** How long what is queued still takes. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.freeMs - nowMs);
  }
}
